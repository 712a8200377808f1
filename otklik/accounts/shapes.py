"""What the REST API answers: the base of all shapes, lists, errors, and the people of the desk.

Shapes describe and do not filter: an answer leaves as its handler made it, and the fuzz test holds it to its shape.
"""

from datetime import datetime
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


class RoleOut(KeyedOut):
    """A role: its rights, and the built-in role that says which tickets its holders see; built-in ones never change."""

    base: str
    built_in: bool
    rights: list[str]
    second_factor: bool
    version: int | None


class SessionOut(Shape):
    """A place where somebody is signed in; ``id`` names it and lets nobody in."""

    id: str
    device: str
    address: str
    created_at: datetime | None
    seen_at: datetime | None


class EndedOut(Shape):
    """How many sessions ended."""

    ended: int


class IdentityOut(Shape):
    """An account of a person at a provider of sign-in, and when he last came by it."""

    id: int
    issuer: str
    created_at: datetime
    seen_at: datetime


class UntiedOut(Shape):
    """From how many accounts at providers a person was untied."""

    untied: int


class FactorsOut(Shape):
    """The second factors of a person, and whether his role needs one."""

    required: bool
    app: bool
    keys: int
    recovery_codes: int


class TokenOut(NamedOut):
    """A token of the API: never more of it than its beginning."""

    prefix: str
    scopes: list[str]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


class ProfileOut(UserOut):
    """The token's owner; ``rights`` are those that the token lets him use."""

    teams: list[NamedOut]
    language: str
    theme: str
    time_zone: str
    signature: str
    rights: list[str]
    scopes: list[str] | None
