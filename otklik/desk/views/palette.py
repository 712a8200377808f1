"""What the command palette finds beyond the page itself: sections of the settings, tags, saved replies, tickets, people
and organisations, by a few words that may have been typed in the other keyboard layout."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from otklik.accounts import policies
from otklik.accounts.web import staff_required
from otklik.contacts import queries as contacts
from otklik.core.actor import Actor
from otklik.core.errors import Invalid
from otklik.core.menu import menu_for
from otklik.core.text import normal_form
from otklik.search.words import other_layout
from otklik.tickets import queries as tickets
from otklik.tickets.queries.saved import find_saved
from otklik.tickets.queries.searching import search
from otklik.tickets.queries.understanding import understand

MOST: Final = 5
FEW: Final = 3
LONGEST: Final = 100


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the palette: it leads to ``url``, or puts the saved reply ``saved`` into the open ticket's answer."""

    url: str
    icon: str
    label: str
    hint: str = ""
    saved: int = 0


@require_safe
@staff_required
def palette(request: HttpRequest) -> HttpResponse:
    """Return the lines for ``q``, a few of each kind; none for fewer than two characters.

    With ``writing`` there is an answer on the page that saved replies can be put into.
    """
    actor: Actor = request.actor  # type: ignore[attr-defined]
    words = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:LONGEST]
    if len(words) < 2:
        return render(request, "desk/palette.html", {"lines": []})
    lines = _lines(actor, words, writing="writing" in request.GET)
    everything = f"{reverse('tickets:search')}?{urlencode({'q': words})}"
    lines.append(Line(everything, "search", _("Look for “%(words)s” in all tickets") % {"words": words}))
    return render(request, "desk/palette.html", {"lines": lines})


def _lines(actor: Actor, words: str, *, writing: bool) -> list[Line]:
    """Return what the words find, else what the same keys find in the other layout."""
    found, turned = _tickets(actor, words)
    before, after = ([], []) if turned else _around(actor, words, writing=writing)
    other = other_layout(words)
    if other and not (before or after) and (turned or not found):
        before, after = _around(actor, other, writing=writing)
    return [*_sections(actor, words), *before, *found, *after]


def _around(actor: Actor, words: str, *, writing: bool) -> tuple[list[Line], list[Line]]:
    """Return what stands before the tickets, and what after them."""
    before = [*_tags(actor, words), *_saved(actor, words, writing=writing)]
    return before, [*_people(actor, words), *_organizations(actor, words)]


def _sections(actor: Actor, words: str) -> list[Line]:
    """Return the sections of the settings whose names hold words that begin so; the page knows the rail itself."""
    wanted = [normal_form(said) for said in (words, other_layout(words)) if said]
    lines = []
    for item in menu_for(actor, "settings"):
        name = f" {normal_form(str(item.label))}"
        if any(f" {said}" in name for said in wanted):
            lines.append(Line(reverse(item.url_name), item.icon, str(item.label), _("Settings")))
    return lines[:MOST]


def _tags(actor: Actor, words: str) -> list[Line]:
    beginning = words.removeprefix("#").strip()
    if not beginning or not policies.can(actor, "tickets.view"):
        return []
    url = reverse("tickets:list")
    rows = tickets.tags(beginning=beginning)[:FEW]
    return [Line(f"{url}?{urlencode({'tag': row.name})}", "tag", row.name, _("Tag")) for row in rows]


def _saved(actor: Actor, words: str, *, writing: bool) -> list[Line]:
    """Return saved replies, which an answer on the page can take."""
    hint = _("Put the saved reply in") if writing else _("Saved reply")
    rows = find_saved(actor, words)[: MOST if writing else FEW]
    return [
        Line(reverse("tickets:saved-reply", args=[row.pk]), "template", row.title, hint, row.pk if writing else 0)
        for row in rows
    ]


def _tickets(actor: Actor, words: str) -> tuple[list[Line], bool]:
    """Return the tickets, and whether they were found in the other layout."""
    try:
        hit = search(actor, understand(actor, words), limit=MOST)
    except Invalid:
        return [], False  # half a word of the search line; the search page says what is wrong with it
    rows = tickets.visible_to(actor).filter(pk__in=hit.numbers).select_related("requester")
    found = {ticket.pk: ticket for ticket in rows}
    lines = [
        Line(f"/tickets/{number}/", "inbox", found[number].subject or "—", f"№ {number} · {found[number].requester}")
        for number in hit.numbers
        if number in found
    ]
    return lines, bool(hit.corrected)


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
