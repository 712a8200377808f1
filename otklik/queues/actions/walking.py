"""Going through a folder ticket by ticket; nobody is handed what somebody else has."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from otklik.accounts import policies as rights
from otklik.accounts.models import User
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from otklik.core.events import record
from otklik.core.settings_store import get as setting
from otklik.queues import events, queries
from otklik.queues.app_settings import NEXT_ASSIGNS
from otklik.queues.models import Passed, Skip, SkipReason, Walk
from otklik.tickets.actions import assign
from otklik.tickets.models import Ticket
from otklik.tickets.queries import Folder, visible_to
from otklik.tickets.queries.scopes import SEARCH

HOLD: Final = timedelta(minutes=5)  # between two signs of life; an open card says by itself that somebody is there
MOST_WORDS: Final = 300
MOST_FOUND: Final = 500
_TRIES: Final = 20


@dataclass(frozen=True, slots=True)
class Handed:
    """What a walk holds now: the folder, the ticket (None: nothing is left), how many there were with it."""

    folder: str
    number: int | None
    position: int


def start_walk(*, folder: Folder, by: Actor) -> Handed:
    """Begin to go through a folder and take its first ticket; in a folder where one walks already, go on there.

    What a search finds is fixed here, at most ``MOST_FOUND`` open tickets: the newest. Raises ``Forbidden`` for whoever
    may not answer tickets.
    """
    user_id = _walker(by)
    numbers = folder.fixed(by, MOST_FOUND) if folder.key == SEARCH and folder.fixed else None
    began = {"folder": folder.key, "numbers": numbers, "until": now(), "began_at": now()}
    walk, made = Walk.objects.get_or_create(user_id=user_id, defaults=began)
    same = walk.folder == folder.key and walk.numbers == numbers
    if not made and same and queries.still_held(by, walk):
        return _answer(walk)
    if not same or walk.ticket_id is None:
        Walk.objects.filter(pk=walk.pk).update(ticket=None, had=0, **began)
    return _hand(user_id, folder, by=by)


def go_on(*, done: int | None, by: Actor) -> Handed:
    """Leave the ticket ``done`` behind and take the next; it comes back to this person when it changes or tomorrow.

    A second press for the same ticket changes nothing. Raises ``NotFound`` for who is not walking.
    """
    walk = _own_walk(by)
    held = walk.ticket_id
    if held is not None and held != done:
        return _answer(walk)
    if held is not None:
        with transaction.atomic():
            if Walk.objects.filter(pk=walk.pk, ticket_id=held).update(ticket=None):
                _pass(walk.user_id, Ticket.objects.get(pk=held))
    return _hand(walk.user_id, queries.folder_of(walk), by=by)


def skip_ticket(number: int, *, reason: SkipReason | None, words: str = "", by: Actor) -> Handed:
    """Leave the held ticket to others, say why, and take the next. Records ``ticket.skipped``.

    It does not come back to this person until it changes or until tomorrow; what was taken for him is nobody's again.
    A second press changes nothing. Raises ``Invalid`` without a reason, ``NotFound`` for who is not walking.
    """
    walk = _own_walk(by)
    if walk.ticket_id is not None and walk.ticket_id != number:
        return _answer(walk)
    if reason is None or not reason.enabled:
        raise Invalid(_("Choose why you skip it."), field="reason")
    said = " ".join(words.split())
    if len(said) > MOST_WORDS:
        raise Invalid(_("At most %(most)s characters.") % {"most": MOST_WORDS}, field="words")
    folder = queries.folder_of(walk)
    if walk.ticket_id is not None:
        with transaction.atomic():
            if Walk.objects.filter(pk=walk.pk, ticket_id=number).update(ticket=None):
                _skip(walk, number, reason, said, by=by)
    return _hand(walk.user_id, folder, by=by)


def leave_walk(*, by: Actor) -> str:
    """Stop walking; the held ticket is free for others. Returns the folder's key, "" for who was not walking."""
    walk = queries.walk_of(by)
    if walk is None:
        return ""
    Walk.objects.filter(pk=walk.pk).update(ticket=None, had=0)
    return walk.folder


def prune_walks() -> int:
    """Forget what ran out; return how many rows that were."""
    return Passed.objects.filter(until__lt=now()).delete()[0]


def _walker(by: Actor) -> int:
    if by.kind != "user" or by.id is None or not rights.can(by, "tickets.reply"):
        raise Forbidden(_("You have no right to do this."))
    return by.id


def _own_walk(by: Actor) -> Walk:
    _walker(by)
    walk = queries.walk_of(by)
    if walk is None:
        raise NotFound
    return walk


def _answer(walk: Walk) -> Handed:
    return Handed(walk.folder, walk.ticket_id, walk.had)


def _skip(walk: Walk, number: int, reason: SkipReason, said: str, *, by: Actor) -> None:
    ticket = visible_to(by).filter(pk=number).first()
    if ticket is None:
        return  # it went out of sight meanwhile: there is nothing to leave
    names = {"ru": reason.name_ru, "en": reason.name_en}
    Skip.objects.create(
        user_id=walk.user_id, ticket=ticket, reason=reason, words=said, folder=walk.folder, at=now()
    )  # fmt: skip
    record(events.TicketSkipped(subject_id=ticket.pk, team_id=ticket.team_id, reason=names), by=by)
    if walk.folder == "unassigned" and ticket.assignee_id == by.id and rights.can(by, "tickets.assign"):
        assign(ticket, assignee=None, by=by)  # it was taken for him when it was handed to him
    _pass(walk.user_id, Ticket.objects.get(pk=number))


def _pass(user_id: int, ticket: Ticket) -> None:
    row = Passed(
        user_id=user_id, ticket=ticket, version=ticket.version, message_count=ticket.message_count, until=_tomorrow()
    )  # fmt: skip
    Passed.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["user", "ticket"],
        update_fields=["version", "message_count", "until"],
    )


def _tomorrow() -> datetime:
    here = timezone.localtime(now())
    return here.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def _hand(user_id: int, folder: Folder, *, by: Actor) -> Handed:
    """Take the first ticket that is free; where somebody was faster, look again."""
    for _try in range(_TRIES):
        try:
            with transaction.atomic():
                numbers = Walk.objects.values_list("numbers", flat=True).get(user_id=user_id)
                number = queries.next_number(by, folder, numbers if folder.key == SEARCH else None)
                _hold(user_id, number, folder, by=by)
        except (IntegrityError, Conflict):
            continue
        return _answer(Walk.objects.get(user_id=user_id))
    raise Conflict(_("Colleagues are taking tickets at this moment. Please try again."))


def _hold(user_id: int, number: int | None, folder: Folder, *, by: Actor) -> None:
    own = Walk.objects.filter(user_id=user_id)
    if number is None:
        own.update(ticket=None)
        return
    Walk.objects.filter(ticket_id=number, until__lte=now()).exclude(user_id=user_id).update(ticket=None)
    own.update(ticket=number, until=now() + HOLD, had=F("had") + 1)
    if folder.key == "unassigned" and setting(NEXT_ASSIGNS) and rights.can(by, "tickets.assign"):
        ticket = visible_to(by).filter(pk=number).first()
        if ticket is None:
            raise Conflict
        try:
            assign(ticket, assignee=User.objects.get(pk=user_id), seen={"assignee": None}, by=by)
        except Conflict:
            raise
        except DomainError:
            return  # whoever may not be given tickets walks without taking them
