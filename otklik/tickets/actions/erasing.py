"""What tickets hold about a person is blanked: his requests with all that was said on them, and his part in others."""

from collections.abc import Callable
from typing import Any, Final

from django.db import transaction

from otklik.contacts.dossiers import Slice, Subject
from otklik.core.actor import Actor
from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.core.events import record_many, scrub_subject
from otklik.tickets.actions.base import hold
from otklik.tickets.events import SUBJECT_TICKET, SpamSenderAdded
from otklik.tickets.models import (
    Attachment,
    Draft,
    Merge,
    Message,
    MessageVersion,
    Participant,
    ScheduledReply,
    SideConversation,
    SidePerson,
    SpamDomain,
    Step,
    Ticket,
)
from otklik.tickets.people_events import PersonErased
from otklik.tickets.queries.personal import own_tickets, shared_tickets, sides_with
from otklik.tickets.queries.unwelcome import marks_of

_LOOKED_AT: Final = 20_000
"""Messages that are looked through together for what nothing else points at."""
_NOTHING: dict[str, Any] = {"body_text": "", "body_html": "", "visible_text": "", "folded": [], "recipients": []}


def erase_own(subject: Subject, after: int, limit: int) -> Slice:
    """Blank the next of his own tickets, whole: they name and quote him throughout."""
    numbers = own_tickets(subject, after, limit)
    return Slice(numbers[-1], _erase_own(numbers, subject)) if numbers else Slice(None)


def erase_parts(subject: Subject, after: int, limit: int) -> Slice:
    """Blank his part in the next tickets of others."""
    numbers = shared_tickets(subject, after, limit)
    return Slice(numbers[-1], _erase_shared(numbers, subject)) if numbers else Slice(None)


def erase_strays(subject: Subject, after: int, limit: int) -> Slice:
    """Look through the next messages for what he said on tickets that he has no part in any more."""
    newest = Message.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    if after >= newest:
        return Slice(None)
    upto = after + _LOOKED_AT
    said = Message.objects.filter(pk__gt=after, pk__lte=upto, author_kind="contact", author_id__in=subject.ids)
    numbers = sorted(set(said.exclude(author_name=subject.stand_in).values_list("ticket", flat=True)))
    return Slice(upto, _erase_shared(numbers, subject) if numbers else [])


def erase_begun(subject: Subject, after: int, limit: int) -> Slice:
    """Drop what people have begun to write to the person without a ticket, and what could be taken back of it."""
    rows = list(Draft.objects.filter(ticket__isnull=True, pk__gt=after).order_by("pk")[:limit])
    steps = [] if after else list(Step.objects.filter(kind="first"))
    known = [word.casefold() for word in (*subject.addresses, *subject.names) if word]
    done = rows[-1].pk if rows else None
    for row in rows:
        if _names_him(f"{row.text} {row.fields}", known):
            row.delete()
    for step in steps:
        if _names_him(str(step.data), known):
            step.data = step.data | {"form": {}, "text": ""}
            step.save(update_fields=["data"])
    return Slice(done)


def _names_him(text: str, known: list[str]) -> bool:
    plain = text.casefold()
    return any(word in plain for word in known)


def erase_sides(subject: Subject, after: int, limit: int) -> Slice:
    """Take the person out of the next side conversations he has a part in; the tickets they are about stay."""
    ids = sides_with(subject, after, limit)
    if not ids:
        return Slice(None)
    sides = list(SideConversation.objects.filter(pk__in=ids).order_by("pk"))
    hold(sorted({side.ticket_id for side in sides}))
    said = Message.objects.filter(side__in=ids)
    own = said.filter(author_kind="contact", author_id__in=subject.ids)
    blobs = _drop_files(Attachment.objects.filter(message__in=own.values("pk")))
    own.update(**_NOTHING, author_name=subject.stand_in)
    for message in said.exclude(author_kind="contact", author_id__in=subject.ids):
        for name in ("body_text", "body_html", "visible_text"):
            setattr(message, name, subject.clean(getattr(message, name)))
        message.recipients = [row for row in message.recipients if row.get("contact_id") not in subject.ids]
        message.save(update_fields=["body_text", "body_html", "visible_text", "recipients"])
    for side in sides:
        was_last = any(row["contact_id"] in subject.ids and row["name"] == side.last_author_name for row in side.people)
        side.people = [
            {**row, "name": subject.stand_in, "address": ""} if row["contact_id"] in subject.ids else row
            for row in side.people
        ]
        side.subject = subject.clean(side.subject)
        if was_last or side.last_author_kind == "contact":
            side.last_author_name, side.preview = subject.stand_in, ""
        side.preview = subject.clean(side.preview)
        side.save(update_fields=["people", "subject", "last_author_name", "preview"])
    members = SidePerson.objects.filter(side__in=ids, contact__in=subject.ids)
    for member in members:
        member.address, member.address_key = "", f"erased:{member.pk}"
        member.save(update_fields=["address", "address_key"])
    names = {*subject.names, *subject.addresses}

    def about_him(data: dict[str, Any]) -> bool:
        return any(name in str(data.get("people", "")) for name in names if name)

    _tell(sorted({side.ticket_id for side in sides}), only=about_him)
    return Slice(ids[-1], blobs)


