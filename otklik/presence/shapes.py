"""What the REST API answers about presence."""

from typing import Literal

from otklik.accounts.shapes import NamedOut, Shape


class HereOut(NamedOut):
    """A colleague who has a ticket open, and what he is writing there; null when he only reads."""

    writing: Literal["reply", "note", "incoming"] | None


class OthersOut(Shape):
    """Who else has the ticket open, and for how many seconds the word that was given holds."""

    others: list[HereOut]
    lasts: int
