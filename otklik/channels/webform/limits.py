"""How much is taken: from one place, for one address, on one request, by one form as a whole.

Whoever meets a limit is told when there is room again. The newest posts are looked at by index, never counted.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from otklik.channels.webform.models import FormRequest, Post, WebForm
from otklik.core.errors import DomainError
from otklik.core.secrets import sign
from otklik.tickets.models import Channel

MINUTES, DAY, HOUR = timedelta(minutes=10), timedelta(days=1), timedelta(hours=1)
PER_SOURCE: Final = ((8, MINUTES), (60, DAY))
PER_ADDRESS: Final = ((4, MINUTES), (15, DAY))
PER_REQUEST: Final = ((10, MINUTES), (60, DAY))
PER_FORM: Final = ((120, HOUR),)
FILES, FILE_BYTES, ALL_BYTES = 10, 15 * 1024 * 1024, 30 * 1024 * 1024
TEXT = 20_000


class TooMany(DomainError):
    """There is no room now; ``again_at`` is when there will be."""

    status = 429
    code = "too-many"
    default = _("Too many requests came from you or by this form lately.")

    def __init__(self, again_at: datetime) -> None:
        super().__init__()
        self.again_at = again_at


@dataclass(frozen=True, slots=True)
class Marks:
    """What a post is counted by."""

    source: str
    address: str


def marks_of(peer: str, address: str) -> Marks:
    """Return the marks of a post: keyed hashes of the network it came from and of the address or phone it names.

    A provider gives a household one IPv4 address or a /64 of IPv6, so that is what counts as one place.
    """
    return Marks(_hash("source", _place(peer)), _hash("address", address))


def _hash(what: str, value: str) -> str:
    return sign(f"webform.{what}", value.encode()).hex()[:32]


def _place(peer: str) -> str:
    try:
        address = ip_address(peer)
    except ValueError:
        return peer[:100]
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((int(address) >> 64 << 64, 64)))
    return str(address)


def check_room(form: WebForm, marks: Marks, at: datetime, request: FormRequest | None = None) -> None:
    """Raise ``TooMany`` when a limit is reached; at most seven short reads by index."""
    posts = Post.objects.order_by("-created_at")
    _check(posts.filter(source=marks.source), PER_SOURCE, at)
    if request is not None:
        _check(posts.filter(request=request), PER_REQUEST, at)
    else:
        _check(posts.filter(address_key=marks.address), PER_ADDRESS, at)
    _check(posts.filter(form=form), PER_FORM, at)


def _check(posts: QuerySet[Post], limits: tuple[tuple[int, timedelta], ...], at: datetime) -> None:
    for most, window in limits:
        oldest = next(iter(posts.values_list("created_at", flat=True)[most - 1 : most]), None)
        if oldest is not None and oldest > at - window:
            raise TooMany(oldest + window)


def one_at_a_time(form: WebForm) -> None:
    """Let posts of one form be counted one after the other; SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        list(Channel.objects.select_for_update(no_key=True).filter(pk=form.channel_id).values_list("pk"))
