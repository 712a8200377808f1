"""Head and properties of a card as ready values."""

from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from django.utils import timezone
from django.utils.translation import gettext as _

from otklik.accounts import policies as rights
from otklik.accounts.queries import teams
from otklik.core import shown
from otklik.core.actor import Actor
from otklik.tickets.models import Category, Priority, Ticket
from otklik.tickets.presenters.rows import channel_icon
from otklik.tickets.queries import offered_statuses, offered_types, priorities, spoken_channels
from otklik.tickets.worked import worked_words

Item = dict[str, Any]
STATUS_CLASS = {
    Category.NEW: "status--new", Category.OPEN: "status--open", Category.PENDING: "status--waiting",
    Category.ON_HOLD: "status--waiting", Category.SOLVED: "status--solved", Category.CLOSED: "status--closed",
}  # fmt: skip
_PRIORITY_DOT = {
    Priority.LOW: "dot--ring",
    Priority.NORMAL: "",
    Priority.HIGH: "dot--warn",
    Priority.URGENT: "dot--bad",
}
_NOTE = 1000  # characters of a note that the card shows
_RIGHTS = ("reply", "note", "assign", "status", "edit", "snooze")


def rights_of(actor: Actor, *, shelved: bool = False) -> dict[str, bool]:
    """Return what the actor's role may do at a ticket he sees, by the last word of each right, and at contacts.

    At one that is ``shelved`` nothing but to restore it, which its panel offers.
    """
    may = {name: not shelved and rights.can(actor, f"tickets.{name}") for name in _RIGHTS}
    return {**may, "contacts": rights.can(actor, "contacts.view")}


def present_card(ticket: Ticket, at: datetime) -> Item:
    """Return head and properties of a ticket loaded with its neighbours."""
    priority = Priority(ticket.priority)
    assignee, requester = ticket.assignee, ticket.requester
    item: Item = {
        "number": ticket.pk,
        "version": ticket.version,
        "subject": ticket.subject or "—",
        "subject_text": ticket.subject,
        "status": str(ticket.status),
        "status_key": ticket.status.key,
        "status_class": STATUS_CLASS.get(Category(ticket.category), ""),
        "is_open": ticket.is_open,
        "is_closed": ticket.category == Category.CLOSED,
        "snoozed": _("Snoozed until %(time)s") % {"time": shown.moment(ticket.snoozed_until, at)}
        if ticket.snoozed_until
        else "",
        "snoozed_until": ticket.snoozed_until.isoformat() if ticket.snoozed_until else "",
        "woke": ticket.woke_at is not None,
        "assignee": assignee.name if assignee else "",
        "assignee_id": ticket.assignee_id,
        "assignee_initials": shown.initials(assignee.name) if assignee else "",
        "assignee_hue": assignee.look if assignee else "",
        "assignee_away": assignee.away if assignee else "",
        "team": ticket.team.name if ticket.team else "",
        "team_id": ticket.team_id,
        "team_hue": f"rail__dot--{ticket.team.hue}" if ticket.team else "",
        "type": str(ticket.type) if ticket.type else "",
        "type_id": ticket.type_id,
        "priority": str(priority.label),
        "priority_value": int(priority),
        "priority_dot": _PRIORITY_DOT[priority],
        "tags": list(ticket.tags_shown),
        "tags_text": ", ".join(ticket.tags_shown),
        "channel": ticket.channel.name,
        "channel_icon": channel_icon(ticket.channel.kind),
        "created": shown.moment(ticket.created_at, at),
        "created_exact": shown.exact(ticket.created_at),
        "previous": ticket.previous_id,
        "requester": requester.name,
        "requester_id": requester.pk,
        "requester_initials": shown.initials(requester.name),
        "requester_hue": shown.hue_class(requester.pk),
        "position": requester.position,
        "phone": requester.phone,
        "person_note": requester.note[:_NOTE],
        "organization_note": ticket.organization.note[:_NOTE] if ticket.organization else "",
        "organization": ticket.organization.name if ticket.organization else "",
        "organization_id": ticket.organization_id,
        "people": ticket.people,
        "followers": ticket.followers_shown or [],
        "spent": worked_words(ticket.spent_seconds),
        "references": ticket_references(ticket),
    }
    item["v"] = f"{crc32(repr(sorted(item.items(), key=lambda pair: pair[0])).encode()):x}"
    return item


def ticket_references(ticket: Ticket) -> list[Item]:
    """Return the customer's own numbers of a ticket, as the card's statement brought them along."""
    rows = getattr(ticket, "references_shown", None) or []
    return [
        {"id": row["id"], "system": row["system"], "number": row["number"], "url": row["url"]}
        for row in rows
        if row.get("number")
    ]


def choices(ticket: Ticket) -> Item:
    """Return what the menus of head and properties offer (directories kept in memory: no statement)."""
    return {
        "statuses": [
            {"key": row.key, "name": str(row), "class": STATUS_CLASS.get(Category(row.category), "")}
            for row in offered_statuses(ticket.status_id)
            if row.category != Category.NEW or row.pk == ticket.status_id
        ],
        "teams": [{"id": row.pk, "name": row.name, "hue": row.hue} for row in teams()],
        "channels": [{"id": row.pk, "name": row.name} for row in spoken_channels()],
        "types": [{"id": row.pk, "name": str(row)} for row in offered_types(ticket.type_id)],
        "priorities": choices_of_priority(),
    }


def choices_of_priority() -> list[Item]:
    """Return the priorities from the highest, as menus offer them."""
    return [{"value": int(row), "name": str(row.label), "dot": _PRIORITY_DOT[row]} for row in reversed(priorities())]


def snooze_choices(at: datetime) -> list[Item]:
    """Return the usual moments to put a ticket off to, in the reader's time zone, soonest first."""
    here = at.astimezone(timezone.get_current_timezone())
    evening = here.replace(hour=18, minute=0, second=0, microsecond=0)
    morning = here.replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)
    monday = morning + timedelta(days=(7 - morning.weekday()) % 7)
    moments = [(_("Until this evening"), evening)] if evening - here > timedelta(minutes=30) else []
    moments.append((_("Until tomorrow"), morning))
    if monday != morning:
        moments.append((_("Until Monday"), monday))
    moments.append((_("For a week"), morning + timedelta(days=6)))
    times = shown.Moments(at)
    return [{"label": label, "value": moment.isoformat(), "hint": times.weekday(moment)} for label, moment in moments]
