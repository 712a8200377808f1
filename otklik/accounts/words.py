"""The rights of the desk in words, grouped as people think of them."""

from collections.abc import Iterable
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from otklik.accounts.policies import PERMISSIONS

GROUPS: Final[dict[str, Any]] = {
    "tickets": _("Tickets"),
    "replies": _("Saved replies"),
    "contacts": _("Customers"),
    "mail": _("Mail ledger"),
    "outbox": _("Outbox"),
    "settings": _("Settings"),
    "users": _("People and rights"),
}

RIGHTS: Final[dict[str, Any]] = {
    "tickets.view": _("See tickets"),
    "tickets.open": _("Open new tickets"),
    "tickets.reply": _("Answer customers"),
    "tickets.note": _("Write notes"),
    "tickets.assign": _("Give tickets to people and teams"),
    "tickets.status": _("Change the status"),
    "tickets.edit": _("Change properties, tags and people of a ticket"),
    "tickets.snooze": _("Snooze tickets"),
    "tickets.skips": _("See which tickets were skipped and why"),
    "tickets.spam": _("Keep the list of spam senders"),
    "tickets.tags": _("Rename, merge and remove tags"),
    "replies.share": _("Write saved replies for everybody"),
    "contacts.view": _("See customers and organisations"),
    "contacts.edit": _("Change customers and organisations"),
    "contacts.export": _("Export all data of a person"),
    "contacts.erase": _("Erase the data of a person for ever"),
    "mail.ledger": _("Look into the mail ledger"),
    "mail.raw": _("Download mails as they came"),
    "mail.process": _("Process mails again, release and dismiss them"),
    "outbox.view": _("Look into the outbox"),
    "outbox.retry": _("Send deliveries again"),
    "settings.view": _("See settings and the change log"),
    "settings.edit": _("Change settings and mailboxes"),
    "users.absences": _("Enter absences of others"),
    "users.manage": _("Manage people, teams and roles"),
}


def right_label(right: str) -> str:
    """Return what a right lets somebody do; its key for one that nobody has worded."""
    return str(RIGHTS.get(right, right))


def grouped_rights(chosen: Iterable[str]) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """Return all rights by group: key, words, and whether it is among the chosen ones."""
    held = set(chosen)
    groups: dict[str, list[tuple[str, str, bool]]] = {}
    for right in PERMISSIONS:
        room = right.partition(".")[0]
        groups.setdefault(room, []).append((right, right_label(right), right in held))
    return [(str(GROUPS.get(room, room)), rights) for room, rights in groups.items()]
