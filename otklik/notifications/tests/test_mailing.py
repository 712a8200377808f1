"""Notification mail: one for a ticket, held in quiet hours, gathered, answered by its reader and by nobody else."""

from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage

import pytest
import time_machine

from otklik.accounts import actions as accounts
from otklik.channels.email.doors import answer_of, door_address, doors_of
from otklik.channels.email.models import Delivery, Inbound, Outgoing
from otklik.channels.email.tests.mails import arrive, mail
from otklik.channels.email.tests.test_threads import FAIL, PASS, trust
from otklik.core.clock import now
from otklik.core.events import timeline
from otklik.core.moments import Moment, run_due_moments
from otklik.core.settings_store import set_value
from otklik.notifications.actions import change_wishes, mark_ticket_read
from otklik.notifications.actions.choosing import Wanted
from otklik.notifications.models import AnswerDoor, Notification
from otklik.notifications.queries import visible_to
from otklik.notifications.tests.conftest import Told
from otklik.notifications.tests.test_making import _SYSTEM, _writes
from otklik.testing.people import People
from otklik.tickets import actions
from otklik.tickets.actions.sending import schedule_reply
from otklik.tickets.actions.shelving import put_in_bin
from otklik.tickets.models import Attachment, Draft, Message, Ticket

DAY = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)  # 13:00 in Moscow


def _mails(user: object = None) -> list[Outgoing]:
    rows = Outgoing.objects.filter(kind="notice").order_by("id")
    return [row for row in rows if user is None or row.to[0][1] == user.email]  # type: ignore[attr-defined]


def _given(company: People, told: Told, subject: str = "Витрина не холодит") -> Ticket:
    ticket = company.ticket(subject, assignee=company.boris)
    told()
    return ticket


def _later(**more: int) -> None:
    """Let time pass, and what is due then be done."""
    with time_machine.travel(now() + timedelta(**more), tick=False):
        while run_due_moments():
            pass


def test_what_happens_to_a_ticket_in_a_while_is_one_mail(company: People, told: Told) -> None:
    ticket = _given(company, told)
    _writes(company, ticket)
    told()
    _later(seconds=10)
    assert not _mails()
    _later(seconds=200)
    (letter,) = _mails()
    assert letter.subject == f"[#{ticket.pk}] Витрина не холодит"
    assert letter.to == [[company.boris.name, company.boris.email]]
    assert "+n-" in letter.reply_to
    assert letter.envelope_from == ""
    assert ["Auto-Submitted", "auto-generated"] in letter.headers
    assert "И ещё" in letter.text
    assert "И ещё" in letter.html
    assert Delivery.objects.filter(outgoing=letter).count() == 1
    _later(hours=2)
    assert len(_mails()) == 1  # told once
    set_value("notifications_mail_texts", value=False, by=_SYSTEM)
    _writes(company, ticket)
    told()
    _later(hours=1)
    assert "И ещё" not in _mails()[-1].text


def test_read_in_time_blocked_in_time_and_hidden_in_time_are_not_mailed(company: People, told: Told) -> None:
    ticket = _given(company, told)
    mark_ticket_read(ticket.pk, by=company.actor(company.boris))
    _later(seconds=200)
    assert not _mails()
    set_value("agents_see", "teams", by=_SYSTEM)
    other = company.ticket("Тайна", team=company.field, assignee=company.boris)
    told()
    actions.assign(other, assignee=None, by=company.actor(company.vera))
    _later(seconds=400)
    assert not _mails()
    _given(company, told, "Ещё одна")
    accounts.block_user(company.boris, by=company.actor(company.admin))  # nobody has told it yet
    _later(seconds=800)
    assert not _mails()
    assert set(Notification.objects.values_list("mail", flat=True)) == {"dropped"}


def test_quiet_hours_hold_mail_until_they_end(company: People, told: Told) -> None:
    wanted = Wanted(quiet=True, quiet_from=time(12), quiet_to=time(15))
    change_wishes(company.boris, wanted, by=company.actor(company.boris))
    with time_machine.travel(DAY, tick=False):
        _given(company, told)
        assert Moment.objects.get(kind="notifications.mail").due_at == DAY + timedelta(hours=2)
        _later(hours=1)
        assert not _mails()
        _later(hours=2)
        assert len(_mails()) == 1


