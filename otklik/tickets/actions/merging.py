"""Taking one ticket into another, with a way back, and taking one message out into a ticket of its own.

Messages move and remember where they were said. The merged ticket is closed and points to the other; its number and
every mail of it lead there from then on.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from otklik.contacts.models import Contact
from otklik.contacts.queries import primary_address
from otklik.core.actor import Actor
from otklik.core.bulk import insert_rows
from otklik.core.clock import now
from otklik.core.errors import Conflict, Invalid, NotFound
from otklik.core.events import record
from otklik.core.moments import set_moment
from otklik.tickets import events, policies
from otklik.tickets.actions.base import allowed, end_snooze, hold, locked, not_shelved, off_shelf, put_status, touch
from otklik.tickets.actions.drafting import note_mode, side_mode
from otklik.tickets.actions.following import add_followers
from otklik.tickets.actions.linking import add_related
from otklik.tickets.actions.merged_drafts import give_drafts_back, take_drafts_over
from otklik.tickets.actions.people import add_people
from otklik.tickets.actions.receiving import Incoming, new_ticket_row
from otklik.tickets.actions.references import add_references
from otklik.tickets.actions.sending import note_due
from otklik.tickets.actions.side_answers import move_sides, sides_about, sides_of
from otklik.tickets.actions.snoozing import WAKE
from otklik.tickets.actions.status import apply_status, plan_closing, status_event
from otklik.tickets.actions.sums import newest_of, time_of
from otklik.tickets.models import (
    Attachment,
    Category,
    Follower,
    ForeignReference,
    Merge,
    Message,
    MessageKind,
    Participant,
    ScheduledReply,
    SideConversation,
    Status,
    Step,
    Ticket,
)
from otklik.tickets.queries.directories import status_by_key

UNDO_FOR: Final = timedelta(days=1)
_LAST: Final = ("activity_at", "last_message_at", "last_author_kind", "last_author_name", "preview", "awaits_us")
_TIMES: Final = frozenset({"activity_at", "last_message_at"})


def merge(ticket: Ticket, *, into: Ticket, by: Actor) -> tuple[Merge, Step | None]:
    """Take ``ticket`` into another: messages, people, followers, numbers, drafts go over, it closes and points there.

    Records ``ticket.merged`` on the one and ``ticket.absorbed`` on the other. A second time changes nothing. Raises
    ``Invalid`` (field ``into``) for itself, a closed or a merged ticket, ``Shelved`` for one in the bin or in spam.
    Returns the step that can be undone.
    """
    for one in (ticket, into):
        allowed(policies.can_edit, one, by)
    allowed(policies.can_change_status, ticket, by)
    if ticket.pk == into.pk:
        raise Invalid(_("A ticket cannot be merged into itself."), field="into")
    with transaction.atomic():
        source, target = _both(ticket.pk, into.pk)
        if source.merged_into_id == target.pk:
            return Merge.objects.get(source=source, undone_at__isnull=True), None
        if source.merged_into_id is not None:
            raise Invalid(_("This ticket is merged into another one already."), field="into")
        not_shelved(source, target)
        if target.merged_into_id is not None or target.category == Category.CLOSED:
            raise Invalid(_("A closed ticket cannot take another one in."), field="into")
        row = _merge(source, target, by=by)
        step = None
        if by.id is not None and by.kind == "user":
            at = now()
            step = Step.objects.create(
                kind="merge", user_id=by.id, data={"merge": row.pk}, made_at=at, until=at + UNDO_FOR
            )
    ticket.refresh_from_db()
    into.refresh_from_db()
    return row, step


def _both(first: int, second: int) -> tuple[Ticket, Ticket]:
    hold([first, second])
    rows = Ticket.objects.select_related("status", "team", "assignee", "channel", "requester").in_bulk([first, second])
    if len(rows) < 2:
        raise NotFound
    return rows[first], rows[second]


def _merge(source: Ticket, target: Ticket, *, by: Actor) -> Merge:
    said = Message.objects.filter(ticket=source, side__isnull=True)
    moved = list(said.order_by("pk").values_list("pk", flat=True))
    sides = sides_of(source)
    waiting = list(ScheduledReply.objects.filter(ticket=source).values_list("pk", flat=True))
    newest = Message.objects.filter(ticket__in=(source, target)).aggregate(newest=Max("pk"))["newest"]
    data: dict[str, Any] = {
        "messages": moved,
        "newest": newest or 0,  # what has a larger id was said after it
        "waiting": waiting,
        "sides": sides,
        "source": {
            "status": source.status_id,
            "snoozed_until": _plain(source, "snoozed_until"),
            **{name: _plain(source, name) for name in _LAST},
        },
        "target": {name: _plain(target, name) for name in _LAST},
        **_take_over(source, target, by=by),
        **take_drafts_over(source, target),
    }
    _move(moved, source, target)
    ScheduledReply.objects.filter(pk__in=waiting).update(ticket=target)
    was_open = source.is_open
    _close(source, target, by=by)
    _grow(target, source, len(moved), was_open=was_open, by=by)
    move_sides(sides, source, target)
    if source.spent_seconds:
        _count_time(source, target)
    data["after"] = {name: _plain(target, name) for name in _LAST}
    if waiting:
        note_due(source)
        note_due(target)
    record(events.TicketMerged(subject_id=source.pk, team_id=source.team_id, into=target.pk), by=by)
    record(
        events.TicketAbsorbed(subject_id=target.pk, team_id=target.team_id, number=source.pk, messages=len(moved)),
        by=by,
    )
    return Merge.objects.create(source=source, target=target, data=data, made_at=now())


def _take_over(source: Ticket, target: Ticket, *, by: Actor) -> dict[str, Any]:
    """Bring people, followers and references of the source to the target; return what is new there."""
    people: list[tuple[Contact, str]] = []
    if source.requester_id != target.requester_id:
        requester = Contact.objects.prefetch_related("addresses").get(pk=source.requester_id)
        if address := primary_address(requester):
            people.append((requester, address))
    contacts = Contact.objects.in_bulk([person["contact_id"] for person in source.people])
    people += [(contacts[p["contact_id"]], p["address"]) for p in source.people if p["contact_id"] in contacts]
    before = {person["contact_id"] for person in target.people}
    if people:
        add_people([(target, people)], by=by)
    followed = {row["id"] for row in target.followers_shown or []}
    watching = Follower.objects.filter(ticket=source).select_related("user")
    if source.followers_shown:
        add_followers(target, [row.user for row in watching], by=by)
    held = set(ForeignReference.objects.filter(ticket=target).values_list("pk", flat=True))
    numbers = [(row.system, row.number, row.url or None) for row in ForeignReference.objects.filter(ticket=source)]
    if numbers:
        add_references([(target, numbers)], by=by)
    fresh = ForeignReference.objects.filter(ticket=target).exclude(pk__in=held).values_list("pk", flat=True)
    return {
        "people": [p["contact_id"] for p in target.people if p["contact_id"] not in before],
        "followers": [row["id"] for row in target.followers_shown or [] if row["id"] not in followed],
        "references": list(fresh) if numbers else [],
    }


def _move(message_ids: list[int], source: Ticket, target: Ticket) -> None:
    rows = Message.objects.filter(pk__in=message_ids)
    rows.filter(origin_number__isnull=True).update(origin_number=source.pk)
    rows.update(ticket=target)
    Attachment.objects.filter(message_id__in=message_ids).update(ticket=target)


def _close(source: Ticket, target: Ticket, *, by: Actor) -> None:
    before = source.status
    closed = status_by_key("closed")
    fields = put_status(source, closed) + end_snooze(source)
    source.merged_into, source.awaits_us, source.message_count, source.woke_at = target, False, 0, None
    touch(source, *fields, "merged_into", "awaits_us", "message_count", "woke_at")
    plan_closing(source, was=before.category)
    if before.pk != closed.pk:
        record(status_event(source, before, closed, automatic=True), by=by)


def _grow(target: Ticket, source: Ticket, count: int, *, was_open: bool, by: Actor) -> None:
    fields = ["message_count"]
    target.message_count += count
    if source.last_message_at > target.last_message_at:
        for name in ("activity_at", "last_message_at", "last_author_kind", "last_author_name", "preview"):
            setattr(target, name, getattr(source, name))
        target.awaits_us = target.last_author_kind == "contact"
        fields += _LAST
    touch(target, *fields)
    if was_open and not target.is_open:
        apply_status(target, status_by_key("open"), by=by, automatic=True)


def _count_time(*tickets: Ticket) -> None:
    for ticket in tickets:
        touch(ticket, *time_of(ticket), versioned=False)


def _plain(ticket: Ticket, name: str) -> Any:
    value = getattr(ticket, name)
    return value.isoformat() if isinstance(value, datetime) else value


def undo_merge(row: Merge, *, by: Actor) -> bool:
    """Part two tickets again: what went over goes back, what was said since stays. False when that was done already.

    Records ``ticket.merge_undone`` on both. Raises ``Conflict`` when the other ticket was merged on meanwhile,
    ``Shelved`` when it lies in the bin or in spam.
    """
    for one in (row.source, row.target):
        allowed(policies.can_edit, one, by)
    with transaction.atomic():
        source, target = _both(row.source_id, row.target_id)
        if not Merge.objects.filter(pk=row.pk, undone_at__isnull=True).update(undone_at=now()):
            return False
        if target.merged_into_id is not None:
            raise Conflict(_("The other ticket was merged on: undo that first."))
        not_shelved(target)
        back = list(Message.objects.filter(pk__in=row.data["messages"], ticket=target).values_list("pk", flat=True))
        _move_back(back, source)
        _restore_target(target, row.data, len(back), by=by)
        _restore_source(source, row.data, len(back), by=by)
        own = SideConversation.objects.filter(pk__in=row.data.get("sides", []), ticket=target)
        modes = [*(side_mode(side) for side in own), *(note_mode(note) for note in Message.objects.filter(pk__in=back))]
        move_sides(list(own.values_list("pk", flat=True)), target, source, back=True)
        give_drafts_back(source, target, row.data, modes=modes)
        if target.spent_seconds:
            _count_time(source, target)
        waiting = ScheduledReply.objects.filter(pk__in=row.data["waiting"], ticket=target)
        if waiting.update(ticket=source):
            note_due(source)
            note_due(target)
        for one, other in ((source, target), (target, source)):
            record(events.MergeUndone(subject_id=one.pk, team_id=one.team_id, number=other.pk), by=by)
    return True


def _move_back(message_ids: list[int], source: Ticket) -> None:
    rows = Message.objects.filter(pk__in=message_ids)
    rows.filter(origin_number=source.pk).update(origin_number=None)
    rows.update(ticket=source)
    Attachment.objects.filter(message_id__in=message_ids).update(ticket=source)


def _restore_target(target: Ticket, data: dict[str, Any], count: int, *, by: Actor) -> None:
    fields = ["message_count"]
    target.message_count -= count
    if all(_plain(target, name) == data["after"][name] for name in _LAST):
        fields += _set_last(target, data["target"])
    if gone := set(data["people"]):
        Participant.objects.filter(ticket=target, contact_id__in=gone).delete()
        target.people = [person for person in target.people if person["contact_id"] not in gone]
        fields.append("people")
    if data["followers"]:
        Follower.objects.filter(ticket=target, user_id__in=data["followers"]).delete()
        left = [row for row in target.followers_shown or [] if row["id"] not in data["followers"]]
        target.followers_shown = left or None
        fields.append("followers_shown")
    ForeignReference.objects.filter(ticket=target, pk__in=data["references"]).delete()
    touch(target, *fields)


def _restore_source(source: Ticket, data: dict[str, Any], count: int, *, by: Actor) -> None:
    held = data["source"]
    source.merged_into, source.message_count = None, count
    fields = [*_set_last(source, held), "merged_into", "message_count", *off_shelf(source)]
    touch(source, *fields)
    before = Status.objects.filter(pk=held["status"]).first()
    if before is not None:
        apply_status(source, before, by=by, automatic=True)
    if (until := held.get("snoozed_until")) and source.is_open:
        source.snoozed_until = datetime.fromisoformat(until)
        touch(source, "snoozed_until")
        set_moment(WAKE, events.SUBJECT_TICKET, source.pk, source.snoozed_until)  # one that is past wakes it at once


def _set_last(ticket: Ticket, held: dict[str, Any]) -> list[str]:
    for name in _LAST:
        setattr(ticket, name, datetime.fromisoformat(held[name]) if name in _TIMES else held[name])
    return list(_LAST)


def split_message(message: Message, *, subject: str = "", by: Actor) -> Ticket:
    """Take a customer's message out into a new ticket of its author, related to the old one; return it. A side
    conversation that was about this message alone goes along.

    Records ``ticket.opened`` there and ``ticket.split`` here. Raises ``Invalid`` for a message that is not the
    customer's, or the only one, ``Shelved`` for a ticket in the bin or in spam.
    """
    ticket = message.ticket
    allowed(policies.can_edit, ticket, by)
    if message.kind != MessageKind.INCOMING:
        raise Invalid(_("Only a message of the customer can become a ticket of its own."), field="message")
    with transaction.atomic():
        current = locked(ticket)
        fresh_message = Message.objects.filter(pk=message.pk, ticket=current).first()
        if fresh_message is None:
            raise Conflict(_("The message is on another ticket already."))
        if not Message.objects.filter(ticket=current, side__isnull=True).exclude(pk=message.pk).exists():
            raise Invalid(_("The only message of a ticket cannot be taken out."), field="message")
        fresh = _ticket_for(fresh_message, current, subject)
        _move([message.pk], current, fresh)
        move_sides(sides_about(current, message.pk), current, fresh)
        touch(current, "message_count", *newest_of(current))
        opened = events.TicketOpened(
            subject_id=fresh.pk, team_id=fresh.team_id, channel=current.channel.name, channel_kind=current.channel.kind,
            split_from=current.pk,
        )  # fmt: skip
        record(opened, by=by)
        record(events.TicketSplit(subject_id=current.pk, team_id=current.team_id, number=fresh.pk), by=by)
        add_related(fresh, current, by=by)
    return fresh


def _ticket_for(message: Message, ticket: Ticket, subject: str) -> Ticket:
    author = Contact.objects.filter(pk=message.author_id or 0).select_related("organization", "merged_into").first()
    author = author.merged_into or author if author is not None else None
    item = Incoming(
        author=author or ticket.requester, channel=ticket.channel, at=message.created_at,
        visible_text=message.visible_text, subject=subject or ticket.subject, language=ticket.language,
        priority=ticket.priority,
    )  # fmt: skip
    fresh = new_ticket_row(item, status_by_key("new"))
    fresh.team_id = ticket.team_id
    insert_rows([fresh])
    Ticket.objects.filter(pk=ticket.pk).update(message_count=F("message_count") - 1)
    ticket.message_count -= 1
    return fresh
