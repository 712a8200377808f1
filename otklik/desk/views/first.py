"""The first-run page, the checklist above the list, the sample request."""

from typing import Any, cast

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from otklik.accounts.models import User
from otklik.accounts.web import StaffRequest, permission_required
from otklik.core import settings_store
from otklik.core.errors import Invalid, NotFound
from otklik.core.locality import desk_language, desk_zone
from otklik.desk.app_settings import FIRST_STEPS
from otklik.desk.first import actions
from otklik.desk.first.steps import steps
from otklik.desk.first.tokens import fits, is_new
from otklik.desk.views.profile import zones

_FIELDS = ("company", "name", "email", "password", "language", "time_zone")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest, token: str) -> HttpResponse:
    """Make the first administrator; there is no such page for a wrong token or once there is a user."""
    if not fits(token) or not is_new():
        raise NotFound
    if request.method != "POST":
        values = dict.fromkeys(_FIELDS, "") | {
            "language": (get_language() or desk_language())[:2],
            "time_zone": str(desk_zone()),
        }
        return _setup_page(request, values, {})
    values = {field: request.POST.get(field, "") for field in _FIELDS}
    if unknown := request.POST.keys() - {*_FIELDS, "csrfmiddlewaretoken"}:
        return _setup_page(request, values, {"": ", ".join(sorted(unknown))[:200]}, status=422)
    try:
        user = actions.begin_desk(token=token, **values)
    except Invalid as error:
        return _setup_page(request, values, {field: str(text) for field, text in error.errors}, status=422)
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return redirect(f"{reverse('tickets:list')}?folder=open")


def _setup_page(
    request: HttpRequest, values: dict[str, Any], errors: dict[str, str], status: int = 200
) -> HttpResponse:
    context = {"values": values | {"password": ""}, "errors": errors, "zones": zones()}
    return render(request, "desk/setup.html", context, status=status)


@require_safe
@permission_required("settings.edit")
def first_steps(request: HttpRequest) -> HttpResponse:
    """Answer with the checklist, or with nothing once it was put away."""
    if not settings_store.get(FIRST_STEPS):
        return HttpResponse()
    found = steps()
    context = {
        "steps": found,
        "all_done": all(step.done for step in found),
        "may_sample": not next(step.done for step in found if step.key == "request"),
    }
    return render(request, "desk/first_steps.html", context)


@require_POST
@permission_required("settings.edit")
def sample(request: HttpRequest) -> HttpResponse:
    """Open the sample request and go there."""
    staff = cast(StaffRequest, request)
    ticket = actions.make_sample(user=cast(User, request.user), by=staff.actor)
    return redirect("tickets:card", ticket.number)


@require_POST
@permission_required("settings.edit")
def steps_away(request: HttpRequest) -> HttpResponse:
    """Put the checklist away."""
    actions.put_steps_away(by=cast(StaffRequest, request).actor)
    if getattr(request, "htmx", False):
        return HttpResponse()
    return redirect("tickets:list")