def test_quiet_hours_that_were_set_meanwhile_count_too(company: People, told: Told) -> None:
    with time_machine.travel(DAY, tick=False):
        _given(company, told)
        wanted = Wanted(quiet=True, quiet_from=time(12), quiet_to=time(15))
        change_wishes(company.boris, wanted, by=company.actor(company.boris))
        _later(minutes=5)
        assert not _mails()
        _later(hours=2)
        assert len(_mails()) == 1


def test_what_quiet_hours_or_a_digest_held_leaves_when_they_are_given_up(company: People, told: Told) -> None:
    held = (Wanted(quiet=True, quiet_from=time(12), quiet_to=time(15)), Wanted(digest="day", digest_at=time(12)))
    for number, (wanted, given_up) in enumerate(zip(held, (Wanted(quiet=False), Wanted(digest="")), strict=True)):
        change_wishes(company.boris, wanted, by=company.actor(company.boris))
        with time_machine.travel(DAY, tick=False):
            _given(company, told, f"Витрина {number}")
            _later(minutes=30)
            assert len(_mails()) == number
            with time_machine.travel(DAY + timedelta(minutes=30), tick=False):
                change_wishes(company.boris, given_up, by=company.actor(company.boris))
                _later(seconds=200)
                assert len(_mails()) == number + 1
                change_wishes(company.boris, given_up, by=company.actor(company.boris))
                _later(hours=48)
                assert len(_mails()) == number + 1  # once


def test_other_rules_do_not_put_off_what_waits(company: People, told: Told) -> None:
    with time_machine.travel(DAY, tick=False):
        _given(company, told)
        due = Moment.objects.get(kind="notifications.mail").due_at
        change_wishes(company.boris, Wanted(ways={"assigned": ["mail"]}), by=company.actor(company.boris))
        assert Moment.objects.get(kind="notifications.mail").due_at == due


def test_digest_gathers_and_a_storm_becomes_one(company: People, told: Told) -> None:
    change_wishes(company.boris, Wanted(digest="hour"), by=company.actor(company.boris))
    with time_machine.travel(DAY, tick=False):
        first, second = _given(company, told, "Первая"), _given(company, told, "Вторая")
        _later(minutes=30)
        assert not _mails()
        _later(minutes=60)
        (letter,) = _mails()
        assert all(f"{row.pk} · {row.subject}" in letter.text for row in (first, second))
        assert letter.reply_to == ""
    set_value("notifications_mail_most", 2, by=_SYSTEM)
    change_wishes(company.boris, Wanted(digest=""), by=company.actor(company.boris))
    with time_machine.travel(DAY + timedelta(days=1), tick=False):
        for number in range(6):
            _given(company, told, f"Шторм {number}")
            if number < 2:
                _later(minutes=5)
        _later(minutes=10)
        assert len(_mails()) == 3  # the digest, and two
        _later(minutes=66)
        assert len(_mails()) == 4
        assert all(f"Шторм {number}" in _mails()[-1].text for number in range(2, 6))


def _answered(
    company: People, door: str, *, sender: str, auth: str, text: str = "Мастер будет в 10:00", **more: str
) -> Inbound:
    headers = {"To": door, "Authentication-Results": auth, **more}
    raw = mail(sender, more.pop("subject", "Re: [#1] Витрина"), text, **headers)
    return arrive(raw, channel=company.mailbox, to=[door])[0]


@pytest.fixture
def door(company: People, told: Told) -> str:
    """The answer address of the mail that tells Boris what Clara wrote."""
    trust(company.mailbox)
    ticket = _given(company, told)
    _later(seconds=200)
    mark_ticket_read(ticket.pk, by=company.actor(company.boris))
    _writes(company, ticket)
    told()
    _later(seconds=200)
    return _mails()[-1].reply_to


def test_answer_of_its_reader_goes_to_the_customer_without_what_it_quotes(company: People, door: str) -> None:
    letter = _mails()[-1]
    quoted = "\n".join(f"> {line}" for line in letter.text.splitlines())
    text = f"Мастер будет в 10:00\n\n25.11.2026 13:00, Поддержка пишет:\n{quoted}"
    row = _answered(company, door, sender=company.boris.email, auth=PASS.format("desk.example"), text=text)
    assert (row.state, row.reason) == ("message", "colleague")
    message = Message.objects.latest("id")
    assert (message.kind, message.author_id, message.body_text) == ("reply", company.boris.pk, "Мастер будет в 10:00")
    assert Outgoing.objects.filter(kind="reply", ticket_message=message).exists()


