"""Which addresses we take mail for: the mail channels and their plus-addresses, kept in memory for a moment."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from otklik.channels.email.ids import without_plus
from otklik.core.text import normal_address
from otklik.tickets.models import Channel

FRESH = 5.0
RETRY = 0.5


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A channel that takes mail."""

    channel_id: int
    address: str


def mailboxes() -> dict[str, int]:
    """Return the mail channels in use by their address; one that is told not to receive is none."""
    rows = Channel.objects.filter(kind="email", enabled=True).exclude(address="").exclude(connection__enabled=False)
    return {normal_address(address): pk for address, pk in rows.values_list("address", "id")}


class Directory:
    """Answers whether an envelope recipient is ours; asks the database again when the answer is old or unknown."""

    def __init__(
        self, read: Callable[[], dict[str, int]] = mailboxes, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._clock = clock
        self._known: dict[str, int] = {}
        self._at = float("-inf")

    def stale_for(self, address: str) -> bool:
        """Tell whether the database must be asked before this address can be answered."""
        age = self._clock() - self._at
        return age > FRESH or (age > RETRY and self._lookup(address) is None)

    def refresh(self) -> None:
        """Read the channels again; database only, so never inside an event loop."""
        self._known = self._read()
        self._at = self._clock()

    def _lookup(self, address: str) -> int | None:
        plain = normal_address(address)
        return self._known.get(plain) or self._known.get(without_plus(plain))

    def find(self, address: str) -> Mailbox | None:
        """Return the mailbox an address belongs to, plus-addresses included, or None."""
        pk = self._lookup(address)
        return None if pk is None else Mailbox(pk, normal_address(address))
