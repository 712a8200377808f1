"""What becomes of a posted request: one ticket, an unproven sender, limits, confirmation, private links."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connections

from otklik.channels.email.models import Delivery, Outgoing
from otklik.channels.webform import limits, queries
from otklik.channels.webform.actions import TooMany, continue_request
from otklik.channels.webform.models import FormRequest, Post
from otklik.channels.webform.starts import give_start, read_start
from otklik.channels.webform.tests.posting import form, post, upload, words
from otklik.contacts import actions as contacts
from otklik.contacts.models import Contact
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Invalid, NotFound, TooLarge
from otklik.core.events import Event
from otklik.testing.people import People
from otklik.tickets import actions as tickets
from otklik.tickets.actions.requester import change_requester
from otklik.tickets.actions.shelving import put_in_bin
from otklik.tickets.actions.spam_list import add_spam_sender, remove_spam_sender
from otklik.tickets.models import Message, Ticket

LATER = timedelta(seconds=60)


def test_a_post_opens_a_ticket(company: People) -> None:
    form(company)
    posted = post(subject="Витрина", files=[upload()], language="en")
    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.team, ticket.channel.kind, ticket.language) == ("Витрина", company.desk, "web", "en")
    assert ticket.requester == company.dmitri
    message = ticket.messages.get()
    assert (message.kind, message.body_text, message.sender_checked) == ("incoming", "Не холодит витрина", None)
    assert [file.name for file in message.attachments.all()] == ["фото.jpg"]
    assert (posted.request.ticket, posted.message_id) == (ticket, message.pk)
    assert Event.objects.filter(kind="ticket.opened", subject_id=ticket.pk).get().actor_kind == "contact"
    assert len(posted.request.token) >= 22
    assert posted.request.token != posted.request.mail_token


def test_the_same_page_twice_is_one_ticket(company: People) -> None:
    form(company)
    first, second = post(nonce="n" * 22), post(nonce="n" * 22)
    assert (first.request, first.message_id) == (second.request, second.message_id)
    assert (first.again, second.again, Ticket.objects.count(), Message.objects.count()) == (False, True, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_the_same_page_ten_times_at_once_is_one_ticket(company: People) -> None:
    form(company)

    def send(_number: int) -> int:
        try:
            return post(nonce="r" * 22, email="new@nowhere.example").request.pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        assert len(set(pool.map(send, range(10)))) == 1
    assert (Ticket.objects.count(), Contact.objects.filter(addresses__address="new@nowhere.example").count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_a_crowd_at_once_gets_no_more_than_the_limit(company: People) -> None:
    form(company)

    def send(number: int) -> bool:
        try:
            post(email=f"p{number}@nowhere.example")
        except TooMany:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(send, range(16))) == limits.PER_SOURCE[0][0]
    assert Ticket.objects.count() == limits.PER_SOURCE[0][0]


def test_a_person_with_a_phone_only(company: People) -> None:
    form(company)
    first = post(name="Пётр  Ильин", email="", phone="8 (900) 000-12-34")
    second = post(name="Пётр Ильин", email="", phone="+79000001234")
    requester = first.request.ticket.requester
    assert (requester.name, requester.phone) == ("Пётр Ильин", "+79000001234")
    assert second.request.ticket.requester == requester
    assert not Outgoing.objects.exists()
    reply = tickets.reply(first.request.ticket, body_text="Выезжаем", by=company.actor(company.anna))
    assert (reply.recipients, Delivery.objects.count()) == ([], 0)
    with time_machine.travel(now() + LATER):
        assert [m.body_text for m in queries.open_request(first.request.token).messages][-1] == "Выезжаем"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"text": "  "}, "text"),
        ({"text": "ы" * 20_001}, "text"),
        ({"email": "nobody"}, "email"),
        ({"email": "support@desk.example"}, "email"),
        ({"email": "", "phone": "12"}, "phone"),
    ],
)
def test_what_cannot_be_used_names_its_field(company: People, more: dict[str, str], field: str) -> None:
    form(company)
    with pytest.raises(Invalid) as error:
        post(**more)
    assert (error.value.field, Ticket.objects.count()) == (field, 0)


def test_too_many_or_too_large_files(company: People) -> None:
    form(company)
    with pytest.raises(TooLarge):
        post(files=[upload() for _ in range(limits.FILES + 1)])
    huge = upload()
    with pytest.raises(TooLarge):
        post(files=[type(huge)(huge.open, "a.bin", "", limits.FILE_BYTES + 1)])
    assert not Ticket.objects.exists()


def test_limits_by_source_and_the_way_out(company: People) -> None:
    form(company)
    with time_machine.travel(now(), tick=False) as clock:
        for number in range(limits.PER_SOURCE[0][0]):
            post(email=f"p{number}@nowhere.example", peer="2001:db8:1:2::7")
        with pytest.raises(TooMany) as full:
            post(email="other@nowhere.example", peer="2001:db8:1:2:ffff::1")  # the same household
        assert full.value.again_at == now() + limits.MINUTES
        post(email="other@nowhere.example", peer="2001:db8:1:3::1")
        clock.shift(limits.MINUTES + timedelta(seconds=1))
        post(email="again@nowhere.example", peer="2001:db8:1:2::7")


def test_limits_by_address_and_by_form(company: People, monkeypatch: pytest.MonkeyPatch) -> None:
    form(company)
    for number in range(limits.PER_ADDRESS[0][0]):
        post(peer=f"198.51.100.{number}")
    with pytest.raises(TooMany):
        post(peer="203.0.113.1")
    monkeypatch.setattr(limits, "PER_FORM", ((5, limits.HOUR),))
    post(peer="203.0.113.1", email="one@nowhere.example")
    with pytest.raises(TooMany):
        post(peer="203.0.113.2", email="two@nowhere.example")
    assert "198.51" not in str(list(Post.objects.values("source", "address_key")))


def test_a_blocked_person_opens_nothing(company: People) -> None:
    form(company)
    Contact.objects.filter(pk=company.dmitri.pk).update(is_blocked=True)
    with pytest.raises(Invalid):
        post()
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("sender", ["elsewhere.example", "dmitri@elsewhere.example"])
def test_whom_mail_is_not_taken_from_no_form_takes_either(company: People, sender: str) -> None:
    form(company)
    begun = post(email="dmitri@elsewhere.example")
    vera = company.actor(company.vera)
    row, _new = add_spam_sender(sender, by=vera)
    known = Contact.objects.count()
    for address in ("dmitri@elsewhere.example", "Dmitri@Elsewhere.Example"):
        with pytest.raises(Invalid):
            post(email=address)
    with pytest.raises(Invalid):
        continue_request(queries.open_request(begun.request.token), words("Ещё"))
    post(email="clara@berezka.example")
    post(name="Без почты", email="", phone="+79211234567")
    assert (Ticket.objects.count(), Message.objects.count()) == (3, 3)
    assert Contact.objects.count() == known + 1
    remove_spam_sender(row.pk, by=vera)
    assert post(email="dmitri@elsewhere.example").request.ticket.requester == company.dmitri


def test_a_new_person_of_a_spam_domain_leaves_nothing(company: People) -> None:
    form(company)
    add_spam_sender("spam.example", by=company.actor(company.vera))
    with pytest.raises(Invalid):
        post(email="offer@spam.example")
    assert not Ticket.objects.exists()
    assert not Contact.objects.filter(addresses__address="offer@spam.example").exists()


def test_the_confirmation_holds_none_of_the_words(company: People) -> None:
    form(company)
    posted = post("КУПИТЕ СЛОНА", name="СЛОН ДЁШЕВО", subject="СЛОНЫ", email="victim@nowhere.example")
    mail = Outgoing.objects.get()
    assert "СЛОН" not in mail.subject + mail.text + str(mail.to)
    assert f"https://desk.example/portal/r/{posted.request.mail_token}/" in mail.text
    assert posted.request.token not in mail.text
    assert (mail.to_stranger, mail.envelope_from, mail.kind) == (True, "", "confirmation")
    post("Ещё раз", email="victim@nowhere.example", peer="203.0.113.9")
    assert Outgoing.objects.count() == 1  # one a day to an address that nobody here has answered


def test_a_form_may_confirm_nothing(company: People) -> None:
    form(company, confirmation=False)
    post()
    assert not Outgoing.objects.exists()


def test_answers_go_by_mail_and_stand_on_the_page(company: People) -> None:
    form(company, confirmation=False)
    posted = post()
    tickets.reply(posted.request.ticket, body_text="Завтра в десять", by=company.actor(company.anna))
    tickets.add_note(posted.request.ticket, body_text="Опять он", by=company.actor(company.anna))
    assert Delivery.objects.get().recipient == "dmitri@elsewhere.example"
    with time_machine.travel(now() + LATER):
        shown = queries.open_request(posted.request.token)
    assert [message.body_text for message in shown.messages] == ["Не холодит витрина", "Завтра в десять"]
    assert not shown.proven


def test_what_came_by_another_way_needs_the_link_from_the_mail(company: People) -> None:
    """Somebody may have named Clara's address: what she then writes by mail is not for him."""
    form(company)
    posted = post(email="clara@berezka.example")
    ticket = posted.request.ticket
    assert ticket.requester == company.clara
    anna = company.actor(company.anna)
    tickets.reply(ticket, body_text="Что случилось?", by=anna)
    tickets.add_incoming(ticket, body_text="Код от склада 4711", by=anna)
    tickets.reply(ticket, body_text="Записали код", by=anna)
    tickets.reply(ticket, body_text="Шефу отдельно", to=["boss@berezka.example"], cc=[], by=anna)
    with time_machine.travel(now() + LATER):
        poster = queries.open_request(posted.request.token)
        owner = queries.open_request(posted.request.mail_token)
    assert [m.body_text for m in poster.messages] == ["Не холодит витрина", "Что случилось?"]
    assert poster.held_back
    assert [m.body_text for m in owner.messages][-2:] == ["Код от склада 4711", "Записали код"]
    assert (owner.proven, owner.held_back) == (True, False)