def erase_unwelcome(subject: Subject, after: int, limit: int) -> Slice:
    """Put marks in the place of his addresses on the list of spam senders: they stay out, and nobody can read them."""
    rows = list(SpamDomain.objects.filter(domain__in=subject.addresses, pk__gt=after).order_by("pk")[:limit])
    for row in rows:
        mark = marks_of(row.domain)[0]
        scrub_subject(SpamSenderAdded.subject_kind, row.pk)
        if SpamDomain.objects.filter(domain=mark).exists():  # he was erased before, and entered again by hand
            row.delete()
            continue
        row.domain = mark
        row.save(update_fields=["domain"])
    lessons = Step.objects.filter(kind="spam", data__domain__in=subject.addresses)
    lessons.delete()
    transaction.on_commit(lambda: forget("spam domains"))
    return Slice(rows[-1].pk if rows else None)


def _drop_files(files: Any) -> list[int]:
    blobs = [blob for blob in files.values_list("blob_id", flat=True) if blob]
    files.delete()
    return blobs


def _erase_own(numbers: list[int], subject: Subject) -> list[int]:
    hold(numbers)
    messages = Message.objects.filter(ticket__in=numbers)
    MessageVersion.objects.filter(message__ticket__in=numbers).delete()
    messages.update(**_NOTHING)
    messages.filter(author_kind="contact").update(author_name=subject.stand_in)
    for kind in (Draft, ScheduledReply):
        kind.objects.filter(ticket__in=numbers).delete()
    Merge.objects.filter(source__in=numbers).delete()
    Merge.objects.filter(target__in=numbers).delete()
    rows = Ticket.objects.filter(pk__in=numbers)
    rows.update(subject="", subject_key="", preview="", people=[], fields={}, updated_at=now(), reply_due_at=None)
    rows.filter(last_author_kind="contact").update(last_author_name=subject.stand_in)
    Participant.objects.filter(ticket__in=numbers).delete()
    SideConversation.objects.filter(ticket__in=numbers).update(subject="", preview="")
    _tell(numbers)
    return _drop_files(Attachment.objects.filter(ticket__in=numbers))


def _tell(numbers: list[int], *, only: Callable[[dict[str, Any]], bool] | None = None) -> None:
    for number in numbers:
        scrub_subject(SUBJECT_TICKET, number, only=only)
    teams = dict(Ticket.objects.filter(pk__in=numbers).values_list("pk", "team_id"))
    by = Actor.system()
    record_many([(PersonErased(subject_id=number, team_id=team), by) for number, team in teams.items()])


def _erase_shared(numbers: list[int], subject: Subject) -> list[int]:
    hold(numbers)
    own = Message.objects.filter(ticket__in=numbers, author_kind="contact", author_id__in=subject.ids)
    blobs = _drop_files(Attachment.objects.filter(message__in=own.values("pk")))
    own.update(**_NOTHING, author_name=subject.stand_in)
    ids = set(subject.ids)
    for message in Message.objects.filter(ticket__in=numbers).exclude(author_kind="contact", author_id__in=ids):
        for name in ("body_text", "body_html", "visible_text"):
            setattr(message, name, subject.clean(getattr(message, name)))
        message.recipients = [row for row in message.recipients if row.get("contact_id") not in ids]
        message.save(update_fields=["body_text", "body_html", "visible_text", "recipients"])
    for ticket in Ticket.objects.filter(pk__in=numbers):
        ticket.people = [
            {**row, "name": subject.stand_in, "address": ""} if row["contact_id"] in ids else row
            for row in ticket.people
        ]
        ticket.subject, ticket.preview = subject.clean(ticket.subject), subject.clean(ticket.preview)
        ticket.last_author_name = subject.clean(ticket.last_author_name)
        ticket.save(update_fields=["people", "subject", "preview", "last_author_name"])
    Participant.objects.filter(ticket__in=numbers, contact__in=ids).update(address="")
    known = {*subject.addresses, *subject.names}

    def about_him(data: dict[str, Any]) -> bool:
        if ids & {data.get("contact_id"), data.get("was_id"), data.get("now_id")}:
            return True
        return any(value in known for value in data.values() if isinstance(value, str))

    _tell(numbers, only=about_him)
    return blobs
