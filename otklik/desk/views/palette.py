"""What the command palette finds beyond the page itself: tickets, people and organisations by a few words."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from otklik.accounts.web import staff_required
from otklik.contacts import queries as contacts
from otklik.core.actor import Actor
from otklik.core.errors import Invalid
from otklik.tickets import queries as tickets
from otklik.tickets.queries.searching import search
from otklik.tickets.queries.understanding import understand

MOST: Final = 5
LONGEST: Final = 100


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the palette."""

    url: str
    icon: str
    label: str
    hint: str = ""


@require_safe
@staff_required
def palette(request: HttpRequest) -> HttpResponse:
    """Return the lines for ``q``: up to ``MOST`` of each kind; none for fewer than two characters."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    words = " ".join(request.GET.get("q", "").split())[:LONGEST]
    lines: list[Line] = []
    if len(words) > 1:
        lines = [*_tickets(actor, words), *_tags(words), *_people(actor, words), *_organizations(actor, words)]
        everything = f"{reverse('tickets:search')}?{request.GET.urlencode()}"
        lines.append(Line(everything, "search", _("Look for “%(words)s” in all tickets") % {"words": words}))
    return render(request, "desk/palette.html", {"lines": lines})


def _tickets(actor: Actor, words: str) -> list[Line]:
    try:
        numbers = search(actor, understand(actor, words), limit=MOST).numbers
    except Invalid:
        return []  # half a word of the search line; the search page says what is wrong with it
    rows = tickets.visible_to(actor).filter(pk__in=numbers).select_related("requester")
    found = {ticket.pk: ticket for ticket in rows}
    return [
        Line(f"/tickets/{number}/", "inbox", found[number].subject or "—", f"№ {number} · {found[number].requester}")
        for number in numbers
        if number in found
    ]


def _tags(words: str) -> list[Line]:
    beginning = words.removeprefix("#").replace("\x00", "").strip()
    if not beginning:
        return []
    return [
        Line(f"{reverse('tickets:list')}?{urlencode({'tag': tag.name})}", "tag", tag.name, _("Tag"))
        for tag in tickets.tags(beginning=beginning)[:MOST]
    ]


def _people(actor: Actor, words: str) -> list[Line]:
    return [
        Line(
            reverse("contacts:contact", args=[person.pk]),
            "user",
            person.name,
            person.organization.name if person.organization else contacts.primary_address(person),
        )
        for person in contacts.find_people(actor, words, limit=MOST)
    ]


def _organizations(actor: Actor, words: str) -> list[Line]:
    return [
        Line(reverse("contacts:organization", args=[row.pk]), "building", row.name, _("Organisation"))
        for row in contacts.find_organizations(actor, words)[:MOST]
    ]
