"""What the REST API answers: the base of all shapes, lists, errors, and the people of the desk.

Shapes describe and do not filter: an answer leaves as its handler made it, and the fuzz test holds it to its shape.
"""

from typing import Any

from ninja import Schema
from pydantic import ConfigDict, Field


class Shape(Schema):
    """An answer. Fields may be added to it at any time, so that programs must bear unknown ones."""

    model_config = ConfigDict(extra="ignore")


class PageOf[T](Shape):
    """A page of a list; ``next`` is given back as ``cursor``, null on the last page."""

    items: list[T]
    next: str | None


class FaultOut(Shape):
    """One field of the input and what is wrong with it."""

    field: str
    message: str


class Problem(Shape):
    """An error (RFC 9457); ``current`` is the present state where somebody else was faster."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FaultOut]
    current: dict[str, Any] = Field(default_factory=dict)


class NamedOut(Shape):
    """Somebody or something by id and name."""

    id: int
    name: str


class KeyedOut(Shape):
    """An entry of a directory."""

    key: str
    name: str


class TeamOut(NamedOut):
    """A team as the list has it."""

    hue: int
    position: int
    archived: bool


class TeamWithMembersOut(TeamOut):
    """A team with the ids of its members."""

    members: list[int]


class UserOut(NamedOut):
    """A colleague."""

    email: str
    role: str
    active: bool


class ManagedUserOut(UserOut):
    """A colleague as those see him who manage people; the last four fields are absent for others."""

    teams: list[NamedOut] = Field(default_factory=list)
    language: str = ""
    signature: str = ""
    invited: bool = False
