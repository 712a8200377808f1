"""What tickets add to other pages and to their own card: the history of a person and of an organisation."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from otklik.accounts.policies import can
from otklik.contacts.models import Contact, Organization
from otklik.core import shown
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.panels import Panel, register_panel
from otklik.tickets import queries
from otklik.tickets.actions.shelving import KEPT_FOR, SPAM
from otklik.tickets.events import link_words
from otklik.tickets.models import Category, Ticket
from otklik.tickets.presenters.sides import present_sides
from otklik.tickets.queries.relations import links_of
from otklik.tickets.queries.sides import sides_on
from otklik.tickets.queries.writing import scheduled_visible_to

_DOTS = {
    Category.NEW: "dot--warn", Category.OPEN: "dot--open", Category.PENDING: "dot--ring", Category.ON_HOLD: "dot--ring",
    Category.SOLVED: "dot--good", Category.CLOSED: "",
}  # fmt: skip
_ON_CARD = 6
_ON_PAGE = 100


def history_rows(tickets: Iterable[Ticket]) -> list[dict[str, Any]]:
    """Return tickets, with their status at hand, as lines of a history."""
    at = now()
    return [
        {
            "number": ticket.pk,
            "subject": ticket.subject or "—",
            "dot": _DOTS[Category(ticket.category)],
            "status": str(ticket.status),
            "day": shown.day(ticket.activity_at, at),
            "exact": shown.exact(ticket.activity_at),
            "who": ticket.last_author_name,
        }
        for ticket in tickets
    ]


def history_on_card(actor: Actor, ticket: Ticket) -> dict[str, Any] | None:
    """Return the requester's other tickets and those of his organisation, newest first."""
    own = history_rows(queries.history_of(actor, contact=ticket.requester, limit=_ON_CARD, besides=ticket.pk))
    others: list[dict[str, Any]] = []
    if ticket.organization is not None:
        colleagues = queries.history_of(actor, organization=ticket.organization, limit=_ON_CARD * 2, besides=ticket.pk)
        known = {row["number"] for row in own}
        others = [row for row in history_rows(colleagues) if row["number"] not in known][:_ON_CARD]
    return {"own": own, "others": others, "ticket": ticket} if own or others else None


def history_of_person(actor: Actor, person: Contact) -> dict[str, Any]:
    """Return all visible tickets of a person, newest first."""
    return {"rows": history_rows(queries.history_of(actor, contact=person, limit=_ON_PAGE)), "most": _ON_PAGE}


def history_of_organization(actor: Actor, organization: Organization) -> dict[str, Any]:
    """Return all visible tickets of an organisation, newest first."""
    tickets = queries.history_of(actor, organization=organization, limit=_ON_PAGE)
    return {"rows": history_rows(tickets), "most": _ON_PAGE}


def waiting_replies(actor: Actor, ticket: Ticket) -> dict[str, Any] | None:
    """Return the answers of ours that wait for their time; asks nothing on a ticket that has none."""
    if ticket.reply_due_at is None:
        return None
    at = now()
    times = shown.Moments(at)
    rows = [
        {
            "url": f"/tickets/{ticket.pk}/scheduled/{row.pk}/",
            "time": times.moment(row.send_at),
            "exact": times.exact(row.send_at),
            "who": row.user.name,
            "overtaken": ticket.awaits_us and ticket.last_message_at > row.created_at,
            "text": row.body_text[:400],
        }
        for row in scheduled_visible_to(actor).filter(ticket_id=ticket.pk)
    ]
    return {"rows": rows, "may_reply": can(actor, "tickets.reply")} if rows else None


def linked_tickets(actor: Actor, ticket: Ticket) -> dict[str, Any] | None:
    """Return the tickets linked with this one; asks nothing where there are none."""
    if not ticket.link_count:
        return None
    rows: list[dict[str, Any]] = []
    for held in links_of(actor, ticket):
        row: dict[str, Any] = {"id": held.id, "words": link_words(held.way), "number": None}
        if other := held.ticket:
            row |= {
                "number": other.pk, "subject": other.subject or "—", "status": str(other.status),
                "dot": _DOTS[Category(other.category)], "open": other.category != Category.CLOSED,
            }  # fmt: skip
        rows.append(row)
    here = ticket.shelf is None
    may = {"may_edit": here and can(actor, "tickets.edit"), "may_reply": here and can(actor, "tickets.reply")}
    return {"rows": rows, "base": f"/tickets/{ticket.pk}/", **may} if rows else None


