"""The page of all tags: how many open tickets each has, which are on the reader's rail, and changing them."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from otklik.accounts import policies as rights
from otklik.accounts.web import permission_required
from otklik.core.actor import Actor
from otklik.core.errors import DomainError, Invalid, NotFound
from otklik.core.pages import keyset_page
from otklik.core.text import normal_form
from otklik.tickets import queries
from otklik.tickets.actions.tag_list import merge_tags, pin_tag, remove_tag, rename_tag, unpin_tag
from otklik.tickets.models import BulkRun, Tag
from otklik.tickets.queries.runs import going_run
from otklik.tickets.views.answers import actor_of, only_fields

PAGE = 100
_BY_NAME: list[tuple[str, type]] = [("name_key", str)]


@require_safe
@permission_required("tickets.view")
def tag_list(request: HttpRequest) -> HttpResponse:
    """Show the tags by name, with ``q`` those that begin so; ``cursor`` gives the next, ``run`` is one to show."""
    return _page(request, "")


@require_POST
@permission_required("tickets.view")
def tag_pins(request: HttpRequest) -> HttpResponse:
    """Put the ``tag`` of this name on the reader's rail (``on`` is 1) or take it off, and go back to ``back``."""
    actor = actor_of(request)
    name = request.POST.get("tag", "")[:80]
    try:
        only_fields(request, ("tag", "on", "back"))
        tag = _named(name)
        pin_tag(tag, by=actor) if request.POST.get("on") == "1" else unpin_tag(tag, by=actor)
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        messages.error(request, str(error.message))
    if request.POST.get("back") == "list":
        return redirect("tickets:tag-list")
    return redirect(f"/tickets/?{urlencode({'tag': name})}")


@require_POST
@permission_required("tickets.tags")
def one_tag(request: HttpRequest, tag_id: int) -> HttpResponse:
    """Change a tag for everybody: ``act`` is ``rename`` (to ``name``), ``merge`` (with the tag called ``into``) or
    ``remove``."""
    actor = actor_of(request)
    try:
        only_fields(request, ("act", "name", "into"))
        run = _change(queries.get_tag(tag_id), request, actor)
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        return _page(request, str(error.message), status=error.status)
    if run is None:
        return redirect("tickets:tag-list")
    messages.success(request, _("The tag is changed; its tickets follow"))
    return redirect(f"{reverse('tickets:tag-list')}?run={run.pk}")  # shown even when it is over by then, with its undo


def _change(tag: Tag, request: HttpRequest, actor: Actor) -> BulkRun | None:
    act = request.POST.get("act")
    if act == "rename":
        return rename_tag(tag, name=request.POST.get("name", ""), by=actor)
    if act == "remove":
        return remove_tag(tag, by=actor)
    if act != "merge":
        raise Invalid(_("Choose what to do with the tag."), field="act")
    into = request.POST.get("into", "")[:80]
    try:
        other = _named(into)
    except NotFound as error:
        raise Invalid(_("There is no tag “%(value)s”.") % {"value": into}, field="into") from error
    return merge_tags(tag, into=other, by=actor)


def _named(name: str) -> Tag:
    tag = queries.tags().filter(name_key=normal_form(name.replace("\x00", ""))[:40]).first()
    if tag is None:
        raise NotFound
    return tag


def _page(request: HttpRequest, error: str, status: int = 200) -> HttpResponse:
    actor, wanted = actor_of(request), " ".join(request.GET.get("q", "").replace("\x00", "").split())[:40]
    try:
        page = keyset_page(
            queries.tags(beginning=wanted), order=_BY_NAME, cursor=request.GET.get("cursor") or None, limit=PAGE
        )
    except Invalid as wrong:
        raise Http404 from wrong
    counts = queries.tag_counters(actor, [tag.pk for tag in page.items])
    pinned = {pin.tag_id for pin in queries.pins_of(actor)}
    may_change = rights.can(actor, "tickets.tags")
    run, begun = going_run(actor) if may_change else None, request.GET.get("run", "")
    context: dict[str, Any] = {
        "rows": [_row(tag, counts[tag.pk], tag.pk in pinned) for tag in page.items],
        "q": wanted,
        "more_url": f"?{urlencode({'q': wanted, 'cursor': page.next})}" if page.next else "",
        "may_change": may_change,
        "run": run.pk if run else begun if begun.isascii() and begun.isdigit() and len(begun) < 18 else "",
        "error": error,
    }
    return render(request, "tickets/tag_list.html", context, status=status)


def _row(tag: Tag, count: int, pinned: bool) -> dict[str, Any]:
    cap = queries.COUNT_CAP
    return {
        "id": tag.pk,
        "name": tag.name,
        "url": f"/tickets/?{urlencode({'tag': tag.name})}",
        "count": f"{cap - 1}+" if count >= cap else str(count or ""),
        "pinned": pinned,
    }
