"""Processing again: what a source says is read anew; what a colleague wrote is his, however it came."""

import pytest
from django.db import transaction
from django.urls import reverse

from otklik.channels.email.actions.inbound import process_again
from otklik.channels.email.loop import settle_now
from otklik.channels.email.models import Delivery, EmailFact, Inbound, Outgoing
from otklik.channels.email.tests.mails import arrive, mail, read_here
from otklik.channels.email.tests.test_reports import report
from otklik.channels.email.tests.test_threads import OUTLOOK, PASS, answer, first, trust
from otklik.core.clock import now
from otklik.core.errors import Conflict, NotFound
from otklik.core.events import Event, dispatch_batch
from otklik.search.models import Pending
from otklik.testing.people import People, people
from otklik.testing.tools import desk_client
from otklik.tickets import actions as tickets
from otklik.tickets.actions.refreshing import refresh_message
from otklik.tickets.actions.rewriting import edit_note, remove_note
from otklik.tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> People:
    """People, and a mailbox whose receiving server is named as trusted."""
    made = people()
    trust(made.mailbox)
    return made


def note_of_anna(world: People, ticket: Ticket) -> Inbound:
    """Let Anna answer the customer's mail from her own program; it becomes her note."""
    verdict = PASS.format(world.anna.email.partition("@")[2])
    text = "Мой текст.\n\n02.11.2026 10:00, Поддержка пишет:\n> СЕКРЕТ\n> два\n"
    raw = answer(ticket, "their_id", f"{world.anna.name} <{world.anna.email}>", text, Authentication_Results=verdict)
    (row,) = arrive(raw, channel=world.mailbox)
    assert (row.reason, row.message.kind if row.message else "") == ("colleague", "note"), row.steps
    return row


def test_a_bounce_leaves_our_answer_as_it_is(world: People) -> None:
    """The report names our message, and is applied again: once, to the delivery alone."""
    sent = tickets.reply(first(world), body_text="Выезжаем завтра в 9.", by=world.actor(world.anna))
    Delivery.objects.update(state="sent", sent_at=now(), run_at=None)
    (row,) = arrive(report(Outgoing.objects.get().message_id), channel=world.mailbox)
    assert (row.reason, row.message_id) == ("bounce", sent.pk)
    Delivery.objects.update(state="sent")
    process_again(row.pk, by=world.actor(world.anna))
    settle_now(None, read_here)
    row.refresh_from_db()
    sent.refresh_from_db()
    assert (row.state, row.message_id, sent.body_text) == ("message", sent.pk, "Выезжаем завтра в 9.")
    assert not sent.attachments.exists()
    assert Delivery.objects.get().state == "bounced"


def test_a_note_is_not_overwritten_by_its_mail(world: People) -> None:
    """Neither as it came, nor changed, nor taken away; there is no button for it."""
    row, anna = note_of_anna(world, first(world)), world.actor(world.anna)
    note = Message.objects.get(pk=row.message_id)
    page = desk_client(world.anna).get(reverse("email:mail", args=[row.pk])).content.decode()
    assert reverse("email:mail-again", args=[row.pk]) not in page
    for change in (
        lambda: None,
        lambda: edit_note(note, body_text="Иначе.", by=anna),
        lambda: remove_note(note, by=anna),
    ):
        change()
        note.refresh_from_db()
        before = (note.body_text, note.visible_text, note.body_html)
        assert "СЕКРЕТ" not in note.body_text
        with pytest.raises(Conflict):
            process_again(row.pk, by=anna)
        note.refresh_from_db()
        assert (note.body_text, note.visible_text, note.body_html) == before


def test_only_the_mail_behind_a_message_is_read_again(world: People) -> None:
    """A row that names a message which came of another mail changes nothing."""
    one, two = arrive(mail(), mail(subject="Другое", text="Другой текст."), channel=world.mailbox)
    Inbound.objects.filter(pk=two.pk).update(message=one.message)
    with pytest.raises(Conflict):
        process_again(two.pk, by=world.actor(world.anna))
    assert one.message is not None
    assert "не холодит" in Message.objects.get(pk=one.message_id).body_text


