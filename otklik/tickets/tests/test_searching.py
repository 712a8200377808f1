"""Finding tickets: what finds what, who finds what, and that the index says what the texts say."""

from typing import Any

import pytest
from django.db import connection

from otklik.contacts import actions as contacts
from otklik.core.actor import Actor
from otklik.core.errors import Invalid
from otklik.core.events import dispatch_batch
from otklik.core.settings_store import set_value
from otklik.search.actions import read_pending, rebuild
from otklik.search.line import read_line
from otklik.search.match import Match, terms_of
from otklik.search.models import Document, Pending
from otklik.search.queries import differences
from otklik.search.store import matching, verify
from otklik.testing.people import People
from otklik.tickets import actions
from otklik.tickets.actions.shelving import mark_spam, put_in_bin, restore
from otklik.tickets.models import Ticket
from otklik.tickets.queries.searching import Found, search
from otklik.tickets.queries.understanding import understand

TEXT = "Добрый день! Морозильный ларь в кафе на Лесной гудит, ёмкость течёт. Звоните 8 (912) 345-67-89."


def read_all() -> None:
    """Tell what happened and read it, as the engine does within a second."""
    while dispatch_batch():
        pass
    while read_pending():
        pass


def find(actor: Actor, text: str, **more: Any) -> list[int]:
    return list(found(actor, text, **more).numbers)


def found(actor: Actor, text: str, **more: Any) -> Found:
    return search(actor, understand(actor, text), **more)


@pytest.fixture
def ticket(company: People) -> Ticket:
    ticket = company.ticket(
        "Не холодит витрина", body_text=TEXT, foreign_refs=[("sd", "RP-8998/17", None)], tags=["холод", "сеть"]
    )
    company.ticket("Совсем другое дело", body_text="Пришлите счёт за вывоз мусора", requester=company.dmitri)
    contacts.change_contact(company.clara, phone="+7 495 123-45-67", by=company.actor(company.anna))
    read_all()
    return ticket


@pytest.mark.parametrize(
    "line",
    [
        "витрины", "морозильного ларя", "кафе лесная", "емкость", "ЁМКОСТЬ", "«морозильный ларь»", "витр",
        "морозильный вит", "Клара", "Миронова витрина", "берёзка ларь", "clara@berezka.example", "clara@berez",
        "RP-8998/17", "rp-8998", "89123456789", "+7 (912) 345 67 89", "345-67-89", "84951234567", "холод",
        "-мусор витрина", "ларь status:new", "статус:новая ларь", "от:клара ларь", "org:Берёзка ларь",
        "метка:холод ларь", "tag:сеть", "канал:поддержка ларь", "команда:диспетчерская ларь",
        "from:clara@berezka.example", "assignee:никто ларь", "vbhjyjdf",
    ],
)  # fmt: skip
def test_what_finds_the_ticket(company: People, ticket: Ticket, line: str) -> None:
    assert find(company.actor(company.anna), line) == [ticket.pk]


@pytest.mark.parametrize(
    "line",
    [
        "мусор", "холодильная витрина", "витрина -ларь", "ларь status:closed", "ларь -status:new", "-метка:холод ларь",
        "от:дмитрий ларь", "«ларь морозильный»", "водяной", "345-67-90", "ларь assignee:я", "team:выездная ларь",
        "-канал:поддержка ларь",
    ],
)  # fmt: skip
def test_what_does_not(company: People, ticket: Ticket, line: str) -> None:
    assert ticket.pk not in find(company.actor(company.anna), line)


def test_index_says_what_the_texts_say(company: People, ticket: Ticket) -> None:
    anna = company.actor(company.anna)
    actions.reply(ticket, body_text="Мастер приедет завтра", by=anna)
    actions.add_note(ticket, body_text="Ключ у сторожа", by=anna)
    actions.edit_properties(ticket, subject="Витрина греет", by=anna)
    contacts.change_contact(company.clara, name="Клара Сорокина", by=anna)
    read_all()
    assert list(differences("tickets")) == []
    assert verify() == ""
    assert find(anna, "сорокина ларь") == [ticket.pk]
    assert find(anna, "миронова") == []
    before = {(row.kind, row.source_id): (row.pk, row.digest) for row in Document.objects.all()}
    rebuild("tickets")
    while read_pending():
        pass
    assert {(row.kind, row.source_id): (row.pk, row.digest) for row in Document.objects.all()} == before
    assert find(anna, "сторож сорокина") == [ticket.pk]


