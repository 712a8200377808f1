"""Notification mail: what is due leaves as frozen mails, one for a ticket or one for all, and can be answered.

Runs inside the transaction in which the moment of a person ends, so each notification is mailed exactly once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q
from django.utils import timezone, translation

from otklik.accounts.events import SUBJECT_USER
from otklik.accounts.models import User
from otklik.accounts.queries import team_ids_of
from otklik.channels.email.outbound import Draft, OutgoingKind, Sender, answer_address, enqueue, sender_of
from otklik.core.clock import now
from otklik.core.moments import set_moments
from otklik.core.settings_store import get
from otklik.core.text import short_token
from otklik.notifications import letters
from otklik.notifications.actions.boxes import MAIL_MOMENT
from otklik.notifications.actions.making import hold_boxes
from otklik.notifications.app_settings import MAIL_MOST, MAIL_TEXTS
from otklik.notifications.models import DROPPED, SENT, WAITING, AnswerDoor, Box, Notification
from otklik.notifications.queries import SHOWN, wishes_of
from otklik.notifications.rules import Person, person_of
from otklik.tickets.models import Message, MessageKind, Ticket
from otklik.tickets.queries import default_channel, messages_visible_to, visible_numbers

HOUR: Final = timedelta(hours=1)
SINGLE: Final = 3
"""More tickets than this at once make one mail for all: after a quiet night nobody wants thirty."""
MOST: Final = 300
_NOTES: Final = frozenset({"mention", "note_mine", "said_followed", "side_mine"})  # answers to these stay with us
_CUSTOMER: Final = frozenset({"new", "assigned", "message_mine", "message_followed", "message_teams"})


@dataclass(slots=True)
class _Post:
    """A person whose mail is due."""

    user: User
    person: Person
    box: Box
    at: datetime


def mail_due(user_ids: Sequence[int]) -> int:
    """Mail what waits for these people and is due; return how many mails were frozen.

    What was read meanwhile, or may not be seen any more, is dropped. In quiet hours everything waits until they end.
    """
    at, made = now(), 0
    boxes = hold_boxes(sorted(user_ids))
    for user in User.objects.select_related("custom_role").filter(pk__in=user_ids).order_by("pk"):
        box = boxes[user.pk]
        box.mail_at = None
        if user.is_active:
            made += _mail(_Post(user, person_of(user, team_ids_of(user), wishes_of(user.pk)), box, at))
        else:
            Notification.objects.filter(user=user, mail=WAITING).update(mail=DROPPED)
        box.save(update_fields=["mail_at", "hour_at", "hour_mails"])
    return made


def _mail(post: _Post) -> int:
    due = post.person.rules.leaves_at(post.at, post.person.zone)
    if due > post.at:
        _wait(post, due)
        return 0
    groups = _groups(post)
    if not groups:
        return 0
    if post.box.hour_at is None or post.at - post.box.hour_at >= HOUR:
        post.box.hour_at, post.box.hour_mails = post.at, 0
    left = int(get(MAIL_MOST)) - post.box.hour_mails
    if left <= 0:
        _wait(post, post.box.hour_at + HOUR)
        return 0
    sender = sender_for(groups[0][0].ticket)
    with translation.override(post.user.language), timezone.override(post.person.zone):
        together = len(groups) > min(SINGLE, left) or bool(post.person.rules.digest and len(groups) > 1)
        drafts = [_digest(post, groups, sender)] if together else [_single(post, rows, sender) for rows in groups]
    enqueue(drafts, at=post.at)
    post.box.hour_mails += len(drafts)
    Notification.objects.filter(pk__in=[row.pk for rows in groups for row in rows]).update(mail=SENT)
    return len(drafts)


def _wait(post: _Post, until: datetime) -> None:
    post.box.mail_at = until
    set_moments([(MAIL_MOMENT, SUBJECT_USER, post.user.pk, until, None)])


def _groups(post: _Post) -> list[list[Notification]]:
    """Return what is to be mailed, by ticket; what was read or may not be seen is dropped."""
    waiting = Notification.objects.filter(user=post.user, mail=WAITING)
    waiting.filter(Q(read_at__isnull=False) | ~SHOWN).update(mail=DROPPED)
    rows = list(waiting.select_related("ticket__channel", "ticket__status", "in_place_of").order_by("id")[:MOST])
    seen = visible_numbers({post.person.actor}, {row.ticket_id for row in rows})[post.person.actor]
    if hidden := [row.pk for row in rows if row.ticket_id not in seen]:
        Notification.objects.filter(pk__in=hidden).update(mail=DROPPED)
    groups: dict[int, list[Notification]] = {}
    for row in rows:
        if row.ticket_id in seen:
            groups.setdefault(row.ticket_id, []).append(row)
    return list(groups.values())


def sender_for(ticket: Ticket) -> Sender:
    """Return the mailbox from which mail about a ticket leaves."""
    channel = ticket.channel
    return sender_of(channel if channel.kind == "email" and channel.address else default_channel("email"), None)


def newest_on(ticket: Ticket) -> int:
    """Return the newest message of a ticket, 0 when there is none: a mail about it shows what was said by then."""
    said = Message.objects.filter(ticket=ticket, side__isnull=True)
    return said.order_by("-pk").values_list("pk", flat=True).first() or 0


def _single(post: _Post, rows: Sequence[Notification], sender: Sender) -> Draft:
    ticket = rows[0].ticket
    whys = {row.why for row in rows}
    as_note = not (whys & _CUSTOMER) or bool(whys & _NOTES)
    door = AnswerDoor.objects.create(
        user=post.user, ticket=ticket, as_note=as_note, made_at=post.at, newest_id=newest_on(ticket)
    )
    letter = letters.single(ticket, rows, _texts(post, rows), as_note=as_note)
    return draft_to(
        post.user, sender, letter, reply_to=answer_address(door.pk, sender.address), root=root_of(post.user, ticket)
    )


def _digest(post: _Post, groups: Sequence[Sequence[Notification]], sender: Sender) -> Draft:
    return draft_to(post.user, sender, letters.digest(groups))


def root_of(user: User, ticket: Ticket) -> str:
    """Return the name under which mail programs gather the notifications of one ticket."""
    return f"n-{ticket.pk}-{user.pk}"


def _texts(post: _Post, rows: Sequence[Notification]) -> dict[int, str]:
    """Return the texts of the messages that the lines speak of, as far as the reader may see them."""
    if not get(MAIL_TEXTS):
        return {}
    visible = messages_visible_to(post.person.actor)
    for row in rows:
        if row.message_id is None and row.why in {"new", "assigned"}:  # what it is about is what was said last
            said = visible.filter(ticket_id=row.ticket_id, kind=MessageKind.INCOMING).order_by("-id")
            row.message_id = said.values_list("pk", flat=True).first()
    wanted = [row.message_id for row in rows if row.message_id]
    shown = visible.filter(pk__in=wanted, removed_at__isnull=True)
    return {pk: seen or whole for pk, seen, whole in shown.values_list("pk", "visible_text", "body_text")}


def draft_to(user: User, sender: Sender, letter: letters.Letter, *, reply_to: str = "", root: str = "") -> Draft:
    """Return a notification mail to a person, to be frozen; ``root`` gathers those of one ticket."""
    thread = f"<{root}@{sender.host}>" if root else ""
    return Draft(
        kind=OutgoingKind.NOTICE,
        message_id=f"<n-{short_token()}@{sender.host}>",
        from_name=sender.name,
        from_address=sender.address,
        envelope_from="",  # nobody is to be told that a notification came back
        reply_to=reply_to,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        to=[(user.name, user.email)],
        in_reply_to=thread,
        references=[thread] if thread else [],
        headers=[("Auto-Submitted", "auto-generated")],
        is_automatic=True,
        channel_id=sender.channel_id,
    )