def test_the_link_stays_the_posters_whoever_asks_from_now_on(company: People) -> None:
    """Clara, of another organisation, takes the ticket over, and Dmitri is taken off it."""
    form(company)
    contacts.change_contact(company.dmitri, organization=company.romashka, by=Actor.system())
    posted = post()
    ticket, anna = posted.request.ticket, company.actor(company.anna)
    tickets.reply(ticket, body_text="Едем", by=anna)
    assert change_requester(ticket, requester=company.clara, by=anna)
    tickets.reply(ticket, body_text="Кларе и копия Дмитрию", by=anna)
    tickets.add_incoming(ticket, body_text="Код от склада 4711", by=anna)
    tickets.remove_person(Ticket.objects.get(), contact_id=company.dmitri.pk, by=anna)
    tickets.reply(ticket, body_text="Записали код", by=anna)
    with time_machine.travel(now() + LATER):
        for token, held in ((posted.request.token, True), (posted.request.mail_token, False)):
            opened = queries.open_request(token)
            said = ["Не холодит витрина", "Едем", "Кларе и копия Дмитрию"]
            assert [row.body_text for row in opened.messages] == said
            assert (opened.holder.contact, opened.held_back) == (company.dmitri, held)
        more = continue_request(queries.open_request(posted.request.token), words("Это снова я"))
        assert Message.objects.get(pk=more.message_id).author_id == company.dmitri.pk
        tickets.change_status(Ticket.objects.get(), status="closed", by=anna)
        later = continue_request(queries.open_request(posted.request.token), words("И ещё"))
        assert later.request.ticket.requester == company.dmitri


