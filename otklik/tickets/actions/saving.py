"""Saved replies: keeping, changing and removing them, and filling their placeholders."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from otklik.accounts.models import Team
from otklik.contacts.models import Contact
from otklik.contacts.queries import primary_address
from otklik.core import shown
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict, Forbidden, Invalid
from otklik.core.events import record
from otklik.core.locality import desk_zone
from otklik.core.markup import clean_reply, html_to_text, text_to_html
from otklik.core.text import normal_form
from otklik.core.user_templates import check_template, render_template
from otklik.tickets import events
from otklik.tickets.models import SavedReply, Sharing, Step, Ticket
from otklik.tickets.queries.saved import may_change

FIELDS: Final = {
    "requester.name": gettext_lazy("the customer’s name"),
    "requester.first_name": gettext_lazy("the customer’s first name"),
    "requester.email": gettext_lazy("the customer’s address"),
    "organization.name": gettext_lazy("the customer’s organisation"),
    "ticket.number": gettext_lazy("the number of the ticket"),
    "ticket.subject": gettext_lazy("the subject of the ticket"),
    "agent.name": gettext_lazy("my name"),
    "agent.first_name": gettext_lazy("my first name"),
    "team.name": gettext_lazy("the team of the ticket"),
    "today.date": gettext_lazy("today’s date"),
}
"""What a saved reply may ask for, each with its explanation."""
NUMBER_LATER: Final = "{{ ticket.number }}"
_UNDO_FOR: Final = timedelta(hours=1)
_TOLD: Final = 300  # letters of a text that the change log keeps


def save_reply(
    row: SavedReply | None,
    *,
    title: str,
    body_html: str = "",
    body_text: str = "",
    folder: str = "",
    sharing: str = Sharing.OWN,
    team: Team | None = None,
    version: int | None = None,
    by: Actor,
) -> SavedReply:
    """Keep a new saved reply, or change one; records ``saved_reply.added`` or ``saved_reply.changed``.

    Raises ``Invalid`` naming the field (``title``, ``body``, ``sharing``, ``team``), ``Forbidden`` for a sharing the
    actor has no right to, ``Conflict`` when ``version`` is old. The same again changes nothing.
    """
    html = clean_reply(body_html) if body_html.strip() else text_to_html(body_text.strip())
    values: dict[str, Any] = {
        "title": " ".join(title.split())[:120],
        "folder": " ".join(folder.split())[:80],
        "body_html": html,
        "sharing": sharing,
        "team": team if sharing == Sharing.TEAM else None,
    }
    _check(values)
    with transaction.atomic():
        current = SavedReply.objects.select_for_update().get(pk=row.pk) if row else SavedReply(owner_id=by.id)
        if row is not None and not may_change(by, current):
            raise Forbidden(_("You have no right to do this."))
        if version is not None and current.version != version:
            raise Conflict(_("Somebody changed this saved reply meanwhile."), current=current)
        if row is not None and all(getattr(current, name) == value for name, value in values.items()):
            return current
        changes = _changes(current if row is not None else None, values)
        for name, value in values.items():
            setattr(current, name, value)
        if not may_change(by, current):
            raise Forbidden(_("You may not share saved replies so widely."))
        current.search_key = normal_form(f"{current.title} {current.folder} {html_to_text(html)}")
        current.changed_at = now()
        current.version += 1 if row else 0
        current.save()
        kind = events.SavedReplyChanged if row else events.SavedReplyAdded
        told = kind(subject_id=current.pk, title=current.title, sharing=current.sharing, changes=changes)
        record(told, by=by)
    return current


def _changes(old: SavedReply | None, values: dict[str, Any]) -> dict[str, Any]:
    """Return what was and is, for the change log: texts by their beginning, and nothing of what is one's own."""
    if values["sharing"] == Sharing.OWN and (old is None or old.sharing == Sharing.OWN):
        return {}

    def told(name: str, value: Any) -> Any:
        if name == "body_html":
            return html_to_text(value or "").strip()[:_TOLD]
        return value.name if isinstance(value, Team) else value

    was = {name: getattr(old, name) if old is not None else None for name in values}
    pairs = {name: (was[name], value) for name, value in values.items() if was[name] != value and (old or value)}
    return {name: [told(name, before) if old else None, told(name, after)] for name, (before, after) in pairs.items()}


