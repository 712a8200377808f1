"""Answers with a way back: a few seconds in which one can be taken back, and answers that wait for their time."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.accounts.models import User
from otklik.accounts.queries import actor_for
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict, DomainError, Invalid
from otklik.core.events import record
from otklik.core.moments import clear_moment, set_moment
from otklik.core.settings_store import get as setting
from otklik.tickets import events, policies
from otklik.tickets.actions.base import allowed, copy_state, locked, touch
from otklik.tickets.actions.drafting import bring_back, forget_draft
from otklik.tickets.actions.meeting import look_for_unseen
from otklik.tickets.actions.replying import clean_body, clean_time, not_empty, reply
from otklik.tickets.actions.snoozing import WAKE
from otklik.tickets.actions.status import apply_status
from otklik.tickets.actions.sums import newest_of
from otklik.tickets.actions.taking_back import free_files, take_back
from otklik.tickets.app_settings import HOLD_OVERTAKEN, UNDO_SEND_SECONDS
from otklik.tickets.models import Channel, Message, MessageKind, ScheduledReply, Status, Step, Ticket
from otklik.tickets.queries.directories import chosen_status, offered_statuses

SEND: Final = "reply.send"
SUBJECT_SCHEDULED: Final = 21
LONGEST: Final = timedelta(days=366)
MOST_WAITING: Final = 20
_MOVED: Final = (
    "activity_at", "last_message_at", "last_author_kind", "last_author_name", "preview", "awaits_us", "woke_at",
    "snoozed_until",
)  # fmt: skip
_TIMES: Final = frozenset({"activity_at", "last_message_at", "woke_at", "snoozed_until"})


def undo_window() -> timedelta:
    """Return for how long an answer of the desk is held so that it can be taken back; nothing when switched off."""
    return timedelta(seconds=setting(UNDO_SEND_SECONDS))


def send_reply(
    ticket: Ticket, *, ends_draft: bool = True, chosen: Mapping[str, Any] | None = None, by: Actor, **words: Any
) -> tuple[Message, Step | None]:
    """Answer as ``reply`` does, end the author's draft, and hold the mails for the setting's seconds.

    A program writes no drafts: with ``ends_draft=False`` the one of its owner stays. ``chosen`` is where it goes, as
    the draft holds it: taken back, it has that again. Returns the message and the step that ``undo_reply`` takes; no
    step when holding is switched off.
    """
    window = undo_window()
    with transaction.atomic():
        before = locked(ticket)
        at = now()
        message = reply(ticket, not_before=at + window if window else None, by=by, **words)
        if ends_draft:
            forget_draft(ticket, mode="reply", by=by)
        if not window or by.id is None:
            return message, None
        data = {
            "ticket": ticket.pk,
            "message": message.pk,
            "chosen": dict(chosen or {}),
            "status": [before.status_id, ticket.status_id],
            "fields": {name: [_plain(before, name), _plain(ticket, name)] for name in _MOVED},
        }
        step = Step.objects.create(kind="reply", user_id=by.id, data=data, made_at=at, until=at + window)
    return message, step


def _plain(ticket: Ticket, name: str) -> Any:
    value = getattr(ticket, name)
    return value.isoformat() if isinstance(value, datetime) else value


def undo_reply(step: Step, *, by: Actor) -> Ticket:
    """Take an answer back before it leaves: its mails, its message and what it changed on the ticket go; its text and
    files are a draft again. What others changed meanwhile stays.

    Records ``message.unsent``. Raises ``NotFound`` for somebody else's step, ``Conflict`` when it is too late. A
    second time changes nothing.
    """

    def undo(current: Ticket, message: Message, fresh: Step) -> None:
        _take_back(current, message, fresh)
        if current.pk == fresh.data["ticket"]:
            _restore(current, fresh.data, by=by)
        else:  # merged meanwhile: what the answer changed is on the other ticket, and was not changed here
            touch(current, "message_count", *newest_of(current), versioned=False)

    return take_back(step, undo, too_late=_("Too late: the reply is on its way."), by=by)


def _take_back(ticket: Ticket, message: Message, step: Step) -> None:
    files = free_files(message, step.user_id)
    bring_back(
        ticket, mode="reply", text=message.body_html, attachments=files, user_id=step.user_id,
        spent=message.spent_seconds, fields=step.data.get("chosen"),
    )  # fmt: skip
    if message.spent_seconds:
        ticket.spent_seconds = max(0, (ticket.spent_seconds or 0) - message.spent_seconds) or None
        ticket.save(update_fields=["spent_seconds"])
    message.delete()
    ticket.message_count -= 1


def _restore(ticket: Ticket, data: dict[str, Any], *, by: Actor) -> None:
    """Give back what the answer changed, field by field, where nobody changed it since."""
    fields = ["message_count"]
    for name, (before, after) in data["fields"].items():
        if before != after and _plain(ticket, name) == after:
            setattr(ticket, name, datetime.fromisoformat(before) if before and name in _TIMES else before)
            fields.append(name)
    if "snoozed_until" in fields and ticket.snoozed_until is not None:
        set_moment(WAKE, events.SUBJECT_TICKET, ticket.pk, ticket.snoozed_until)
    touch(ticket, *fields, versioned=False)
    was, became = data["status"]
    if was != became and ticket.status_id == became and (status := Status.objects.filter(pk=was).first()):
        apply_status(ticket, status, by=by)


def schedule_reply(
    ticket: Ticket,
    *,
    send_at: datetime,
    body_html: str = "",
    body_text: str = "",
    attachments: tuple[int, ...] | list[int] = (),
    to: list[str] | None = None,
    cc: list[str] | None = None,
    channel: Channel | None = None,
    status: str | None = None,
    seen: int | None = None,
    spent: int | None = None,
    ends_draft: bool = True,
    by: Actor,
) -> ScheduledReply:
    """Let an answer wait until ``send_at``; the draft it was written in ends. Records ``reply.scheduled``.

    It leaves from the mailbox ``channel`` if one was chosen; ``spent`` counts when it leaves. Raises ``Invalid`` naming
    the field: a moment that is past or over a year away, an empty text; ``Unseen`` when messages came after ``seen``.
    """
    html, text = clean_body(body_html, body_text)
    allowed(policies.can_reply, ticket, by)
    at = now()
    if not at < send_at <= at + LONGEST:
        raise Invalid(_("Choose a moment between now and a year from now."), field="send_at")
    if status:
        chosen_status(status, ticket.status_id)
    not_empty(text, html, attachments)
    seconds = clean_time(spent)
    with transaction.atomic():
        current = locked(ticket)
        look_for_unseen(current, seen, by=by)
        if ScheduledReply.objects.filter(ticket=current).count() >= MOST_WAITING:
            raise Invalid(_("Too many replies wait on this ticket already."), field="send_at")
        row = ScheduledReply.objects.create(
            ticket=current, user_id=by.id or 0, body_html=html, body_text=text, attachments=list(attachments), to=to,
            cc=cc, channel=channel, status=status or "", spent_seconds=seconds, send_at=send_at, created_at=at,
            newest_id=Message.objects.filter(ticket=current).order_by("-pk").values_list("pk", flat=True).first() or 0,
        )  # fmt: skip
        set_moment(SEND, SUBJECT_SCHEDULED, row.pk, send_at)
        note_due(current)
        if ends_draft:
            forget_draft(current, mode="reply", by=by)
        record(
            events.ReplyScheduled(subject_id=current.pk, team_id=current.team_id, send_at=send_at.isoformat()), by=by
        )
    copy_state(current, ticket)
    return row


def cancel_scheduled(row: ScheduledReply, *, by: Actor) -> bool:
    """Call an answer off before its time; its text is its author's draft again. Records ``reply.unscheduled``.

    Returns false when it is gone already: sent, or called off by somebody else.
    """
    allowed(policies.can_reply, row.ticket, by)
    with transaction.atomic():
        current = locked(row.ticket, shelved=True)
        if not _take(row, current):
            return False
        _draft_again(row, current)
        record(events.ReplyUnscheduled(subject_id=current.pk, team_id=current.team_id), by=by)
    return True


def send_scheduled_now(row: ScheduledReply, *, by: Actor) -> Message | None:
    """Send an answer that waits before its time, whatever came meanwhile; return it, nothing when it is gone already.

    Raises ``Conflict`` when it cannot be sent any more and has gone back into its author's draft.
    """
    allowed(policies.can_reply, row.ticket, by)
    was_there, message = _send(row.pk, looks=False)
    if was_there and message is None:
        raise Conflict(_("It cannot be sent any more. Its text is a draft of its author again."))
    return message


def send_scheduled(scheduled_id: int) -> bool:
    """Send an answer whose time has come, as its author. What cannot be sent any more goes back into his draft, and so
    does, as the setting wants it, what the customer overtook.

    Records ``message.sent``, or ``reply.not_sent`` with the draft kept. False when it is gone already.
    """
    return _send(scheduled_id, looks=bool(setting(HOLD_OVERTAKEN)))[0]


def _send(scheduled_id: int, *, looks: bool) -> tuple[bool, Message | None]:
    """Return whether the answer was still there, and what left: nothing when it went back into the draft."""
    message: Message | None = None
    with transaction.atomic():
        row = ScheduledReply.objects.select_related("ticket", "user", "channel").filter(pk=scheduled_id).first()
        if row is None:
            return False, None
        current = locked(row.ticket, shelved=True)
        if not _take(row, current):
            return False, None
        if looks and _overtaken(row, current):
            _hold_back(row, current, overtaken=True)
            return True, None
        try:
            with transaction.atomic():
                message = _say(row, current, actor_for(row.user))
        except DomainError:
            _hold_back(row, current)
    return True, message


def hold_back_waiting(ticket: Ticket) -> None:
    """Make drafts of all answers that wait on a locked ticket, and tell their authors; records ``reply.not_sent``."""
    if ticket.reply_due_at is None:
        return
    for row in ScheduledReply.objects.select_related("channel").filter(ticket=ticket).order_by("pk"):
        if _take(row, ticket):
            _hold_back(row, ticket)


def _hold_back(row: ScheduledReply, ticket: Ticket, *, overtaken: bool = False) -> None:
    """Make an answer that was taken its author's draft. By nobody: he is told like everybody else."""
    _draft_again(row, ticket)
    told = events.ReplyNotSent(subject_id=ticket.pk, team_id=ticket.team_id, user_id=row.user_id, overtaken=overtaken)
    record(told, by=Actor.system())


