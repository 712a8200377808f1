"""A person's own settings."""

from typing import Any, cast
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from otklik.accounts import actions
from otklik.accounts.models import Theme, User
from otklik.accounts.web import StaffRequest, staff_required
from otklik.core import locality
from otklik.core.clock import now
from otklik.core.errors import Invalid

_FIELDS = ("name", "language", "theme", "time_zone", "signature")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required
def profile(request: HttpRequest) -> HttpResponse:
    """Show and change name, language, theme, time zone and signature."""
    staff = cast(StaffRequest, request)
    user = cast(User, request.user)
    if request.method != "POST":
        return _page(request, {field: getattr(user, field) for field in _FIELDS}, {})
    values = {field: request.POST.get(field, "").replace("\r\n", "\n") for field in _FIELDS}
    if unknown := set(request.POST) - {"csrfmiddlewaretoken", *_FIELDS}:
        text = _("There is no field “%(field)s”.") % {"field": min(unknown)[:40]}
        return _page(request, values, {"form": text}, status=422)
    try:
        changed = actions.change_profile(user, by=staff.actor, **values)
    except Invalid as error:
        return _page(request, values, {field: str(text) for field, text in error.errors}, status=422)
    if changed:
        with translation.override(user.language):
            messages.success(request, _("Saved"))
    return redirect("desk:profile")


def _page(request: HttpRequest, values: dict[str, Any], errors: dict[str, str], status: int = 200) -> HttpResponse:
    themes = [(value, label) for value, label in Theme.choices]
    context = {
        "values": values,
        "errors": errors,
        "themes": themes,
        "zones": zones(),
        "email": cast(User, request.user).email,
        "away": cast(User, request.user).away,
    }
    return render(request, "desk/profile.html", context, status=status)


def zones() -> list[tuple[str, str]]:
    """Return the zones with their present offset, those of Russia first."""
    return [(zone, _zone_label(zone)) for zone in locality.zones()]


def _zone_label(zone: str) -> str:
    offset = now().astimezone(ZoneInfo(zone)).strftime("%z")
    return f"{zone.replace('_', ' ')} (UTC{offset[:3]}:{offset[3:]})"