def _check(values: dict[str, Any]) -> None:
    if not values["title"]:
        raise Invalid(_("Give the saved reply a title."), field="title")
    if not html_to_text(values["body_html"]).strip():
        raise Invalid(_("Write something first."), field="body")
    if values["sharing"] not in Sharing.values:
        raise Invalid(_("Choose who sees it."), field="sharing")
    if values["sharing"] == Sharing.TEAM and values["team"] is None:
        raise Invalid(_("Choose a team."), field="team")
    check_template(values["body_html"], FIELDS)


def remove_reply(row: SavedReply, *, by: Actor) -> Step | None:
    """Take a saved reply away; records ``saved_reply.removed``. Returns the step that brings it back, none the second
    time."""
    if not may_change(by, row):
        raise Forbidden(_("You have no right to do this."))
    at = now()
    with transaction.atomic():
        if not SavedReply.objects.filter(pk=row.pk, removed_at__isnull=True).update(removed_at=at):
            return None
        record(events.SavedReplyRemoved(subject_id=row.pk, title=row.title, sharing=row.sharing), by=by)
        if by.id is None:
            return None
        return Step.objects.create(
            kind="saved", user_id=by.id, data={"saved": row.pk}, made_at=at, until=at + _UNDO_FOR
        )


def bring_reply_back(saved_id: int, *, by: Actor) -> bool:
    """Undo a removal; records ``saved_reply.added``. False when it is back already."""
    with transaction.atomic():
        row = SavedReply.objects.select_for_update().filter(pk=saved_id, removed_at__isnull=False).first()
        if row is None:
            return False
        if not may_change(by, row):
            raise Forbidden(_("You have no right to do this."))
        row.removed_at = None
        row.save(update_fields=["removed_at"])
        record(events.SavedReplyAdded(subject_id=row.pk, title=row.title, sharing=row.sharing), by=by)
    return True


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a letter greets where it does not go to the requester of a ticket: a third party, a new customer."""

    name: str = ""
    email: str = ""
    organization: str = ""


def fill(row: SavedReply, ticket: Ticket | None, *, to: Addressee | None = None, subject: str = "", by: Actor) -> str:
    """Return the HTML of a saved reply with its placeholders filled, for a visible ticket or for one not opened yet.

    ``to`` stands for the requester of the ticket. A number that is not given yet stays a placeholder, which the ticket
    fills when it is opened.
    """
    person = to or _requester_of(ticket)
    with timezone.override(desk_zone()):  # the customer reads it
        today = shown.exact(now())
    values = {
        "requester": {"name": person.name, "first_name": _first(person.name), "email": person.email},
        "organization": {"name": person.organization},
        "ticket": {
            "number": str(ticket.pk) if ticket else NUMBER_LATER,
            "subject": ticket.subject if ticket else subject,
        },
        "agent": {"name": by.name, "first_name": _first(by.name)},
        "team": {"name": ticket.team.name if ticket and ticket.team else ""},
        "today": {"date": today.rpartition(",")[0] or today},
    }
    return clean_reply(render_template(row.body_html, values))


def _requester_of(ticket: Ticket | None) -> Addressee:
    if ticket is None:
        return Addressee()
    person = Contact.objects.prefetch_related("addresses").get(pk=ticket.requester_id)
    company = ticket.organization.name if ticket.organization else ""
    return Addressee(person.name, primary_address(person) or "", company)


def _first(name: str) -> str:
    return next(iter(name.split()), "")
