"""The ledger's page and what people decide there, with strangers and repeats."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from otklik.channels.email.actions.inbound import dismiss_held, join_held, open_held, process_again
from otklik.channels.email.events.inbound import MailHeld
from otklik.channels.email.ids import make_plus_address
from otklik.channels.email.keys import thread_key
from otklik.channels.email.ledger_words import _STEPS, EXPLAINED, REASONS
from otklik.channels.email.loop import settle_now
from otklik.channels.email.models import EmailFact, Inbound
from otklik.channels.email.queries import visible_to
from otklik.channels.email.tests.mails import DMITRI, arrive, mail, read_here, support
from otklik.core.actor import Actor
from otklik.core.blobs import Blob
from otklik.core.errors import Conflict, NotFound
from otklik.core.events import timeline
from otklik.core.settings_store import set_value
from otklik.testing.people import People, people
from otklik.testing.tools import assert_statements, desk_client
from otklik.tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> People:
    """The people of every test."""
    return people()


@pytest.fixture
def anna(world: People) -> Client:
    """Anna's browser."""
    return desk_client(world.anna)


def held(world: People) -> Inbound:
    """Let a stranger answer to a ticket of Clara."""
    (first,) = arrive(mail(), channel=world.mailbox)
    to = make_plus_address(thread_key(), first.ticket_id or 0, world.mailbox.address)
    (row,) = arrive(mail(DMITRI, subject="Re: x", text="Я тоже <b>жду</b>", To=to), channel=world.mailbox)
    assert row.state == "quarantined"
    return row


def test_the_page_adds_up(world: People, anna: Client) -> None:
    """Sums, parts and rows; a part shows only its own."""
    held(world)
    arrive(mail(text="Отпуск", Auto_Submitted="auto-replied"), channel=world.mailbox)
    page = anna.get(reverse("email:ledger")).content.decode()
    for words in ("Журнал почты", "посторонний", "автоответ", "заявка", "Сходится"):
        assert words in page, words
    page = anna.get(reverse("email:ledger"), {"state": "quarantined", "days": "1"}).content.decode()
    assert page.count('class="ledger-entry"') == 1


def test_the_page_costs_a_fixed_number_of_statements(world: People, anna: Client) -> None:
    """However many mails there are."""
    arrive(*(mail(text=str(number)) for number in range(12)), channel=world.mailbox)
    anna.get(reverse("email:ledger"))
    with assert_statements(9):
        anna.get(reverse("email:ledger"))


def test_the_way_of_a_mail_and_its_source(world: People, anna: Client) -> None:
    """The entry tells each step; the source is text that nothing runs."""
    row = held(world)
    page = anna.get(reverse("email:mail", args=[row.pk])).content.decode()
    assert "Принято по SMTP" in page
    assert "<b>жду</b>" not in page
    answer = anna.get(reverse("email:mail-raw", args=[row.pk]))
    assert answer.content == row.blob.read()
    assert answer["Content-Type"].startswith("text/plain")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


def test_a_missing_source_spoils_nothing_else(world: People, anna: Client) -> None:
    """The entry is shown without it."""
    row = held(world)
    Blob.objects.filter(pk=row.blob_id).update(path="aa/bb/gone", data=None)
    assert anna.get(reverse("email:mail", args=[row.pk])).status_code == 200


def test_the_card_shows_what_is_held(world: People, anna: Client) -> None:
    """Who wrote, the first words, escaped, and what can be done."""
    row = held(world)
    page = anna.get(reverse("tickets:card", args=[row.ticket_id])).content.decode()
    assert "dmitri@nowhere.example" in page
    assert "Я тоже &lt;b&gt;жду" in page
    assert reverse("email:mail-join", args=[row.pk]) in page


def test_anna_lets_it_in(world: People) -> None:
    """The message is on the ticket, its sender takes part, a second click is too late."""
    row = held(world)
    actor = world.actor(world.anna)
    ticket = join_held(row.pk, by=actor)
    row.refresh_from_db()
    assert (row.state, row.ticket_id, ticket.messages.count()) == ("message", ticket.pk, 2)
    assert [person["address"] for person in Ticket.objects.get(pk=ticket.pk).people] == ["dmitri@nowhere.example"]
    assert "mail.joined" in [event.kind for event in timeline(1, ticket.pk)]
    with pytest.raises(Conflict):
        join_held(row.pk, by=actor)
    with pytest.raises(Conflict):
        dismiss_held(row.pk, by=actor)


