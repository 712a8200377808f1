"""What a token may be limited to: everything, a room, or a single resource that lies in a room."""

from collections.abc import Iterable
from typing import Final

ROOMS: Final = ("tickets", "contacts", "mail", "outbox", "settings", "users")
RESOURCES: Final = ("notifications", "queues", "replies", "spam", "absences", "presence", "webhooks")
"""Narrower than a room: a token that has only these reaches nothing else of the room."""

_WIDER: Final[dict[str, str]] = {
    "notifications:read": "tickets:read", "notifications:write": "tickets:write",
    "queues:read": "tickets:read", "queues:write": "tickets:write",
    "replies:read": "tickets:read", "replies:write": "tickets:write",
    "spam:read": "tickets:read", "spam:write": "tickets:write",
    "presence:read": "tickets:read", "presence:write": "tickets:write",
    "absences:read": "tickets:read", "absences:write": "users:write",
    "webhooks:read": "settings:write", "webhooks:write": "settings:write",
}  # fmt: skip
_APART: Final = frozenset({"webhooks"})  # their addresses hold keys of other programs: "read" does not open them
SCOPES: Final = frozenset({"read", "write"}) | {
    f"{name}:{right}" for name in (*ROOMS, *RESOURCES) for right in ("read", "write")
}


def cover(held: Iterable[str] | None, scope: str) -> bool:
    """Tell whether the scopes of a token cover one such as ``queues:write``; no scopes are those of a person himself.

    Writing includes reading, a room its resources, ``read`` and ``write`` everything (webhooks are never just read).
    """
    if held is None:
        return True
    enough: set[str] = set()
    wanted: str | None = scope
    while wanted is not None:
        resource, _colon, right = wanted.partition(":")
        enough |= {"write", f"{resource}:write"}
        if right == "read":
            enough |= {f"{resource}:read"} if resource in _APART else {f"{resource}:read", "read"}
        wanted = _WIDER.get(wanted)
    return not enough.isdisjoint(held)