def test_a_poster_who_is_merged_or_has_but_a_phone_keeps_his_answers(company: People) -> None:
    form(company)
    named, phoned = post(), post(name="Пётр", email="", phone="+79000001234")
    anna = company.actor(company.anna)
    tickets.reply(named.request.ticket, body_text="Едем", by=anna)
    contacts.merge_contacts(company.dmitri, into=company.clara, by=Actor.system())
    for posted in (named, phoned):
        ticket = Ticket.objects.get(pk=posted.request.ticket_id)
        change_requester(ticket, requester=company.clara, by=anna)
        tickets.reply(ticket, body_text="Приехали", by=anna)
    with time_machine.travel(now() + LATER):
        for posted, said in ((named, ["Едем", "Приехали"]), (phoned, ["Приехали"])):
            opened = queries.open_request(posted.request.token)
            assert [row.body_text for row in opened.messages][1:] == said
            assert opened.holder.contact == company.clara


def test_going_on_by_the_link(company: People) -> None:
    form(company)
    posted = post()
    tickets.change_status(posted.request.ticket, status="solved", by=company.actor(company.anna))
    opened = queries.open_request(posted.request.token)
    said = words("Снова не холодит", files=[upload("акт.pdf", b"%PDF", "application/pdf")])
    second = continue_request(opened, said)
    assert continue_request(opened, said).again
    ticket = Ticket.objects.get()
    assert (ticket.category, ticket.message_count, second.request) == ("open", 2, posted.request)
    assert Event.objects.filter(kind="ticket.reopened").count() == 1
    shown = queries.open_request(posted.request.token)
    assert [m.body_text for m in shown.messages] == ["Не холодит витрина", "Снова не холодит"]
    file = shown.messages[1].attachments.get()
    assert queries.file_of(shown, file.token) == file


