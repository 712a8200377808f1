"""What an empty folder says: that all is done, or that this is the first day."""

from typing import Any

from django.utils.translation import gettext as _

from otklik.accounts import policies
from otklik.core.actor import Actor
from otklik.tickets.queries import visible_to


def present_empty(actor: Actor, folder_key: str) -> dict[str, Any]:
    """Return icon, words and actions for a list without rows."""
    if folder_key in {"open", "all"} and not visible_to(actor).exists():
        return {
            "icon": "mail", "mark": "", "title": _("Tickets will appear here"),
            "text": _("Connect a mailbox, and every letter to it becomes a ticket."),
            "connect": policies.can(actor, "settings.edit"),
        }  # fmt: skip
    text = {
        "mine": _("Nothing of yours waits. New tickets are in “Unassigned”."),
        "unassigned": _("There are no new tickets without an assignee."),
        "snoozed": _("Nothing is put off. A snoozed ticket comes back by itself, by time or by an answer."),
        "solved": _("Solved tickets stay here until they close."),
        "spam": _("There is no spam."),
        "bin": _("The bin is empty. What is put here can be restored for 30 days."),
    }.get(folder_key, _("There is nothing open here."))
    icon = "snooze" if folder_key == "snoozed" else "check"
    if folder_key in {"snoozed", "solved", "spam", "bin"}:
        return {"icon": icon, "mark": "", "title": _("Nothing here"), "text": text}
    return {"icon": icon, "mark": "empty__mark--good", "title": _("All done"), "text": text}