@pytest.mark.parametrize("text", ["#note Позвоню ему сам", "#заметка\nПозвоню ему сам"])
def test_mark_makes_the_answer_a_note(company: People, door: str, text: str) -> None:
    _answered(company, door, sender=company.boris.email, auth=PASS.format("desk.example"), text=text)
    message = Message.objects.latest("id")
    assert (message.kind, message.body_text) == ("note", "Позвоню ему сам")
    assert not Outgoing.objects.filter(kind="reply").exists()


def test_answer_to_a_call_is_a_note(company: People, told: Told) -> None:
    trust(company.mailbox)
    ticket = company.ticket()
    actions.add_note(ticket, body_text=f"@{company.boris.name}, ваше мнение?", by=company.actor(company.anna))
    told()
    _later(seconds=200)
    (letter,) = _mails(company.boris)
    _answered(company, letter.reply_to, sender=company.boris.email, auth=PASS.format("desk.example"), text="Менять")
    assert Message.objects.latest("id").kind == "note"


@pytest.mark.parametrize(
    ("sender", "auth", "reason"),
    [
        ("boris@desk.example", FAIL.format("desk.example"), "not_yours"),
        ("boris@desk.example", "mx.desk.example; dmarc=none header.from=desk.example", "not_yours"),
        ("boris@desk.example", "evil.example; dmarc=pass header.from=desk.example", "not_yours"),
        ("anna@desk.example", PASS.format("desk.example"), "not_yours"),  # a colleague, but not the one
        ("clara@berezka.example", PASS.format("berezka.example"), "not_yours"),
    ],
)
def test_forged_answer_is_held_and_never_posted(
    company: People, door: str, sender: str, auth: str, reason: str
) -> None:
    before = Message.objects.count()
    row = _answered(company, door, sender=sender, auth=auth)
    assert (row.state, row.reason) == ("quarantined", reason)
    assert row.ticket_id is not None
    assert Message.objects.count() == before


def test_absence_note_empty_answer_and_lost_right_post_nothing(company: People, door: str) -> None:
    before = Message.objects.count()
    good = {"sender": company.boris.email, "auth": PASS.format("desk.example")}
    row = _answered(company, door, **good, Auto_Submitted="auto-replied")
    assert (row.state, row.reason) == ("ignored", "auto_reply")
    row = _answered(company, door, **good, text="> ## ↑ Ответьте выше\n> всё это цитата")
    assert (row.state, row.reason) == ("quarantined", "empty")
    accounts.change_user(company.boris, role="observer", by=company.actor(company.admin))
    row = _answered(company, door, **good, text="Я ещё здесь")
    assert (row.state, row.reason) == ("quarantined", "no_right")
    assert Message.objects.count() == before


def test_address_of_a_door_cannot_be_guessed() -> None:
    key = b"k" * 32
    address = door_address(key, 300, "support@desk.example")
    assert doors_of(key, [address, address.upper(), "x@desk.example"]) == [300]
    assert doors_of(key, [address.replace("n-12c", "n-12d")]) == []
    assert doors_of(b"x" * 32, [address]) == []
    assert answer_of("Да\n> ## ↑ Ответьте выше\n> тайна", "Re", as_note=False) == ("Да", False)
    assert answer_of("Ясно", "Re: #note", as_note=False) == ("Ясно", True)
    assert answer_of("#ответ Завтра", "Re", as_note=True) == ("Завтра", False)
    assert answer_of("номер#noted", "Re", as_note=True) == ("номер#noted", True)


def test_answer_to_a_binned_ticket_is_held_and_says_why(company: People, door: str) -> None:
    ticket = Ticket.objects.get()
    put_in_bin(ticket, by=company.actor(company.anna))
    row = _answered(company, door, sender=company.boris.email, auth=PASS.format("desk.example"))
    assert (row.state, row.reason) == ("quarantined", "shelved")
    assert not Message.objects.filter(kind="reply").exists()


def _plans(company: People, ticket: Ticket) -> None:
    schedule_reply(ticket, send_at=now() + timedelta(hours=1), body_text="Утром", by=company.actor(company.anna))


