"""The page of the change log."""

from typing import cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from otklik.accounts.queries import visible_to
from otklik.accounts.web import StaffRequest, permission_required
from otklik.core.clock import now
from otklik.core.pages import decode_cursor, encode_cursor
from otklik.desk import audit as log


@require_safe
@permission_required("settings.view")
def audit(request: HttpRequest) -> HttpResponse:
    """Show who changed settings, rights and channels, newest first."""
    actor = cast(StaffRequest, request).actor
    area = request.GET.get("area", "")
    area = area if area in log.AREAS else ""
    given = request.GET.get("who", "")
    who = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None
    after = request.GET.get("after", "")
    before = int(decode_cursor(after, (int,))[0]) if after else None  # type: ignore[arg-type]
    found = list(log.changes(actor, area=area, who=who, before=before)[: log.PAGE + 1])
    rows = [row.stored() for row in found[: log.PAGE]]
    query = {key: value for key, value in (("area", area), ("who", str(who or ""))) if value}
    more = ""
    if len(found) > log.PAGE:
        more = f"?{urlencode({**query, 'after': encode_cursor([rows[-1].id])})}"
    context = {
        "lines": log.present(rows, now()),
        "more": more,
        "areas": [
            {"label": label, "url": f"?{urlencode({**query, 'area': key})}", "current": key == area}
            for key, label in (("", _("All")), *((key, str(value[0])) for key, value in log.AREAS.items()))
        ],
        "people": [(user.pk, user.name, user.pk == who) for user in visible_to(actor).order_by("name", "pk")[:500]],
        "area": area,
        "who": who,
        "later": bool(after),
    }
    return render(request, "desk/audit.html", context)