def test_anna_makes_a_ticket_of_it(world: People) -> None:
    """The stranger gets a request of his own."""
    row = held(world)
    ticket = open_held(row.pk, by=world.actor(world.anna))
    row.refresh_from_db()
    assert (row.state, row.ticket_id) == ("ticket", ticket.pk)
    assert ticket.requester.addresses.get().address == "dmitri@nowhere.example"
    assert Ticket.objects.count() == 2


def test_anna_puts_it_aside_and_brings_it_back(world: People) -> None:
    """It stays in the ledger, and can still become a ticket."""
    row = held(world)
    dismiss_held(row.pk, by=world.actor(world.anna))
    row.refresh_from_db()
    assert (row.state, row.reason) == ("ignored", "by_hand")
    assert open_held(row.pk, by=world.actor(world.anna)).pk != row.ticket_id


def test_an_observer_decides_nothing(world: People) -> None:
    """He reads the ledger; its buttons and sources are not there for him."""
    row = held(world)
    nina = desk_client(world.observer)
    assert nina.get(reverse("email:ledger")).status_code == 200
    assert nina.get(reverse("email:mail-raw", args=[row.pk])).status_code == 404
    for name in ("mail-again", "mail-join", "mail-release", "mail-dismiss"):
        assert nina.post(reverse(f"email:{name}", args=[row.pk])).status_code == 404
    with pytest.raises(NotFound):
        dismiss_held(row.pk, by=world.actor(world.observer))
    row.refresh_from_db()
    assert row.state == "quarantined"


def test_a_limited_agent_sees_the_mail_of_his_teams_boxes(world: People) -> None:
    """Where there is no ticket, the mailbox decides: another team's failed and ignored mail is not his to read."""
    rows = {}
    for team in (None, world.desk, world.field):
        name = f"box{team.pk if team else 0}@desk.example"
        place = support(name, name=name, team=team)
        (rows[team],) = arrive(mail(text=name, Auto_Submitted="auto-replied"), channel=place)
        assert (rows[team].state, rows[team].ticket_id) == ("ignored", None)
    actor = world.actor(world.anna)
    assert actor.team_ids == {world.desk.pk}
    assert visible_to(actor).count() == 3
    set_value("agents_see", "teams", by=Actor.system())
    assert set(visible_to(actor)) == {rows[None], rows[world.desk]}
    assert visible_to(world.actor(world.admin)).count() == 3
    anna = desk_client(world.anna)
    for team, status in ((None, 200), (world.desk, 200), (world.field, 404)):
        assert anna.get(reverse("email:mail-raw", args=[rows[team].pk])).status_code == status
    with pytest.raises(NotFound):
        open_held(rows[world.field].pk, by=actor)


def test_the_buttons_work(world: People, anna: Client) -> None:
    """Each by its form; an unknown field is refused; a second click says that it is too late."""
    row = held(world)
    url = reverse("email:mail-dismiss", args=[row.pk])
    assert anna.post(url, {"x": "1"}).status_code == 422
    assert anna.post(url).status_code == 302
    assert anna.post(url, headers={"HX-Request": "true"}).status_code == 204
    assert anna.get(url).status_code == 405
    row.refresh_from_db()
    assert row.reason == "by_hand"


def test_processing_again_walks_all_steps(world: People) -> None:
    """After a failure the mail is taken in as if it had just come; nothing doubles."""
    (row,) = arrive(mail(Auto_Submitted="auto-replied"), channel=world.mailbox)
    process_again(row.pk, by=world.actor(world.anna))
    with pytest.raises(Conflict):
        process_again(row.pk, by=world.actor(world.anna))
    settle_now(None, read_here)
    row.refresh_from_db()
    assert (row.state, row.reason) == ("ignored", "auto_reply")


def test_processing_again_refreshes_what_is_derived(world: People) -> None:
    """A mail that made a message makes no second one: texts and facts come anew, the state stays."""
    (row,) = arrive(mail(), channel=world.mailbox)
    Message.objects.update(visible_text="испорчено")
    EmailFact.objects.update(to=[])
    process_again(row.pk, by=world.actor(world.anna))
    message = Message.objects.get()
    assert "не холодит" in message.visible_text
    assert EmailFact.objects.get().to
    row.refresh_from_db()
    assert row.state == "ticket"


def test_every_word_is_there() -> None:
    """No reason or step is shown by its code."""
    assert set(EXPLAINED) <= set(REASONS)
    assert all(callable(words) for words in _STEPS.values())


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("stranger", "he does not take part"),
        ("empty", "the mail ledger says why"),
        ("no_right", "the mail ledger says why"),
    ],
)
def test_history_gives_no_reason_that_is_not_true(reason: str, said: str) -> None:
    with translation.override("en"):
        assert said in MailHeld(subject_id=1, inbound_id=1, sender="anna@otklik.test", reason=reason).describe()