def test_author_of_a_planned_reply_hears_that_it_is_overtaken_and_held_back(company: People, told: Told) -> None:
    ticket = company.ticket()
    _plans(company, ticket)
    told()
    _writes(company, ticket)
    told()
    with time_machine.travel(now() + timedelta(hours=2), tick=False):
        run_due_moments()
    told()
    rows = Notification.objects.filter(user=company.anna, why="planned").order_by("id")
    assert [row.detail for row in rows] == ["overtaken", "held"]
    assert not Notification.objects.filter(user=company.boris).exists()
    _later(hours=3)
    assert "возвращён в черновик" in _mails(company.anna)[-1].text


def test_author_hears_that_the_bin_holds_his_reply_back(company: People, told: Told) -> None:
    ticket = company.ticket(assignee=company.anna)
    _plans(company, ticket)
    told()
    mark_ticket_read(ticket.pk, by=company.actor(company.anna))
    actions.assign(ticket, assignee=company.vera, by=company.actor(company.boris))
    put_in_bin(ticket, by=company.actor(company.boris))
    told()
    told()
    anna = company.actor(company.anna)
    assert [(row.why, row.detail) for row in visible_to(anna).filter(read_at__isnull=True)] == [("planned", "")]
    assert not visible_to(company.actor(company.vera)).exists()
    _later(seconds=200)
    (letter,) = _mails(company.anna)
    assert "не отправлен" in letter.text


def _boris_answers(company: People, door: str, **more: str) -> Inbound:
    return _answered(company, door, sender=company.boris.email, auth=PASS.format("desk.example"), **more)


def test_answer_that_was_overtaken_becomes_a_draft_and_its_author_is_mailed(company: People, door: str) -> None:
    ticket, before = Ticket.objects.get(), len(_mails())
    came = actions.add_incoming(ticket, body_text="Уже починили, спасибо", by=company.actor(company.anna))
    row = _boris_answers(company, door)
    assert (row.state, row.reason, row.ticket_id, row.message_id) == ("ignored", "overtaken", ticket.pk, None)
    assert not Message.objects.filter(kind="reply").exists()
    draft = Draft.objects.get()
    assert (draft.user_id, draft.mode, "Мастер будет в 10:00" in draft.text) == (company.boris.pk, "reply", True)
    (letter,) = _mails()[before:]
    assert letter.to == [[company.boris.name, company.boris.email]]
    assert "не отправлен" in letter.text
    assert came.body_text in letter.text
    assert came.body_text in letter.html
    assert ["Auto-Submitted", "auto-generated"] in letter.headers
    assert "answer.kept" in [event.kind for event in timeline(1, ticket.pk)]
    row = _boris_answers(company, letter.reply_to, text="Тогда закрываю")
    assert (row.state, row.reason) == ("message", "colleague")
    assert Message.objects.get(kind="reply").body_text == "Тогда закрываю"
    assert len(_mails()) == before + 1


def test_word_of_a_colleague_overtakes_too_and_files_stay_with_the_draft(company: People, door: str) -> None:
    actions.reply(Ticket.objects.get(), body_text="Я уже еду", by=company.actor(company.anna))
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = company.boris.email, door, "Re: Витрина"
    message["Authentication-Results"], message["Message-ID"] = PASS.format("desk.example"), "<with-a-file@x>"
    message.set_content("Вот акт")
    message.add_attachment(b"akt", maintype="text", subtype="plain", filename="akt.txt")
    (row,) = arrive(message.as_bytes(), channel=company.mailbox, to=[door])
    assert (row.state, row.reason) == ("ignored", "overtaken")
    draft = Draft.objects.get()
    assert Attachment.objects.filter(pk__in=draft.attachments, name="akt.txt", message=None).count() == 1


def test_own_words_notes_and_doors_of_before_overtake_nothing(company: People, door: str) -> None:
    assert _boris_answers(company, door).state == "message"
    assert _boris_answers(company, door, text="И ещё: возьмите ключи").state == "message"
    _writes(company, Ticket.objects.get())
    assert _boris_answers(company, door, text="#note Позвоню сам").state == "message"
    AnswerDoor.objects.update(newest_id=None)
    assert _boris_answers(company, door, text="Старое уведомление").state == "message"
    assert not Draft.objects.exists()


def test_texts_stay_at_home_when_the_setting_says_so(company: People, door: str) -> None:
    set_value("notifications_mail_texts", value=False, by=_SYSTEM)
    _writes(company, Ticket.objects.get())
    before = len(_mails())
    _boris_answers(company, door)
    (letter,) = _mails()[before:]
    assert "И ещё" not in letter.text
    assert company.clara.name in letter.text
