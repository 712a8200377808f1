"""The bin and the spam folder: tickets put aside whole, with a way back for 30 days, and what spam teaches."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from otklik.accounts import policies as rights
from otklik.contacts.actions import change_contact
from otklik.contacts.domains import company_domain
from otklik.contacts.models import Contact
from otklik.contacts.queries import contacts_by_address, primary_address
from otklik.core.actor import Actor
from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.core.errors import Conflict, Invalid, NotFound
from otklik.core.events import record, scrub_subject
from otklik.tickets import events, policies
from otklik.tickets.actions.base import allowed, copy_state, end_snooze, hold, locked, off_shelf, put_status, touch
from otklik.tickets.actions.linking import recount
from otklik.tickets.actions.meeting import look_for_clash
from otklik.tickets.actions.sending import hold_back_waiting
from otklik.tickets.actions.status import plan_closing
from otklik.tickets.models import (
    Category,
    Message,
    MessageKind,
    ScheduledReply,
    SpamDomain,
    Status,
    Step,
    Ticket,
    TicketLink,
)
from otklik.tickets.queries.directories import status_by_key

BIN: Final = "bin"
SPAM: Final = "spam"
KEPT_FOR: Final = timedelta(days=30)
_UNDO_FOR: Final = timedelta(hours=1)
_SLICE: Final = 50


def put_in_bin(ticket: Ticket, *, seen: Mapping[str, Any] | None = None, by: Actor) -> bool:
    """Put a ticket into the bin: it leaves every list, is purged after 30 days, and can be restored until then.

    Answers that wait on it are their authors' drafts again. ``seen`` holds where it lay as the author saw it, as
    ``shelf``. Records ``ticket.binned``, and ``reply.not_sent`` for each of those. False when it lies there
    already. Raises ``Clash`` when ``seen`` is old.
    """
    return _shelve(ticket, BIN, seen=seen, by=by)


def bin_unsent(ticket: Ticket, *, by: Actor) -> bool:
    """Put a ticket away whose only letter its author took back before it left. Records ``ticket.binned``."""
    return _put(ticket, BIN, by=by)


def mark_spam(ticket: Ticket, *, learn: str = "", seen: Mapping[str, Any] | None = None, by: Actor) -> Step | None:
    """Put a ticket into the spam folder and, with ``learn`` "address" or "domain", take no more mail from there.

    ``seen`` is as in ``put_in_bin``. Records ``ticket.marked_spam``. Returns the step that undoes both, none when the
    ticket lies there already. Raises ``Invalid`` (field ``learn``) where there is nothing to learn from: a ticket that
    we answered, a public mail domain; ``Clash`` when ``seen`` is old.
    """
    if learn not in {"", "address", "domain"}:
        raise Invalid(_("Choose what to learn."), field="learn")
    allowed(policies.can_edit, ticket, by)
    with transaction.atomic():
        data: dict[str, object] = {"ticket": ticket.pk}
        moved = _shelve(
            ticket, SPAM, seen=seen, by=by
        )  # first: who restores it locks the ticket before the person, too
        if learn:
            data |= _learn(ticket, learn, by=by)
        if not moved or by.id is None or by.kind != "user":
            return None
        at = now()
        return Step.objects.create(kind="spam", user_id=by.id, data=data, made_at=at, until=at + _UNDO_FOR)


def _learn(ticket: Ticket, learn: str, *, by: Actor) -> dict[str, object]:
    if Message.objects.filter(ticket=ticket, kind=MessageKind.REPLY).exists():
        raise Invalid(_("We have answered this person: mail from there stays welcome."), field="learn")
    person = Contact.objects.prefetch_related("addresses").get(pk=ticket.requester_id)
    if learn == "address":
        if person.is_blocked:
            return {}
        change_contact(person, is_blocked=True, by=by)
        address = primary_address(person) or ""
        return {"contact": person.pk} | (_remember(address, ticket, by=by) if address else {})
    domain = company_domain(primary_address(person) or "")
    if not domain:
        raise Invalid(_("Many people share this mail domain: block the address instead."), field="learn")
    return _remember(domain, ticket, by=by)


def _remember(sender: str, ticket: Ticket, *, by: Actor) -> dict[str, object]:
    facts = {"added_at": now(), "number": ticket.pk, "added_by": by.name[:200]}
    _row, made = SpamDomain.objects.get_or_create(domain=sender, defaults=facts)
    forget("spam domains")
    return {"domain": sender} if made else {}


def undo_spam(step: Step, *, by: Actor) -> Ticket:
    """Take a ticket out of spam again, and forget what it taught; one that was taken out meanwhile stays as it is."""
    ticket = Ticket.objects.filter(pk=step.data["ticket"]).first()
    if ticket is None:
        raise NotFound
    with transaction.atomic():
        if restore(ticket, by=by) and (contact := Contact.objects.filter(pk=step.data.get("contact") or 0).first()):
            _welcome(contact, by=by)
    return ticket


def _forget_lesson(ticket: Ticket, *, by: Actor) -> None:
    """Take mail again from what a ticket taught to keep out; what others taught, or was entered by hand, stays.

    An address stays on the list where its person cannot be let in again, for want of the right to change people.
    """
    lessons = SpamDomain.objects.filter(number=ticket.pk)
    if not rights.can(by, "contacts.edit"):
        lessons = lessons.exclude(domain__contains="@")
    senders = list(lessons.values_list("domain", flat=True))
    if not senders:
        return
    lessons.delete()
    _forget_senders()
    transaction.on_commit(_forget_senders)  # once more: till then others read, and keep, what was
    addresses = [sender for sender in senders if "@" in sender]
    for person in contacts_by_address(addresses).values():
        _welcome(person, by=by)


def _welcome(person: Contact, *, by: Actor) -> None:
    if person.is_blocked and person.erased_at is None and rights.can(by, "contacts.edit"):
        change_contact(person, is_blocked=False, by=by)


def _forget_senders() -> None:
    forget("spam domains")


def _shelve(ticket: Ticket, shelf: str, *, seen: Mapping[str, Any] | None, by: Actor) -> bool:
    allowed(policies.can_edit, ticket, by)
    return _put(ticket, shelf, seen=seen, by=by)


def _put(ticket: Ticket, shelf: str, *, seen: Mapping[str, Any] | None = None, by: Actor) -> bool:
    with transaction.atomic():
        current = locked(ticket, shelved=True)
        look_for_clash(current, seen, {"shelf": shelf})
        if current.shelf == shelf:
            return False
        if current.merged_into_id is not None:
            raise Conflict(_("This ticket is merged into another one already."))
        before = current.status
        fields: list[str] = []
        if current.shelf is None:
            current.shelved_status = before.pk
            fields = put_status(current, status_by_key("closed")) + end_snooze(current)
        current.shelf, current.shelved_at, current.woke_at = shelf, now(), None
        touch(current, *fields, "shelf", "shelved_at", "shelved_status", "woke_at")
        hold_back_waiting(current)
        plan_closing(current, was=before.category)
        kind = events.TicketBinned if shelf == BIN else events.TicketMarkedSpam
        record(kind(subject_id=current.pk, team_id=current.team_id), by=by)
    copy_state(current, ticket)
    return True


def restore(ticket: Ticket, *, only: str = "", seen: Mapping[str, Any] | None = None, by: Actor) -> bool:
    """Take a ticket out of the bin or the spam folder (or of ``only`` one), in the status it had.

    What it taught as spam is forgotten: mail from there is taken in again. ``seen`` is as in ``put_in_bin``. Records
    ``ticket.restored``. False when it does not lie there.
    """
    allowed(policies.can_edit, ticket, by)
    with transaction.atomic():
        current = locked(ticket, shelved=True)
        look_for_clash(current, seen, {"shelf": None})
        if current.shelf is None or (only and current.shelf != only):
            return False
        if current.merged_into_id is not None:
            raise Conflict(_("This ticket is merged into another one already."))
        status = Status.objects.filter(pk=current.shelved_status or 0).first() or status_by_key("open")
        fields = put_status(current, status)
        touch(current, *fields, *off_shelf(current))
        plan_closing(current, was="closed")
        _forget_lesson(current, by=by)
        record(events.TicketRestored(subject_id=current.pk, team_id=current.team_id), by=by)
    copy_state(current, ticket)
    return True


def purge(*, by: Actor) -> int:
    """Delete for ever what has lain closed in the bin or in spam for 30 days, in slices; return how many tickets went.

    What came out of there meanwhile stays. Records ``ticket.purged``, the last that is known of each.
    """
    gone = 0
    while True:
        old = Ticket.objects.filter(
            shelf__isnull=False, shelved_at__lt=now() - KEPT_FOR, category=Category.CLOSED, merged_into__isnull=True
        )
        numbers = list(old.order_by("pk").values_list("pk", flat=True)[:_SLICE])
        if not numbers:
            return gone
        with transaction.atomic():
            hold(numbers)
            for ticket in old.filter(pk__in=numbers).order_by("pk"):
                _purge(ticket, by=by)
                gone += 1


def _purge(ticket: Ticket, *, by: Actor) -> None:
    ends = TicketLink.objects.filter(Q(ticket=ticket) | Q(other=ticket)).values_list("ticket_id", "other_id")
    neighbours = {number for pair in ends for number in pair} - {ticket.pk}
    scrub_subject(events.SUBJECT_TICKET, ticket.pk)
    record(events.TicketPurged(subject_id=ticket.pk, team_id=ticket.team_id), by=by)
    ScheduledReply.objects.filter(ticket=ticket).delete()
    ticket.delete()
    if neighbours:
        recount(neighbours)
