"""From whom nothing is taken in: the one answer for every way by which strangers reach the desk."""

import hashlib
import hmac
from collections.abc import Collection
from functools import cached_property
from typing import Final

from otklik.core.secrets import keys_for
from otklik.core.text import normal_address

ERASED: Final = "erased:"
"""How the row of an address begins whose person was erased: its keyed mark follows, which tells nobody the address."""
_PURPOSE: Final = "erased spam sender"


class Senders(frozenset[str]):
    """Mail domains and addresses, and the marks of addresses that are known by nothing else any more."""

    def __contains__(self, sender: object) -> bool:
        """Tell whether a sender is one of them, by name or by mark."""
        if frozenset.__contains__(self, sender):
            return True
        if not self._has_marks or not isinstance(sender, str) or "@" not in sender:
            return False
        return any(frozenset.__contains__(self, mark) for mark in marks_of(sender))

    @cached_property
    def _has_marks(self) -> bool:
        return any(sender.startswith(ERASED) for sender in self)


def marks_of(address: str) -> list[str]:
    """Return what may stand for an erased address, by the present key and then by earlier ones."""
    return [f"{ERASED}{hmac.new(key, address.encode(), hashlib.sha256).hexdigest()}" for key in keys_for(_PURPOSE)]


def is_unwelcome(address: str, *, senders: Collection[str], blocked: bool = False) -> bool:
    """Tell whether nothing is taken in from an address.

    Its person is ``blocked``, or it or its mail domain is one of the spam ``senders``. Who has no address is judged by
    the person alone.
    """
    key = normal_address(address) if address else ""
    return blocked or (bool(key) and (key in senders or key.rpartition("@")[2] in senders))
