"""Real things for the addresses to name: one of each, made without asking who may."""

from datetime import timedelta

from otklik.accounts import actions as accounts
from otklik.accounts.models import Absence, CustomRole, User
from otklik.accounts.queries import actor_for
from otklik.channels.email.models import MailArchive
from otklik.contacts import actions as contacts
from otklik.contacts.actions.beginning import begin_import
from otklik.contacts.actions.importing import read_file
from otklik.contacts.models import Contact, ContactImport, ContactMerge, DataExport
from otklik.core.actor import Actor
from otklik.core.blobs import put_blob
from otklik.core.clock import now
from otklik.notifications.models import Browser
from otklik.tickets import actions as tickets
from otklik.tickets.actions.linking import link as link_tickets
from otklik.tickets.models import (
    BulkRun,
    Draft,
    Message,
    SavedReply,
    ScheduledReply,
    SpamDomain,
    Step,
    Tag,
    Ticket,
    TicketLink,
)
from otklik.webhooks.models import Delivery, Webhook

SOON = timedelta(hours=1)


def saved_reply(owner: User) -> SavedReply:
    """A text that only its owner has."""
    return SavedReply.objects.create(
        title="Выезд", body_html="<p>Приедем.</p>", owner=owner, search_key="выезд", changed_at=now()
    )


def new_draft(owner: User) -> None:
    """A ticket that somebody has begun to enter."""
    Draft.objects.create(user=owner, mode="new", text="<p>Начато</p>", saved_at=now())


def scheduled(ticket: Ticket, writer: User) -> ScheduledReply:
    """An answer that leaves in an hour."""
    return ScheduledReply.objects.create(
        ticket=ticket, user=writer, body_text="Позже", send_at=now() + SOON, created_at=now()
    )


def tag(ticket: Ticket) -> Tag:
    """A tag that a ticket has."""
    tickets.set_tags(ticket, tags=["витрина"], by=Actor.system())
    return Tag.objects.get(name="витрина")


def link(ticket: Ticket, other: Ticket) -> TicketLink:
    """A link between two tickets."""
    link_tickets(ticket, other=other, kind="related", by=Actor.system())
    return TicketLink.objects.earliest("pk")


def run(owner: User) -> BulkRun:
    """A run over a folder that is over."""
    return BulkRun.objects.create(
        user=owner, folder="open", act="status", value="open", state="done", total=1, top_id=1, made_at=now(),
        ended_at=now(),
    )  # fmt: skip


def step(owner: User) -> Step:
    """Something that can be undone: a bulk act that changed nothing."""
    return Step.objects.create(
        kind="bulk", user=owner, data={"act": "status", "tickets": []}, made_at=now(), until=now() + SOON
    )


def spam_sender() -> SpamDomain:
    """A domain that nothing is taken from."""
    return SpamDomain.objects.create(domain="spam.example", added_at=now(), added_by="Вера")


def an_import() -> ContactImport:
    """A table that was read and is looked at, with a line that cannot be taken."""
    data = "Имя;Почта\nИван Петров;ivan@rows.example\n;нет\n".encode()
    system = Actor.system()
    return begin_import(read_file(data, by=system), file_name="people.csv", language="ru", by=system)


def archive() -> MailArchive:
    """An archive of old mail that can be started."""
    return MailArchive.objects.create(name="old.mbox", size=1, state="ready", made_at=now())


def merge(into: Contact) -> ContactMerge:
    """Two people that were taken for one."""
    twin = contacts.add_contact(name="Двойник", addresses=["twin@hidden.example"], by=Actor.system())
    return contacts.merge_contacts(twin, into=into, by=Actor.system())


def export(contact: Contact) -> DataExport:
    """All data of a person, ready to be fetched."""
    at = now()
    return DataExport.objects.create(
        contact=contact, by_name="Вера", language="ru", made_at=at, ready_at=at, until=at + SOON, blob=put_blob(b"{}")
    )


def role() -> CustomRole:
    """A role of single rights that nobody holds."""
    return accounts.add_role(name="Приёмщик", base="agent", rights=["tickets.view"], by=Actor.system())


def absence(person: User, stand_in: User) -> Absence:
    """An absence that is to come."""
    return Absence.objects.create(
        person=person, stand_in=stand_in, reason="Отпуск", starts_at=now() + SOON, ends_at=now() + 2 * SOON
    )


def token(owner: User) -> int:
    """A token of the API; returns its id."""
    row, _plain = accounts.create_token(owner, name="свой", scopes=["read"], by=actor_for(owner))
    return row.pk


def browser(owner: User) -> Browser:
    """A browser that takes push messages."""
    return Browser.objects.create(
        user=owner, endpoint="https://push.example/1", endpoint_key="k", p256dh="p", auth="a", name="Chrome",
        created_at=now(),
    )  # fmt: skip


def webhook_delivery() -> Delivery:
    """A call of a webhook that failed."""
    at = now()
    hook = Webhook.objects.create(
        name="Учёт", url="https://books.example/", events=["ticket.opened"], created_at=at, secret="x"
    )
    return Delivery.objects.create(
        webhook=hook, name="ticket.opened", ticket_id=1, state="failed", created_at=at, tries_until=at, ended_at=at
    )


def note(ticket: Ticket, writer: User) -> Message:
    """A note that was changed once."""
    row = tickets.add_note(ticket, body_text="Звонили", by=Actor.system())
    Message.objects.filter(pk=row.pk).update(author_kind="user", author_id=writer.pk, author_name=writer.name)
    return Message.objects.get(pk=row.pk)
