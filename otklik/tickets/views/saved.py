"""Saved replies: the list in the composer, and the pages that keep them."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from otklik.accounts import policies as rights
from otklik.accounts.models import Team
from otklik.accounts.queries import teams
from otklik.accounts.web import permission_required
from otklik.contacts.queries import contacts_by_address
from otklik.contacts.queries import visible_to as contacts_visible_to
from otklik.core.actor import Actor
from otklik.core.errors import DomainError, Invalid, NotFound
from otklik.core.markup import html_to_text
from otklik.core.text import normal_address
from otklik.tickets import queries
from otklik.tickets.actions.saving import FIELDS, Addressee, fill, remove_reply, save_reply
from otklik.tickets.models import SavedReply, Sharing
from otklik.tickets.queries.saved import find_saved, first_saved, get_saved, may_change
from otklik.tickets.views.answers import actor_of, done_page, noun, only_fields

_ON_PAGE = 300
_IN_LIST = 30
_FORM = ("title", "folder", "sharing", "team", "body", "format", "version")


@require_safe
@permission_required("tickets.reply")
def offered(request: HttpRequest) -> HttpResponse:
    """Answer with saved replies that hold the words ``q``, for the list in the composer."""
    rows = first_saved(actor_of(request), request.GET.get("q", "")[:80], _IN_LIST)
    items = [
        {"id": row.pk, "title": row.title, "hint": row.folder, "text": html_to_text(row.body_html)[:160]}
        for row in rows
    ]
    return JsonResponse({"items": items})


@require_safe
@permission_required("tickets.reply")
def filled(request: HttpRequest, number: int, saved_id: int) -> HttpResponse:
    """Answer with a saved reply for a ticket, its placeholders filled; ``to`` is the address of a third party whom it
    greets instead of the requester."""
    actor = actor_of(request)
    try:
        ticket = queries.get_visible(actor, number, related=("team", "organization"))
        to = _addressee(request, actor) if "to" in request.GET else None
        html = fill(get_saved(actor, saved_id), ticket, to=to, by=actor)
    except NotFound as error:
        raise Http404 from error
    return JsonResponse({"html": html, "text": html_to_text(html)})


@require_safe
@permission_required("tickets.reply")
def filled_new(request: HttpRequest, saved_id: int) -> HttpResponse:
    """Answer with a saved reply for a letter that begins a ticket, to the address ``to`` of one called ``name``."""
    actor = actor_of(request)
    try:
        subject = request.GET.get("subject", "")[:300]
        html = fill(get_saved(actor, saved_id), None, to=_addressee(request, actor), subject=subject, by=actor)
    except NotFound as error:
        raise Http404 from error
    return JsonResponse({"html": html, "text": html_to_text(html)})


def _addressee(request: HttpRequest, actor: Actor) -> Addressee:
    """Return whom a letter greets: the visible contact of the address, else what was entered."""
    address, name = request.GET.get("to", "")[:320].strip(), request.GET.get("name", "")[:200].strip()
    key = normal_address(address) if address else ""
    known = contacts_by_address([key]).get(key) if key else None
    person = contacts_visible_to(actor).select_related("organization").filter(pk=known.pk).first() if known else None
    if person is None:
        return Addressee(name, address)
    return Addressee(name or person.name, address, person.organization.name if person.organization else "")


@require_safe
@permission_required("tickets.reply")
def saved_list(request: HttpRequest) -> HttpResponse:
    """Show the saved replies by folder; ``q`` finds."""
    actor, words = actor_of(request), request.GET.get("q", "")[:80]
    folders: dict[str, list[dict[str, Any]]] = {}
    for row in first_saved(actor, words, _ON_PAGE):
        folders.setdefault(row.folder, []).append(_line(row, actor))
    context = {"folders": list(folders.items()), "q": words}
    return render(request, "tickets/saved_list.html", context)


def _line(row: SavedReply, actor: Actor) -> dict[str, Any]:
    shared = {"own": _("only me"), "all": _("everybody")}.get(row.sharing) or (row.team.name if row.team else "—")
    text = " ".join(html_to_text(row.body_html).split())[:180]
    return {"pk": row.pk, "title": row.title, "text": text, "shared": shared, "own": may_change(actor, row)}


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("tickets.reply")
def saved_new(request: HttpRequest) -> HttpResponse:
    """Show the form of a new saved reply; keep it."""
    return _form(request, None)


@require_http_methods(["GET", "HEAD", "POST", "DELETE"])
@permission_required("tickets.reply")
@noun
def saved_one(request: HttpRequest, saved_id: int) -> HttpResponse:
    """Show a saved reply in its form; keep the changes; DELETE takes it away, with a way back."""
    actor = actor_of(request)
    row = get_saved(actor, saved_id)
    if request.method != "DELETE":
        return _form(request, row)
    step = remove_reply(row, by=actor)
    toast: dict[str, Any] = {"value": _("The saved reply is removed")}
    if step is not None:
        toast |= {"undo": f"/tickets/undo/{step.pk}/", "seconds": 10}
    return done_page("/saved-replies/", toast)


def _form(request: HttpRequest, row: SavedReply | None) -> HttpResponse:
    actor = actor_of(request)
    if request.method != "POST":
        return _page(request, actor, row, _values_of(row), {})
    values = {name: request.POST.get(name, "") for name in _FORM}
    try:
        only_fields(request, _FORM)
        body = {"body_html" if values["format"] == "html" else "body_text": values["body"]}
        save_reply(
            row, title=values["title"], folder=values["folder"], sharing=values["sharing"], team=_team(values["team"]),
            version=int(values["version"]) if values["version"].isdecimal() else None, by=actor, **body,
        )  # fmt: skip
    except NotFound as error:
        raise Http404 from error
    except Invalid as error:
        fields = {field or "": str(words) for field, words in error.errors}
        return _page(request, actor, row, values, fields, status=422)
    except DomainError as error:
        return _page(request, actor, row, values, {"": str(error.message)}, status=error.status)
    return redirect("tickets:saved-replies")


def _values_of(row: SavedReply | None) -> dict[str, Any]:
    if row is None:
        return {"sharing": Sharing.OWN, "version": "", "body": "", "title": "", "folder": "", "team": ""}
    return {
        "title": row.title, "folder": row.folder, "sharing": row.sharing, "team": str(row.team_id or ""),
        "body": row.body_html, "version": str(row.version),
    }  # fmt: skip


def _team(text: str) -> Team | None:
    return next((team for team in teams() if str(team.pk) == text), None)


def _page(
    request: HttpRequest, actor: Actor, row: SavedReply | None, values: dict[str, Any], errors: dict[str, str],
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    heads = rights.can(actor, "replies.share")
    own_teams = [team for team in teams() if heads or team.pk in actor.team_ids]
    choices = [
        (key, label) for key, label in Sharing.choices
        if key == Sharing.OWN or (key == Sharing.TEAM and own_teams) or (key == Sharing.ALL and heads)
    ]  # fmt: skip
    context = {
        "row": row, "values": values, "errors": errors, "choices": choices, "teams": own_teams,
        "editable": row is None or may_change(actor, row), "fields": [(f"{{{{ {k} }}}}", v) for k, v in FIELDS.items()],
        "folders": sorted({held.folder for held in find_saved(actor, "")[:_ON_PAGE] if held.folder}),
        "editor_url": static("django_prose_editor/editor.js"),
    }  # fmt: skip
    return render(request, "tickets/saved_form.html", context, status=status)
