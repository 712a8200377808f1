"""The pages of the directories of statuses and request types."""

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from otklik.accounts.web import permission_required
from otklik.core.errors import DomainError
from otklik.tickets.actions.entries import EntryFacts, add_status, add_type, change_entry
from otklik.tickets.models import Category, DirectoryEntry, Status, TicketType
from otklik.tickets.presenters.card import STATUS_CLASS
from otklik.tickets.views.answers import actor_of, only_fields

_FIELDS = ("id", "name_ru", "name_en", "in_use", "category", "version", "move")
_STEPS = {"up": -1, "down": 1}


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("settings.edit")
def statuses(request: HttpRequest) -> HttpResponse:
    """Show the statuses by category; POST ``name_ru``, ``name_en`` and ``category`` adds one.

    With ``id`` and ``version`` it changes that one: names, ``in_use`` (1), and ``move`` (up or down).
    """
    return _directory(request, Status, "tickets:statuses")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("settings.edit")
def types(request: HttpRequest) -> HttpResponse:
    """Show the request types; POST adds or changes one as for statuses."""
    return _directory(request, TicketType, "tickets:types")


@dataclass(frozen=True, slots=True)
class Refused:
    """What was typed and why it was not taken, to be shown where it was typed; ``pk`` is 0 for a new entry."""

    pk: int
    message: str
    field: str
    typed: dict[str, str]


def _directory(request: HttpRequest, model: type[DirectoryEntry], address: str) -> HttpResponse:
    if request.method != "POST":
        return _page(request, model, None)
    row = _row(model, request.POST.get("id", ""))
    try:
        only_fields(request, _FIELDS)
        _save(request, model, row)
    except DomainError as error:
        typed = {name: request.POST.get(name, "") for name in _FIELDS}
        refused = Refused(row.pk if row else 0, str(error.message), getattr(error, "field", ""), typed)
        return _page(request, model, refused, status=error.status)
    messages.success(request, _("Saved"))
    return redirect(f"{reverse(address)}#entry-{row.pk}" if row else address)


def _save(request: HttpRequest, model: type[DirectoryEntry], row: DirectoryEntry | None) -> None:
    actor, given = actor_of(request), request.POST
    facts = EntryFacts(given.get("name_ru", ""), given.get("name_en", ""))
    if row is not None:
        version = given.get("version", "")
        wanted = replace(facts, in_use=given.get("in_use") == "1", step=_STEPS.get(given.get("move", ""), 0))
        seen = int(version) if version.isdecimal() and len(version) < 10 else None
        change_entry(row, wanted, version=seen, by=actor)
    elif model is Status:
        add_status(facts, category=given.get("category", ""), by=actor)
    else:
        add_type(facts, by=actor)


def _row(model: type[DirectoryEntry], text: str) -> DirectoryEntry | None:
    if not text:
        return None
    known = model._default_manager.filter(pk=int(text)).first() if text.isdecimal() and len(text) < 10 else None
    if known is None:
        raise Http404
    return known


def _page(
    request: HttpRequest, model: type[DirectoryEntry], refused: Refused | None, status: int = 200
) -> HttpResponse:
    rows = list(model._default_manager.all())
    if model is Status:
        groups = [
            {"key": key, "name": str(label), "class": STATUS_CLASS[Category(key)],
             "rows": _shown([row for row in rows if getattr(row, "category", "") == key], refused)}
            for key, label in Category.choices
        ]  # fmt: skip
    else:
        groups = [{"key": "", "name": "", "class": "", "rows": _shown(rows, refused)}]
    fresh = refused.typed if refused and not refused.pk else {"name_ru": "", "name_en": "", "category": "open"}
    context: dict[str, Any] = {
        "groups": groups, "refused": refused, "fresh": fresh, "is_new_refused": bool(refused and not refused.pk),
        "categories": Category.choices, "of_statuses": model is Status,
    }  # fmt: skip
    return render(request, "tickets/entries.html", context, status=status)


def _shown(rows: list[Any], refused: Refused | None) -> list[dict[str, Any]]:
    """Return the lines of a group; the one that was refused holds what was typed."""
    lines = []
    for place, row in enumerate(rows):
        mine = refused if refused is not None and refused.pk == row.pk else None
        values = mine.typed if mine else {"name_ru": row.name_ru, "name_en": row.name_en}
        lines.append(
            {
                "pk": row.pk, "key": row.key, "version": row.version, "name": str(row), "values": values,
                "in_use": mine.typed["in_use"] == "1" if mine else row.in_use,
                "fixed": isinstance(row, Status) and row.is_built_in, "first": place == 0,
                "last": place == len(rows) - 1, "error": mine.message if mine else "",
                "error_field": mine.field if mine else "",
                "present": f"{row.name_ru} · {row.name_en}" if mine and not mine.field else "",
            }
        )  # fmt: skip
    return lines
