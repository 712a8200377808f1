"""Colleagues who watch a ticket, and those whom a note calls by name."""

import re
from collections.abc import Collection, Sequence
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.accounts.models import User
from otklik.accounts.queries import colleagues
from otklik.core.actor import Actor
from otklik.core.errors import Invalid
from otklik.core.events import record
from otklik.tickets import events, policies
from otklik.tickets.actions.base import allowed, copy_state, locked, touch
from otklik.tickets.models import Follower, Message, Ticket

MOST: Final = 50


def follow(ticket: Ticket, *, users: Sequence[User], by: Actor) -> bool:
    """Let colleagues watch the ticket, oneself or others; they see it from now on. False when all do already.

    Records ``ticket.followed``. Raises ``Invalid`` (field ``followers``) for somebody who is blocked or only observes.
    """
    allowed(policies.can_follow, ticket, by)
    _check(users)
    with transaction.atomic():
        current = locked(ticket)
        added = add_followers(current, users, by=by)
    copy_state(current, ticket)
    return added


def unfollow(ticket: Ticket, *, user_id: int, by: Actor) -> bool:
    """End somebody's watching; a second time changes nothing. Records ``ticket.unfollowed``."""
    allowed(policies.can_follow, ticket, by)
    with transaction.atomic():
        current = locked(ticket)
        removed = _remove(current, [user_id], by=by)
    copy_state(current, ticket)
    return removed


def set_followers(ticket: Ticket, *, users: Sequence[User], by: Actor) -> bool:
    """Make these the ticket's followers; false when nothing changes."""
    allowed(policies.can_follow, ticket, by)
    _check(users)
    with transaction.atomic():
        current = locked(ticket)
        wanted = {user.pk for user in users}
        gone = [row["id"] for row in current.followers_shown or [] if row["id"] not in wanted]
        removed = _remove(current, gone, by=by) if gone else False
        added = add_followers(current, users, by=by)
    copy_state(current, ticket)
    return added or removed


def _check(users: Sequence[User]) -> None:
    if len(users) > MOST:
        raise Invalid(_("A ticket has at most 50 followers."), field="followers")
    if any(not user.is_active or user.role == "observer" for user in users):
        raise Invalid(_("This person cannot follow tickets."), field="followers")


def add_followers(ticket: Ticket, users: Sequence[User], *, by: Actor) -> bool:
    """Add followers to a locked ticket inside the caller's transaction; false when nobody is new."""
    known = set(Follower.objects.filter(ticket=ticket).values_list("user_id", flat=True))
    fresh = [user for user in {user.pk: user for user in users}.values() if user.pk not in known]
    if not fresh:
        return False
    Follower.objects.bulk_create([Follower(ticket=ticket, user=user) for user in fresh], ignore_conflicts=True)
    _show(ticket)
    record(
        events.TicketFollowed(
            subject_id=ticket.pk,
            team_id=ticket.team_id,
            user_ids=[user.pk for user in fresh],
            names=[user.name for user in fresh],
        ),
        by=by,
    )
    return True


def _remove(ticket: Ticket, user_ids: Collection[int], *, by: Actor) -> bool:
    rows = list(Follower.objects.filter(ticket=ticket, user_id__in=user_ids).select_related("user"))
    if not rows:
        return False
    Follower.objects.filter(pk__in=[row.pk for row in rows]).delete()
    _show(ticket)
    record(
        events.TicketUnfollowed(
            subject_id=ticket.pk,
            team_id=ticket.team_id,
            user_ids=[row.user_id for row in rows],
            names=[row.user.name for row in rows],
        ),
        by=by,
    )
    return True


def _show(ticket: Ticket) -> None:
    """Keep the followers on the ticket's row, so that its card asks for nothing more."""
    rows = Follower.objects.filter(ticket=ticket).order_by("id").values_list("user_id", "user__name")
    ticket.followers_shown = [{"id": pk, "name": name} for pk, name in rows] or None
    touch(ticket, "followers_shown", versioned=False)


def mentioned_in(text: str) -> list[User]:
    """Return the colleagues whom a text calls by ``@`` and their full name; the longest name that fits counts."""
    if "@" not in text:
        return []
    people: dict[str, list[User]] = {}
    for user in colleagues():
        people.setdefault(_plain(user.name), []).append(user)
    names = sorted((name for name in people if name), key=len, reverse=True)
    if not names:
        return []
    pattern = re.compile(rf"(?<![\w@.])@({'|'.join(re.escape(name) for name in names)})(?!\w)")
    found = dict.fromkeys(pattern.findall(_plain(text)))
    return [user for name in found for user in people[name]]


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("ё", "е").split())


def call_mentioned(ticket: Ticket, message: Message, *, by: Actor, before: str = "") -> list[User]:
    """Let those whom a note calls follow its locked ticket, and record ``note.mentioned`` for them.

    ``before`` is what the note said when they were told last.
    """
    told = {user.pk for user in mentioned_in(before)} | {by.id}
    users = [user for user in mentioned_in(message.body_text) if user.pk not in told]
    if not users:
        return []
    add_followers(ticket, users, by=by)
    record(
        events.NoteMentioned(
            subject_id=ticket.pk,
            team_id=ticket.team_id,
            message_id=message.pk,
            user_ids=[user.pk for user in users],
            names=[user.name for user in users],
        ),
        by=by,
    )
    return users
