"""Directories, kept in memory for a moment: they change rarely and are asked for on each page."""

from typing import Final

from django.utils.translation import gettext as _

from otklik.core.cached import kept_for
from otklik.core.errors import Invalid
from otklik.core.text import normal_address
from otklik.tickets.models import Channel, Priority, SpamDomain, Status, TicketType
from otklik.tickets.queries.unwelcome import Senders


@kept_for(2, "directories")
def statuses() -> tuple[Status, ...]:
    """Return all statuses in their order."""
    return tuple(Status.objects.all())


@kept_for(2, "directories")
def types() -> tuple[TicketType, ...]:
    """Return all request types in their order."""
    return tuple(TicketType.objects.all())


def offered_statuses(current_id: int | None = None) -> tuple[Status, ...]:
    """Return the statuses in use in their order, and the one a ticket has already."""
    return tuple(row for row in statuses() if row.in_use or row.pk == current_id)


def offered_types(current_id: int | None = None) -> tuple[TicketType, ...]:
    """Return the request types in use in their order, and the one a ticket has already."""
    return tuple(row for row in types() if row.in_use or row.pk == current_id)


@kept_for(2, "directories")
def active_channels() -> tuple[Channel, ...]:
    """Return all enabled channels with their teams."""
    return tuple(Channel.objects.filter(enabled=True).select_related("team"))


_SPOKEN: Final = {"call": 0, "visit": 1, "other": 2, "email": 4}


_by_itself: Final = {"api"}


def comes_by_itself(kind: str) -> None:
    """Say that nobody writes down words as if they had come by channels of this kind; adapters do so at start."""
    _by_itself.add(kind)


def spoken_channels() -> list[Channel]:
    """Return the enabled channels of words that a person writes down: a call first, mail last; none whose words come
    only by themselves."""
    rows = [row for row in active_channels() if row.kind not in _by_itself]
    return sorted(rows, key=lambda row: (_SPOKEN.get(row.kind, 3), row.pk))


def priorities() -> tuple[Priority, ...]:
    """Return the priorities from the lowest."""
    return tuple(Priority)


def status_by_key(key: str) -> Status:
    """Return the status with this key; raises ``Invalid`` naming the field for an unknown one.

    One that another process has just added is found as well.
    """
    for look in (statuses, lambda: tuple(Status.objects.filter(key=key))):
        if (known := next((status for status in look() if status.key == key), None)) is not None:
            return known
    raise Invalid(_("There is no status “%(key)s”.") % {"key": key[:40]}, field="status")


def chosen_status(key: str, current_id: int | None = None) -> Status:
    """Return the status that somebody chose now for a ticket that has the current one.

    Raises ``Invalid`` naming the field for an unknown one, and for one out of use that the ticket has not.
    """
    status = status_by_key(key)
    if not status.in_use and status.pk != current_id:
        raise Invalid(_("The status “%(name)s” is out of use.") % {"name": status}, field="status")
    return status


def check_type(kind: TicketType | None, current_id: int | None = None) -> None:
    """Raise ``Invalid`` naming the field for a type out of use that the ticket does not have already."""
    if kind is not None and not kind.in_use and kind.pk != current_id:
        raise Invalid(_("The request type “%(name)s” is out of use.") % {"name": kind}, field="type")


def channel_by_address(address: str) -> Channel | None:
    """Return the enabled channel that owns a mail address, ignoring a plus-part."""
    wanted = normal_address(address)
    local, at, domain = wanted.partition("@")
    plain = f"{local.partition('+')[0]}{at}{domain}"
    return next((channel for channel in active_channels() if channel.address in {wanted, plain}), None)


def default_channel(kind: str = "") -> Channel | None:
    """Return the first enabled channel of a kind, or of mail when no kind is asked for."""
    return next((channel for channel in active_channels() if channel.kind == (kind or "email")), None)


@kept_for(5, "spam domains")
def spam_domains() -> tuple[Senders]:
    """Return mail domains and addresses from which nothing is taken in, in a tuple because nothing empty is kept."""
    return (spam_senders_now(),)


def spam_senders_now() -> Senders:
    """Return the same as the tables have it: who is refused by what is kept in memory is asked about again."""
    return Senders(SpamDomain.objects.values_list("domain", flat=True))