def test_going_on_after_the_end_opens_a_new_request(company: People) -> None:
    form(company)
    posted = post()
    tickets.change_status(posted.request.ticket, status="closed", by=company.actor(company.anna))
    second = continue_request(queries.open_request(posted.request.token), words("Это опять я"))
    assert second.request != posted.request
    assert second.request.ticket.previous == posted.request.ticket
    assert [m.body_text for m in queries.open_request(second.request.token).messages] == ["Это опять я"]


def test_going_on_has_its_limit(company: People) -> None:
    form(company)
    opened = queries.open_request(post().request.token)
    for number in range(limits.PER_REQUEST[0][0] - 1):
        continue_request(opened, words(peer=f"203.0.113.{number}"))
    with pytest.raises(TooMany):
        continue_request(opened, words(peer="203.0.113.99"))


def test_foreign_files_and_links_are_not_there(company: People) -> None:
    form(company)
    mine, other = post(), post(files=[upload()], email="eve@nowhere.example")
    file = Message.objects.get(pk=other.message_id).attachments.get()
    with pytest.raises(NotFound):
        queries.file_of(queries.open_request(mine.request.token), file.token)
    for wrong in ("", "x", FormRequest.objects.all()[0].token[:-1], mine.request.ticket.token):
        with pytest.raises(NotFound):
            queries.open_request(wrong)


def test_starts_are_ours_and_for_their_place(db: None) -> None:
    at = now()
    text = give_start("site", at)
    read = read_start("site", text)
    assert read is not None
    assert (read.too_quick(at), read.too_quick(at + LATER), read.too_old(at + timedelta(days=2))) == (True, False, True)
    for wrong in ("", "a.b.c", text[:-2], text.replace(text[3], "0", 1) + "0", "ы" * 10, f"1{text}"):
        assert read_start("site", wrong) is None
    assert read_start("other", text) is None


def test_what_is_said_on_a_binned_request_brings_it_out(company: People) -> None:
    form(company)
    posted = post()
    put_in_bin(posted.request.ticket, by=company.actor(company.anna))
    more = continue_request(queries.open_request(posted.request.token), words(text="И ещё", nonce="q" * 20))
    assert more.request.pk == posted.request.pk
    ticket = Ticket.objects.get()
    assert (ticket.shelf, ticket.is_open, ticket.message_count) == (None, True, 2)
