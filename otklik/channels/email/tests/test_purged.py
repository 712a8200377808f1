"""After a ticket was deleted for ever: its words are gone from mail too, the sums stay, and nobody limited reads on."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.test import Client

from otklik.channels.email import queries
from otklik.channels.email.actions.inbound import open_held, process_again
from otklik.channels.email.models import Delivery, Inbound, InboundState, Outgoing, OutgoingFile
from otklik.channels.email.tests.mails import CLARA, DMITRI, arrive, mail
from otklik.channels.email.tests.test_threads import answer
from otklik.core import settings_store
from otklik.core.actor import Actor
from otklik.core.blobs import Blob, sweep
from otklik.core.clock import now
from otklik.core.errors import Conflict, NotFound
from otklik.core.events import Event
from otklik.testing.api import Api
from otklik.testing.people import People, people
from otklik.tickets import actions
from otklik.tickets.actions.merging import split_message
from otklik.tickets.actions.shelving import KEPT_FOR, purge, put_in_bin
from otklik.tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db
SECRET = "SECRETWORD"


@pytest.fixture
def world() -> People:
    """People, of whom Anna and Boris see the tickets of their team."""
    made = people()
    settings_store.set_value("agents_see", "teams", by=Actor.system())
    return made


def _came(world: People, **words: str) -> Ticket:
    (row,) = arrive(mail(CLARA, **{"text": SECRET, **words}), channel=world.mailbox)
    assert row.ticket is not None
    actions.assign(row.ticket, team=world.field, by=world.actor(world.vera))
    return row.ticket


def _purge(world: People, ticket: Ticket) -> None:
    put_in_bin(ticket, by=world.actor(world.vera))
    Ticket.objects.filter(shelf="bin").update(shelved_at=now() - KEPT_FOR - timedelta(days=1))
    assert purge(by=Actor.system()) == 1


def test_limited_agent_reads_no_mail_of_it(world: People) -> None:
    ticket = _came(world)
    row = Inbound.objects.get()
    client, anna = Client(), world.actor(world.anna)
    client.force_login(world.anna)
    assert client.get(f"/mail/{row.pk}/").status_code == 404
    _purge(world, ticket)
    assert not queries.visible_to(anna).exists()
    assert queries.visible_to(world.actor(world.vera)).get() == row
    assert [client.get(f"/mail/{row.pk}/{part}").status_code for part in ("", "raw")] == [404, 404]
    assert Api(world.anna)("GET", f"/mail/{row.pk}")[0] == 404
    with pytest.raises(NotFound):
        process_again(row.pk, by=anna)


def test_held_mail_of_it_is_left_to_those_who_see_all(world: People) -> None:
    ticket = _came(world)
    (held,) = arrive(answer(ticket, "plus", DMITRI, text="Это я"), channel=world.mailbox)
    assert held.state == InboundState.QUARANTINED
    _purge(world, ticket)
    for act in (process_again, open_held):
        with pytest.raises(NotFound):
            act(held.pk, by=world.actor(world.anna))
    assert open_held(held.pk, by=world.actor(world.vera)).messages.get().body_text.strip() == "Это я"


def test_mail_that_belongs_to_no_ticket_yet_stays_visible(world: People) -> None:
    (row,) = arrive(mail(DMITRI, subject="Новости", text="Скидки", List_Unsubscribe="<mailto:no@x>", List_Id="<n.x>"),
                    channel=world.mailbox)  # fmt: skip
    assert row.state == InboundState.IGNORED
    assert queries.visible_to(world.actor(world.anna)).get() == row


def test_old_lines_without_their_ticket_are_hidden_too(world: People) -> None:
    """As they stand on a desk that deleted tickets before mails were marked."""
    _came(world)
    Inbound.objects.update(ticket=None, message=None)
    assert not queries.visible_to(world.actor(world.anna)).exists()


def test_words_go_and_sums_stay(world: People) -> None:
    vera, ticket = world.actor(world.vera), _came(world, subject=SECRET)
    file = actions.upload(BytesIO(b"SECRETFILE"), name="s.txt", content_type="text/plain", size=10, by=vera)
    actions.reply(ticket, body_text=SECRET, attachments=[file.pk], by=vera)
    actions.edit_properties(ticket, subject=f"{SECRET} 2", by=vera)
    raw = Inbound.objects.get()
    before, sent = queries.sums(Inbound.objects.all()), Outgoing.objects.count()
    assert sent == 1
    digests = {raw.raw.sha256, OutgoingFile.objects.get().blob.sha256}  # type: ignore[union-attr]
    _purge(world, ticket)
    assert queries.sums(Inbound.objects.all()) == before
    assert Outgoing.objects.count() == sent
    letter, delivery, raw = Outgoing.objects.get(), Delivery.objects.get(), Inbound.objects.get()
    assert (letter.text, letter.html, letter.subject, letter.to, letter.cc) == ("", "", "", [], [])
    assert not letter.files.exists()
    assert (delivery.recipient, delivery.state, delivery.run_at) == ("", "failed", None)
    assert (raw.subject, raw.from_address, raw.from_name, raw.envelope, raw.blob) == ("", "", "", {}, None)
    assert SECRET not in str(list(Event.objects.values_list("data", flat=True)))
    Blob.objects.update(seen_at=now() - timedelta(days=3))
    sweep()
    assert not Blob.objects.filter(sha256__in=digests).exists()
    with pytest.raises(Conflict):
        process_again(raw.pk, by=vera)
    client = Client()
    client.force_login(world.vera)
    assert client.get(f"/mail/{raw.pk}/").status_code == 200
    assert client.get("/mail/?days=30").status_code == 200


def test_the_same_mail_again_is_still_known(world: People) -> None:
    text = mail(CLARA, text=SECRET)
    (row,) = arrive(text, channel=world.mailbox)
    assert row.ticket is not None
    _purge(world, row.ticket)
    arrive(text, channel=world.mailbox)
    assert (Inbound.objects.get().copies, Ticket.objects.count()) == (1, 0)


def test_what_was_taken_out_into_another_ticket_keeps_its_mail(world: People) -> None:
    ticket = _came(world)
    (second,) = arrive(answer(ticket, "plus", text="О другом"), channel=world.mailbox)
    assert second.message is not None
    fresh = split_message(second.message, by=world.actor(world.vera))
    _purge(world, Ticket.objects.get(pk=ticket.pk))
    second.refresh_from_db()
    assert (second.ticket_id, second.blob is None, second.ticket_purged) == (fresh.pk, False, False)
    assert Message.objects.get().body_text.strip() == "О другом"