def test_newest_message_brings_its_ticket_to_the_front(company: People) -> None:
    anna = company.actor(company.anna)
    first, second = company.ticket("Витрина раз"), company.ticket("Витрина два")
    read_all()
    assert find(anna, "витрина") == [second.pk, first.pk]
    actions.reply(first, body_text="Готово", by=anna)
    read_all()
    assert find(anna, "витрина") == [first.pk, second.pk]
    assert find(anna, "витрина", sort="fit") in ([first.pk, second.pk], [second.pk, first.pk])


def test_fit_prefers_the_subject(company: People) -> None:
    anna = company.actor(company.anna)
    subject = company.ticket("Компрессор стучит", body_text="Приезжайте")
    company.ticket("Прочее", body_text="Длинный рассказ о погоде и о жизни, и немного про компрессор. " * 5)
    read_all()
    assert find(anna, "компрессор", sort="fit")[0] == subject.pk
    assert find(anna, "компрессор")[0] != subject.pk


def test_pages_show_each_ticket_once(company: People) -> None:
    anna = company.actor(company.anna)
    tickets = [company.ticket(f"Витрина {number}") for number in range(7)]
    for ticket in tickets[:3]:
        actions.reply(ticket, body_text="Мастер у витрины", by=anna)
    read_all()
    for sort in ("newest", "fit"):
        seen: list[int] = []
        cursor: str | None = ""
        while cursor is not None:
            page = found(anna, "витрина", limit=2, cursor=cursor, sort=sort)
            seen += page.numbers
            cursor = page.next
        assert sorted(seen) == sorted(ticket.pk for ticket in tickets)
        assert len(seen) == len(set(seen))


def test_number_comes_first(company: People, ticket: Ticket) -> None:
    anna = company.actor(company.anna)
    other = company.ticket(f"Снова как в заявке №{ticket.pk}")
    read_all()
    for line in (f"#{ticket.pk}", f"№{ticket.pk}", f"№ {ticket.pk}", str(ticket.pk)):
        assert find(anna, line) == [ticket.pk, other.pk]


def test_other_layout_is_tried_second_and_says_so(company: People, ticket: Ticket) -> None:
    page = found(company.actor(company.anna), "status:new vjhjpbkmysq kfhm")
    assert (page.numbers, page.corrected) == ((ticket.pk,), "status:new морозильный ларь")
    assert found(company.actor(company.anna), "ларь").corrected == ""
    assert found(company.actor(company.anna), "ghbdtnbr").corrected == ""


def test_notes_are_for_staff_and_strangers_find_nothing(company: People, ticket: Ticket) -> None:
    anna = company.actor(company.anna)
    actions.add_note(ticket, body_text="Клиент должник", by=anna)
    read_all()
    assert find(anna, "должник") == [ticket.pk]
    clara, dmitri = company.contact_actor(company.clara), company.contact_actor(company.dmitri)
    assert find(clara, "ларь") == [ticket.pk]
    assert find(clara, "должник") == []
    assert find(clara, "-должник ларь") == [ticket.pk]
    assert find(clara, "сеть") == []  # tags are the house's own words
    assert find(dmitri, "ларь") == []
    assert find(dmitri, str(ticket.pk)) == []


def test_rights_of_technician_and_limited_agent(company: People, ticket: Ticket) -> None:
    gleb, anna = company.actor(company.technician), company.actor(company.anna)
    assert find(gleb, "ларь") == []
    assert find(gleb, str(ticket.pk)) == []
    actions.assign(ticket, assignee=company.technician, by=anna)
    assert find(gleb, "ларь") == [ticket.pk]
    set_value("agents_see", "teams", by=Actor.system())
    foreign = company.ticket("Чужой ларь", team=company.field)
    read_all()
    assert find(anna, "ларь") == [ticket.pk]
    assert foreign.pk in find(company.actor(company.vera), "ларь")