def test_a_text_of_ours_is_never_refreshed(world: People) -> None:
    """Whoever asks for it: an answer and a note are no source's words."""
    anna = world.actor(world.anna)
    ticket = first(world)
    for message in (
        tickets.reply(ticket, body_text="Едем.", by=anna),
        tickets.add_note(ticket, body_text="!", by=anna),
    ):
        with pytest.raises(Conflict):
            refresh_message(message, body_text="x", body_html="", visible_text="x", folded=[], by=anna)
        assert Message.objects.get(pk=message.pk).body_text != "x"


def test_lists_and_search_hear_of_it(world: People) -> None:
    """What was read wrongly stood in the list too: both follow, and the history says who asked."""
    ticket = first(world)
    Message.objects.update(visible_text="испорчено", body_text="испорчено")
    Ticket.objects.update(preview="испорчено")
    while dispatch_batch():
        pass
    Pending.objects.all().delete()
    row = Inbound.objects.get(ticket=ticket)
    process_again(row.pk, by=world.actor(world.anna))
    ticket.refresh_from_db()
    assert ticket.preview == "Витрина в зале не холодит."
    event = Event.objects.get(kind="message.reread")
    assert (event.subject_id, event.data["message_id"]) == (ticket.pk, row.message_id)
    while dispatch_batch():
        pass
    assert Pending.objects.filter(room="tickets", topic="part", key=row.message_id).exists()


def test_an_older_message_leaves_the_list_alone(world: People) -> None:
    """The list shows the newest; so it stays, also when the older one is read again."""
    ticket = first(world)
    row = Inbound.objects.get(ticket=ticket)
    arrive(answer(ticket, "plus", text="Уже не надо."), channel=world.mailbox)
    process_again(row.pk, by=world.actor(world.anna))
    ticket.refresh_from_db()
    assert ticket.preview == "Уже не надо."


def test_a_new_request_that_names_a_closed_one_keeps_its_quote_folded(world: People) -> None:
    """It was shown as an answer, and is again."""
    ticket = first(world)
    tickets.change_status(ticket, status="closed", by=world.actor(world.anna))
    text = "И ещё одно.\n\n02.11.2026 10:00, Поддержка пишет:\n> старое\n> два\n"
    (row,) = arrive(answer(ticket, "plus", text=text), channel=world.mailbox)
    assert row.message is not None
    assert (row.state, row.message.visible_text) == ("ticket", "И ещё одно.")
    process_again(row.pk, by=world.actor(world.anna))
    assert Message.objects.get(pk=row.message_id).visible_text == "И ещё одно."


def test_a_stranger_has_nothing_read_again(world: People) -> None:
    """Nina only looks."""
    ticket = first(world)
    row = Inbound.objects.get(ticket=ticket)
    Message.objects.update(visible_text="испорчено")
    with pytest.raises(NotFound), transaction.atomic():
        process_again(row.pk, by=world.actor(world.observer))
    assert Message.objects.get().visible_text == "испорчено"
    assert EmailFact.objects.get().inbound_id == row.pk


def test_a_forward_is_still_the_customers(world: People) -> None:
    """What a colleague sent on shows the inner letter again, also where only its place told that it was a forward."""
    verdict = PASS.format(world.anna.email.partition("@")[2])
    raw = mail(f"Anna <{world.anna.email}>", subject="FW: x", text=OUTLOOK, Authentication_Results=verdict)
    (row,) = arrive(raw, channel=world.mailbox)
    process_again(row.pk, by=world.actor(world.anna))
    message = Message.objects.get(pk=row.message_id)
    assert (message.kind, message.body_text.strip()) == ("incoming", "Витрина в зале не холодит.")
