"""A run over a whole folder on the page: how far it is, what it left, stopping it and taking it back."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from otklik.accounts.web import permission_required
from otklik.core.errors import Invalid
from otklik.tickets.actions.bulk_runs import stop_run, undo_run
from otklik.tickets.models import BulkRun, RunState
from otklik.tickets.queries.runs import get_run, going_run, refusals
from otklik.tickets.views.answers import actor_of, is_part, noun, only_fields

_GOING = (RunState.RUNNING, RunState.UNDOING)


@require_safe
@permission_required("tickets.view")
def runs(request: HttpRequest) -> HttpResponse:
    """Show the reader's run that goes on now; nothing when there is none."""
    run = going_run(actor_of(request))
    return _strip(request, run) if run else HttpResponse("")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("tickets.view")
@noun
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """GET: how far it is. POST ``act``: ``stop`` it where it is, or ``undo`` it as a whole."""
    row = get_run(actor_of(request), run_id)
    if request.method == "POST":
        only_fields(request, ("act",))
        act = request.POST.get("act")
        if act not in {"stop", "undo"}:
            raise Invalid(_("Choose what to do with the run."), field="act")
        stop_run(row) if act == "stop" else undo_run(row)
        row.refresh_from_db()
        if not is_part(request):
            return redirect("tickets:list")
    return _strip(request, row)


def _strip(request: HttpRequest, row: BulkRun) -> HttpResponse:
    going = row.state in _GOING
    context: dict[str, Any] = {
        "run": row, "going": going, "words": _words(row), "stoppable": row.state == RunState.RUNNING,
        "undoable": row.changed > 0 and row.state in {RunState.DONE, RunState.STOPPED},
        "refused": refusals(row) if row.refused and not going else [], "rest": max(0, row.refused - 20),
    }  # fmt: skip
    response = render(request, "tickets/bulk_run.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _words(row: BulkRun) -> str:
    count = {"count": row.changed}
    if row.state == RunState.RUNNING and row.capped:
        return _("Changing the newest %(total)s: %(done)s done") % {"done": row.done, "total": row.total}
    if row.state == RunState.RUNNING:
        return _("Changing: %(done)s of %(total)s") % {"done": row.done, "total": row.total}
    if row.state == RunState.UNDOING:
        return _("Taking back: %(done)s of %(total)s") % {"done": row.done, "total": row.total}
    if row.state == RunState.UNDONE:
        return ngettext("%(count)s ticket is as before", "%(count)s tickets are as before", row.changed) % count
    words = ngettext("%(count)s ticket changed", "%(count)s tickets changed", row.changed) % count
    return _("Stopped. %(words)s") % {"words": words} if row.state == RunState.STOPPED else words