@pytest.mark.parametrize(
    ("line", "part"),
    [("статус:нова ларь", ""), ("status:wrong", "status:wrong"), ("страна:рф", "страна:рф"), ("team:", "team:"),
     ("ларь -исполнитель:сидоров", "-исполнитель:сидоров"), ("from:nobody@x.example", "from:nobody@x.example")],
)  # fmt: skip
def test_unclear_parts_are_named(company: People, ticket: Ticket, line: str, part: str) -> None:
    if not part:
        assert find(company.actor(company.anna), line) == [ticket.pk]  # the beginning of a name is enough
        return
    with pytest.raises(Invalid) as error:
        understand(company.actor(company.anna), line)
    assert [name for name, _message in error.value.errors] == [part]


def test_conditions_alone_list_by_activity(company: People, ticket: Ticket) -> None:
    anna = company.actor(company.anna)
    other = company.ticket("Ещё одна", tags=["холод"], assignee=company.anna)
    assert find(anna, "tag:холод") == [other.pk, ticket.pk]
    assert find(anna, "исполнитель:я") == [other.pk]
    assert find(anna, "tag:холод -сеть") == [other.pk]
    assert find(anna, "status:new,closed tag:холод tag:сеть") == [ticket.pk]
    page = found(anna, "tag:холод", limit=1)
    assert page.numbers == (other.pk,)
    assert find(anna, "tag:холод", limit=1, cursor=page.next) == [ticket.pk]


def test_within_a_person_and_an_organisation(company: People, ticket: Ticket) -> None:
    anna = company.actor(company.anna)
    assert find(anna, "ларь", within=company.clara) == [ticket.pk]
    assert find(anna, "ларь", within=company.berezka) == [ticket.pk]
    assert find(anna, "ларь", within=company.dmitri) == []
    assert find(anna, "мусор", within=company.romashka) == []


def test_told_twice_and_failing_alone(company: People, ticket: Ticket, monkeypatch: pytest.MonkeyPatch) -> None:
    from otklik.search import actions as reading
    from otklik.search.documents import WHOLE, Change, Draft, compile_draft

    other = company.ticket("Отравленный ларь")
    reading.note_changes("tickets", [Change(WHOLE, ticket.pk)])

    def fails(draft: Draft) -> Any:
        if draft.holder_id == other.pk:
            raise ValueError("poison")
        return compile_draft(draft)

    monkeypatch.setattr(reading, "compile_draft", fails)
    read_all()
    (left,) = Pending.objects.all()
    assert (left.key, left.attempts, left.last_error) == (other.pk, 1, "ValueError: poison")
    assert list(differences("tickets")) != []
    monkeypatch.undo()
    Pending.objects.update(run_at=left.at)
    read_all()
    assert list(differences("tickets")) == []


def test_erased_texts_are_found_no_more(company: People, ticket: Ticket) -> None:
    Ticket.objects.get(pk=ticket.pk).messages.update(visible_text="")
    rebuild("tickets")
    read_all()
    assert find(company.actor(company.anna), "морозильный") == []
    Document.objects.filter(holder_id=ticket.pk).delete()
    assert find(company.actor(company.anna), "витрина") == []
    assert verify() == ""


def test_newest_hits_are_read_in_their_order(company: People, ticket: Ticket) -> None:
    match = Match(terms_of(read_line("ларь").free))
    plan = matching(match, room="tickets")[:50].explain()
    if connection.vendor == "sqlite":
        assert "VIRTUAL TABLE INDEX" in plan.splitlines()[0]
        assert "SEARCH search_document USING INTEGER PRIMARY KEY" in plan
        assert "TEMP B-TREE" not in plan


