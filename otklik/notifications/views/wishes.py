"""The page of a person's notification rules: his own, and that of somebody an administrator manages."""

from datetime import time
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from otklik.accounts.models import User
from otklik.accounts.queries import manageable
from otklik.accounts.web import permission_required, staff_required
from otklik.core.clock import now
from otklik.core.errors import DomainError, Invalid
from otklik.core.shown import Moments
from otklik.notifications import actions, queries
from otklik.notifications.actions.choosing import Wanted
from otklik.notifications.client import public_key
from otklik.notifications.kinds import CHANGES, DIGESTS, NEW, REACH, REACH_NAMES, WAY_NAMES, WAYS
from otklik.notifications.models import Wishes
from otklik.notifications.presenters import browser_lines
from otklik.notifications.rules import Rules, rules_of
from otklik.notifications.views.reading import actor_of, refuse_unknown

_TIMES = ("quiet_from", "quiet_to", "digest_at")
_FIELDS = frozenset({"quiet", "digest", *_TIMES, *(f"{NEW}.{way}" for way in WAYS), *CHANGES})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required
def wishes(request: HttpRequest) -> HttpResponse:
    """Show and change what the reader is told, and how."""
    return _serve(request, cast(User, request.user), own=True)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("users.manage")
def person_wishes(request: HttpRequest, user_id: int) -> HttpResponse:
    """Show and change what somebody is told whom the reader manages."""
    return _serve(request, get_object_or_404(manageable(actor_of(request)), pk=user_id), own=False)


def _serve(request: HttpRequest, user: User, *, own: bool) -> HttpResponse:
    held = queries.wishes_of(user.pk)
    if request.method != "POST":
        return _page(request, user, held, {}, own=own)
    try:
        actions.change_wishes(user, wanted_of(request), by=actor_of(request))
    except DomainError as error:
        errors = {field or "form": str(words) for field, words in getattr(error, "errors", [])}
        return _page(request, user, held, errors or {"form": str(error.message)}, own=own, status=error.status)
    messages.success(request, _("Saved"))
    return redirect("notifications:wishes") if own else redirect("notifications:person-wishes", user.pk)


def wanted_of(request: HttpRequest) -> Wanted:
    """Read the form: every box that is not ticked is a way that is not wanted."""
    refuse_unknown(request, _FIELDS)
    times: dict[str, Any] = {name: _time(request.POST[name], name) for name in _TIMES if request.POST.get(name)}
    return Wanted(
        ways={key: request.POST.getlist(key) for key in CHANGES},
        new={way: request.POST[f"{NEW}.{way}"] for way in WAYS if f"{NEW}.{way}" in request.POST},
        quiet="quiet" in request.POST,
        digest=request.POST.get("digest"),
        **times,
    )


def read_table(request: HttpRequest) -> Wanted:
    """Read only the table: what somebody is told who is being added."""
    return Wanted(
        ways={key: request.POST.getlist(key) for key in CHANGES},
        new={way: request.POST[f"{NEW}.{way}"] for way in WAYS if f"{NEW}.{way}" in request.POST},
    )


def table_of(rules: Rules) -> dict[str, Any]:
    """Return the table of ways, new tickets and changes, as it is shown."""
    return {
        "ways": [(way, WAY_NAMES[way]) for way in WAYS],
        "new": [
            (f"{NEW}.{way}", WAY_NAMES[way], [(key, REACH_NAMES[key], rules.new[way] == key) for key in REACH])
            for way in WAYS
        ],
        "changes": [
            (change.key, change.label, [(way, WAY_NAMES[way], way in rules.ways[change.key]) for way in WAYS])
            for change in CHANGES.values()
        ],
    }


def _time(text: str, name: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError as error:
        raise Invalid(_("Enter a time as 20:00."), field=name) from error


def _page(
    request: HttpRequest, user: User, held: Wishes | None, errors: dict[str, str], *, own: bool, status: int = 200
) -> HttpResponse:
    row = held or Wishes(user=user)
    context = {
        "own": own, "person": user, "errors": errors, "wish": table_of(rules_of(held)),
        "quiet": row.quiet, "quiet_from": f"{row.quiet_from:%H:%M}", "quiet_to": f"{row.quiet_to:%H:%M}",
        "digests": [(key, label, row.digest == key) for key, label in DIGESTS.items()],
        "digest_at": f"{row.digest_at:%H:%M}", "browsers": browser_lines(queries.browsers_of(user.pk), Moments(now())),
        "push_key": public_key() if own else "",
    }  # fmt: skip
    return render(request, "notifications/wishes.html", context, status=status)
