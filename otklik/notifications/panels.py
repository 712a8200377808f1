"""What notifications add to the pages of other rooms: the rules in the form that adds a person."""

from typing import Any

from django.http import HttpRequest

from otklik.core.form_parts import FormPart, register_form_part
from otklik.notifications.actions.choosing import Wanted, change_wishes, check_wanted
from otklik.notifications.kinds import CHANGES, NEW, WAYS
from otklik.notifications.rules import rules_of
from otklik.notifications.views.wishes import read_table, table_of


def _context(request: HttpRequest) -> dict[str, Any]:
    return {"wish": table_of(rules_of(None))}


def _read(request: HttpRequest) -> Wanted | None:
    """Return what is wanted; nothing when the form came without the table (a program, an old page)."""
    if f"{NEW}.{WAYS[0]}" not in request.POST:
        return None
    wanted = read_table(request)
    check_wanted(wanted)
    return wanted


def _save(wanted: Wanted | None, subject: Any, by: Any) -> None:
    if wanted is not None:
        change_wishes(subject, wanted, by=by)


register_form_part(
    FormPart(
        key="notifications.rules",
        place="accounts.new-person",
        template="notifications/new_person.html",
        fields=frozenset({*(f"{NEW}.{way}" for way in WAYS), *CHANGES}),
        context=_context,
        read=_read,
        save=_save,
    )
)