def test_numbers_are_found_before_the_index_knows_them(company: People) -> None:
    anna = company.actor(company.anna)
    ticket = company.ticket(foreign_refs=[("sd", "RP-77/1", None)])
    assert not Document.objects.exists()
    assert find(anna, "rp-77") == [ticket.pk]
    assert find(anna, str(ticket.pk)) == [ticket.pk]
    assert find(company.contact_actor(company.dmitri), "rp-77") == []
    assert find(anna, "rp-77 status:closed") == []


def test_bin_and_spam_are_found_by_number_only(company: People, ticket: Ticket) -> None:
    anna = company.actor(company.anna)
    for shelve in (put_in_bin, mark_spam):
        shelve(ticket, by=anna)
        read_all()
        assert find(anna, "ларь") == []
        assert find(anna, "tag:сеть") == []
        assert find(anna, str(ticket.pk)) == [ticket.pk]
        assert list(differences("tickets")) == []
        restore(ticket, by=anna)
        read_all()
        assert find(anna, "ларь") == [ticket.pk]


PHRASE = "Не холодила витрина: компрессоры гудят, ёмкость тёплая"


@pytest.mark.parametrize("line", ["«не холодила витрина»", '"НЕ ХОЛОДИЛА" ларь', "«емкость теплая»", '"гудят"'])
def test_quoted_words_are_found_word_for_word(company: People, line: str) -> None:
    asked_for = company.ticket("Ларь", body_text=PHRASE)
    company.ticket("Ларь", body_text="Не холодит витрина, компрессор гудит, ёмкости тёплые, не холодил")
    read_all()
    assert find(company.actor(company.anna), line) == [asked_for.pk]
    assert find(company.actor(company.anna), line, sort="fit") == [asked_for.pk]


@pytest.mark.parametrize("line", ["«не холодит витрина»", "«компрессор гудит»", "«витрина компрессор»", '"гудит"'])
def test_other_forms_of_quoted_words_are_not(company: People, line: str) -> None:
    ticket = company.ticket("Ларь", body_text=PHRASE)
    read_all()
    anna = company.actor(company.anna)
    assert find(anna, line) == []
    assert find(anna, f"-{line}") == [ticket.pk]
    assert find(anna, f"ларь -{line}") == [ticket.pk]
    assert find(anna, line.strip('«»"')) == [ticket.pk]


def test_phrase_is_left_out_word_for_word(company: People) -> None:
    other = company.ticket("Ларь", body_text="Витрины холодные")
    company.ticket("Ларь", body_text="Витрина холодная")
    read_all()
    anna = company.actor(company.anna)
    assert find(anna, "-«витрина холодная»") == [other.pk]
    assert find(anna, "ларь -«витрина холодная»") == [other.pk]
    assert find(anna, "status:new -«витрина холодная»") == [other.pk]


def test_phrase_stands_in_subjects_names_of_files_people_and_tags(company: People) -> None:
    ticket = company.ticket("Стучат компрессоры", body_text="Приезжайте", tags=["холодные цепи"])
    read_all()
    anna = company.actor(company.anna)
    for line in ("«стучат компрессоры»", "«Клара Миронова»", "«холодные цепи»", "«clara@berezka.example»"):
        assert find(anna, line) == [ticket.pk], line
    for line in ("«стучит компрессор»", "«компрессоры Клара»", "«холодная цепь»"):
        assert find(anna, line) == [], line


def test_pages_of_a_phrase_have_each_ticket_once(company: People) -> None:
    anna = company.actor(company.anna)
    wanted = []
    for number in range(6):
        ticket = company.ticket(
            f"Ларь {number}", body_text="Витрина холодная" if number % 2 else "Витрины холодной нет"
        )
        actions.add_note(ticket, body_text="Про витрину холодную уже писали", by=anna)
        if number % 2:
            wanted.append(ticket.pk)
    read_all()
    numbers: list[int] = []
    cursor = ""
    while True:
        page = found(anna, "«витрина холодная»", limit=1, cursor=cursor)
        numbers += page.numbers
        if page.next is None:
            break
        cursor = page.next
    assert numbers == wanted[::-1]