def side_conversations(actor: Actor, ticket: Ticket) -> dict[str, Any] | None:
    """Return the side conversations of a ticket; asks nothing where there are none."""
    sides = sides_on(actor, ticket)
    if not sides:
        return None
    return {
        "rows": present_sides(sides, now()),
        "base": f"/tickets/{ticket.pk}/",
        "may_reply": ticket.shelf is None and can(actor, "tickets.reply"),
    }


def side_answers(actor: Actor, ticket: Ticket) -> dict[str, Any] | None:
    """Return the answers of third parties that nobody has looked at."""
    if not ticket.side_unread:
        return None
    unread = [side for side in sides_on(actor, ticket) if side.is_unread]
    return {"rows": present_sides(unread, now())} if unread else None


def merged_into(actor: Actor, ticket: Ticket) -> dict[str, Any] | None:
    """Say on a merged ticket where its messages are."""
    if ticket.merged_into_id is None:
        return None
    return {"into": ticket.merged_into_id, "base": f"/tickets/{ticket.pk}/", "may_edit": can(actor, "tickets.edit")}


def shelved(actor: Actor, ticket: Ticket) -> dict[str, Any] | None:
    """Say on a ticket in the bin or in spam until when it can be restored."""
    if ticket.shelf is None or ticket.shelved_at is None:
        return None
    spam = ticket.shelf == SPAM
    return {
        "words": _("This ticket is spam") if spam else _("This ticket is in the bin"),
        "icon": "spam" if spam else "box",
        "day": shown.day(ticket.shelved_at + KEPT_FOR, now()), "base": f"/tickets/{ticket.pk}/",
        "may_edit": can(actor, "tickets.edit"),
    }  # fmt: skip


register_panel(
    Panel(
        key="tickets.shelved",
        title=_("Bin"),
        page="ticket.card",
        slot="main",
        order=11,
        template="tickets/panels/shelved.html",
        context=shelved,
    )
)
register_panel(
    Panel(
        key="tickets.side_answers",
        title=_("Answers of third parties"),
        page="ticket.card",
        slot="main",
        order=80,
        template="tickets/panels/side_answers.html",
        context=side_answers,
    )
)
register_panel(
    Panel(
        key="tickets.sides",
        title=_("Side conversations"),
        page="ticket.card",
        slot="side",
        order=8,
        template="tickets/panels/sides.html",
        context=side_conversations,
    )
)
register_panel(
    Panel(
        key="tickets.links",
        title=_("Linked tickets"),
        page="ticket.card",
        slot="side",
        order=10,
        template="tickets/panels/links.html",
        context=linked_tickets,
    )
)
register_panel(
    Panel(
        key="tickets.merged",
        title=_("Merged"),
        page="ticket.card",
        slot="main",
        order=10,
        template="tickets/panels/merged.html",
        context=merged_into,
    )
)
register_panel(
    Panel(
        key="tickets.waiting_replies",
        title=_("Replies that wait"),
        page="ticket.card",
        slot="main",
        order=90,
        template="tickets/panels/scheduled.html",
        context=waiting_replies,
    )
)
register_panel(
    Panel(
        key="tickets.history",
        title=_("Earlier tickets"),
        page="ticket.card",
        slot="side",
        order=20,
        lazy=True,
        template="tickets/panels/history.html",
        context=history_on_card,
        load=queries.card,
    )
)
register_panel(
    Panel(
        key="tickets.of_person",
        title=_("Tickets"),
        page="contact.card",
        slot="main",
        order=10,
        template="tickets/panels/history_page.html",
        context=history_of_person,
    )
)
register_panel(
    Panel(
        key="tickets.of_organization",
        title=_("Tickets"),
        page="organization.card",
        slot="main",
        order=10,
        template="tickets/panels/history_page.html",
        context=history_of_organization,
    )
)