def _overtaken(row: ScheduledReply, ticket: Ticket) -> bool:
    """Tell whether the customer wrote after an answer was scheduled; machines and forgers say nothing."""
    said = Message.objects.filter(
        ticket=ticket, kind=MessageKind.INCOMING, side__isnull=True, is_automatic=False
    ).exclude(sender_checked=False)
    if row.newest_id is None:
        return said.filter(created_at__gt=row.created_at).exists()
    return said.filter(pk__gt=row.newest_id).exists()


def chosen_fields(to: Sequence[str] | None, channel: Channel | None, also: Sequence[int] = ()) -> dict[str, Any]:
    """Return where an answer goes as its draft holds it: only what differs from where answers usually go."""
    address = {"to": to[0]} if to else {}
    box = {"box": str(channel.pk), "name": channel.name} if channel is not None else {}
    return address | box | ({"also": [str(number) for number in also]} if also else {})


def _draft_again(row: ScheduledReply, ticket: Ticket) -> None:
    bring_back(
        ticket, mode="reply", text=row.body_html, attachments=row.attachments, user_id=row.user_id,
        spent=row.spent_seconds, fields=chosen_fields(row.to, row.channel),
    )  # fmt: skip


def _say(row: ScheduledReply, ticket: Ticket, author: Actor) -> Message:
    user: User = row.user
    if not user.is_active:
        raise Invalid
    chosen = row.channel if row.channel is not None and row.channel.enabled else None  # else the usual mailbox
    offered = {status.key for status in offered_statuses(ticket.status_id)}
    return reply(
        ticket, body_html=row.body_html, body_text=row.body_text, attachments=row.attachments, to=row.to, cc=row.cc,
        channel=chosen, status=row.status if row.status in offered else None, spent=row.spent_seconds, by=author,
    )  # fmt: skip


def _take(row: ScheduledReply, ticket: Ticket) -> bool:
    """Remove the row of a locked ticket; whoever comes second finds nothing."""
    if not ScheduledReply.objects.filter(pk=row.pk).delete()[0]:
        return False
    clear_moment(SEND, SUBJECT_SCHEDULED, row.pk)
    note_due(ticket)
    return True


def note_due(ticket: Ticket) -> None:
    """Keep on the ticket when the next answer leaves, so that a card without one asks nothing."""
    rows = ScheduledReply.objects.filter(ticket=ticket)
    ticket.reply_due_at = rows.order_by("send_at").values_list("send_at", flat=True).first()
    touch(ticket, "reply_due_at", versioned=False)
