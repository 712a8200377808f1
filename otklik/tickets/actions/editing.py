"""Properties of a ticket that people correct: subject, priority, type."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.core.actor import Actor
from otklik.core.errors import Conflict, Invalid
from otklik.core.events import record
from otklik.core.text import normal_form
from otklik.tickets import events, policies
from otklik.tickets.actions.base import allowed, clean_subject, copy_state, locked, touch
from otklik.tickets.actions.meeting import look_for_clash
from otklik.tickets.models import Priority, Ticket, TicketType
from otklik.tickets.queries.directories import check_type

_FIELDS = frozenset({"subject", "priority", "type"})


def edit_properties(
    ticket: Ticket, *, by: Actor, version: int | None = None, seen: Mapping[str, Any] | None = None, **wanted: Any
) -> list[str]:
    """Change ``subject``, ``priority`` (1…4) or ``type`` (or None); return the names of what changed.

    Records one ``ticket.edited`` with old and new values as shown now. Raises ``Invalid`` naming the field,
    ``Conflict`` with the current ticket when ``version`` is older than the row's, and ``Clash`` when a property is not
    as its author has ``seen`` it (subject, priority, id of the type).
    """
    allowed(policies.can_edit, ticket, by)
    if unknown := set(wanted) - _FIELDS:
        raise Invalid(_("There is no field “%(field)s”.") % {"field": min(unknown)}, field=min(unknown))
    values = _checked(wanted)
    with transaction.atomic():
        current = locked(ticket)
        if version is not None and current.version != version:
            raise Conflict(_("Somebody changed this ticket meanwhile."), current=current)
        given = {name: getattr(value, "pk", value) for name, value in values.items()}
        look_for_clash(current, seen, given)
        check_type(values.get("type"), current.type_id)
        changed = _apply(current, values, by=by)
    copy_state(current, ticket)
    return changed


def _checked(wanted: dict[str, Any]) -> dict[str, Any]:
    values = dict(wanted)
    if "subject" in values:
        values["subject"] = clean_subject(str(values["subject"]))
        if not values["subject"]:
            raise Invalid(_("Enter a subject."), field="subject")
    if "priority" in values and values["priority"] not in Priority.values:
        raise Invalid(_("There is no such priority."), field="priority")
    return values


def _shown(name: str, value: Any) -> Any:
    if isinstance(value, TicketType):
        return {"ru": value.name_ru, "en": value.name_en}
    return int(value) if name == "priority" else value


def _apply(ticket: Ticket, values: dict[str, Any], *, by: Actor) -> list[str]:
    changes: dict[str, list[Any]] = {}
    for name, value in values.items():
        before = getattr(ticket, name)
        if before != value:
            changes[name] = [_shown(name, before), _shown(name, value)]
            setattr(ticket, name, value)
    if not changes:
        return []
    fields = list(changes)
    if "subject" in changes:
        ticket.subject_key = normal_form(ticket.subject)[:300]
        fields.append("subject_key")
    touch(ticket, *fields)
    record(events.TicketEdited(subject_id=ticket.pk, team_id=ticket.team_id, changes=changes), by=by)
    return list(changes)