def test_texts_of_a_phrase_are_looked_at_in_bounds_and_that_is_said(
    company: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = company.ticket("Ларь", body_text="Витрина холодная")
    for number in range(14):
        company.ticket(f"Ларь {number}", body_text="Витрины холодные")
    read_all()
    anna = company.actor(company.anna)
    assert find(anna, "«витрина холодная»") == [first.pk]
    monkeypatch.setattr("otklik.tickets.queries.searching.EXAMINED", 2)
    page = found(anna, "«витрина холодная»")
    assert (page.numbers, page.limited) == ((), True)
    assert found(anna, "«витрина холодная»", sort="fit").limited


@pytest.mark.parametrize(
    "line",
    ["+7 (912) 34", "8912 34", "8 912 3", "912 34", "9123", "+7912", "7 912 345", "67-89", "6789", "5-67-89",
     "45 67 89",
     "ларь 67-89", "67-89 ларь"],
)  # fmt: skip
def test_phone_is_found_by_some_of_its_digits_in_any_writing(company: People, ticket: Ticket, line: str) -> None:
    assert find(company.actor(company.anna), line) == [ticket.pk]


@pytest.mark.parametrize("line", ["+7 (913) 34", "67-8", "789", "5678", "+7 6789", "-6789 «ларь» status:closed"])
def test_phone_is_not_found_by_its_middle_or_less(company: People, ticket: Ticket, line: str) -> None:
    assert find(company.actor(company.anna), line) == []


def test_leaving_out_a_number_leaves_phones_alone(company: People, ticket: Ticket) -> None:
    assert find(company.actor(company.anna), "ларь -6789") == [ticket.pk]


def test_phones_of_participants_are_found(company: People) -> None:
    anna = company.actor(company.anna)
    ticket = company.ticket("Ларь")
    actions.add_person(ticket, address="sasha@berezka.example", name="Саша", by=anna)
    sasha = ticket.participants.get().contact
    contacts.change_contact(sasha, phone="8 (343) 222-33-44", by=anna)
    read_all()
    for line in ("+7 343 222-33-44", "33-44", "222-33-44", "(343) 222", "8 343 2"):
        assert find(anna, line) == [ticket.pk], line
    assert list(differences("tickets")) == []
    contacts.change_contact(sasha, phone="8 (343) 222-33-55", by=anna)
    read_all()
    assert (find(anna, "33-44"), find(anna, "33-55")) == ([], [ticket.pk])
    assert list(differences("tickets")) == []
    actions.remove_person(ticket, contact_id=sasha.pk, by=anna)
    read_all()
    assert find(anna, "33-55") == []


def test_each_of_several_words_with_a_minus_leaves_out(company: People) -> None:
    company.ticket("Ларь", body_text="Мусор")
    company.ticket("Ларь", body_text="Счёт")
    rest = company.ticket("Ларь", body_text="Гудит")
    read_all()
    anna = company.actor(company.anna)
    assert find(anna, "ларь -мусор -счёт") == [rest.pk]
    assert find(anna, "-мусор -счёт") == [rest.pk]


def test_tickets_with_an_unread_answer_of_a_third_party(company: People) -> None:
    ticket, quiet = company.ticket("Ларь"), company.ticket("Ларь")
    company.ticket("Ларь")
    Ticket.objects.filter(pk=ticket.pk).update(side_count=1, side_unread=1)
    Ticket.objects.filter(pk=quiet.pk).update(side_count=1)
    read_all()
    anna = company.actor(company.anna)
    for line in ("side:unread", "переписка:непрочитанная", "ларь сторонняя:новая", "side:unre status:new"):
        assert find(anna, line) == [ticket.pk], line
    assert find(anna, "side:any") == [quiet.pk, ticket.pk]
    assert len(find(anna, "-side:unread")) == 2
    for actor, line in ((anna, "side:почта"), (company.contact_actor(company.clara), "side:unread")):
        with pytest.raises(Invalid):
            find(actor, line)
    if connection.vendor == "sqlite":
        rows = Ticket.objects.filter(side_unread__gt=0).order_by("-activity_at", "-id")[:51]
        assert "ticket_side_unread" in rows.explain()
