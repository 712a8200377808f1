"""Who may do what: one table of rights by role, read by pages, API, mail and tasks alike."""

from typing import Final

from otklik.core.actor import Actor

_ALL: Final = frozenset({"admin", "supervisor", "agent", "technician", "observer"})
_DESK: Final = frozenset({"admin", "supervisor", "agent"})
_WORKERS: Final = _DESK | {"technician"}
_HEADS: Final = frozenset({"admin", "supervisor"})
_ADMIN: Final = frozenset({"admin"})

PERMISSIONS: Final[dict[str, frozenset[str]]] = {
    "tickets.view": _ALL,
    "tickets.open": _DESK,
    "tickets.reply": _WORKERS,
    "tickets.note": _WORKERS,
    "tickets.assign": _DESK,
    "tickets.status": _WORKERS,
    "tickets.edit": _DESK,
    "tickets.snooze": _WORKERS,
    "tickets.skips": _HEADS,
    "tickets.spam": _HEADS,
    "tickets.tags": _HEADS,
    "contacts.view": _ALL,
    "contacts.edit": _DESK,
    "contacts.export": _HEADS,
    "contacts.erase": _HEADS,
    "mail.ledger": _DESK | {"observer"},
    "mail.raw": _DESK,
    "mail.process": _DESK,
    "outbox.view": _DESK | {"observer"},
    "outbox.retry": _DESK,
    "replies.share": _HEADS,
    "settings.view": _HEADS,
    "settings.edit": _ADMIN,
    "users.absences": _HEADS,
    "users.manage": _ADMIN,
}

_READS: Final = frozenset(
    {"tickets.view", "tickets.skips", "contacts.view", "mail.ledger", "mail.raw", "outbox.view", "settings.view"}
)


def can(actor: Actor | None, permission: str) -> bool:
    """Tell whether the actor's role or custom role, and the scopes of his token if he came by one, allow it.

    The system itself may do everything; contacts and strangers hold no rights of the desk. An unknown permission is a
    programming error and raises ``KeyError``.
    """
    roles = PERMISSIONS[permission]
    if actor is None:
        return False
    if actor.kind == "system":
        return True
    if actor.kind != "user":
        return False
    if permission not in actor.rights if actor.rights is not None else actor.role not in roles:
        return False
    return actor.scopes is None or scope_allows(actor.scopes, permission)


def scope_allows(scopes: frozenset[str], permission: str, *, changing: bool = False) -> bool:
    """Tell whether a token's scopes cover a permission: ``read``, ``write``, ``<room>:read`` or ``<room>:write``.

    Writing includes reading. ``changing`` is for what changes something that whoever sees it may change, such as a pin
    of one's own: a token that only reads does not.
    """
    room = permission.partition(".")[0]
    enough = {"write", f"{room}:write"}
    if permission in _READS and not changing:
        enough |= {"read", f"{room}:read"}
    return bool(scopes & enough)


def sees_everything(actor: Actor) -> bool:
    """Tell whether the actor's reading is unlimited whatever the settings are."""
    return actor.kind == "system" or (actor.kind == "user" and actor.role in _HEADS)


def rights_of(role: str) -> frozenset[str]:
    """Return the rights of a built-in role."""
    return frozenset(key for key, roles in PERMISSIONS.items() if role in roles)


def may_grant(actor: Actor, rights: frozenset[str]) -> bool:
    """Tell whether the actor may give or take these rights: nobody hands out more than he holds himself."""
    return all(can(actor, right) for right in rights)
