"""Confirming a request that came by a channel which cannot send by itself: who can send mail registers here.

Whoever posts by a form may name any address, so the one who sends counts and limits, and says nothing of what was
written.
"""

from collections.abc import Callable
from dataclasses import dataclass

from otklik.tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Receipt:
    """A new ticket, the name of the form, the address that was named (unchecked), and the private link for it."""

    ticket: Ticket
    form: str
    address: str
    link: str
    language: str


Confirmer = Callable[[Receipt], bool]
_confirmer: Confirmer | None = None


def use_confirmer(confirmer: Confirmer) -> None:
    """Register what sends confirmations; done once at start."""
    global _confirmer
    _confirmer = confirmer


def confirm(receipt: Receipt) -> bool:
    """Confirm inside the caller's transaction; false when nothing was sent: no mail channel, or a limit is reached."""
    return _confirmer(receipt) if _confirmer is not None else False
