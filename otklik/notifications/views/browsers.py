"""Push in this browser: its service worker, letting it in and out, a trial message."""

from functools import cache
from pathlib import Path
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from otklik.accounts.web import staff_required
from otklik.core.errors import Invalid
from otklik.notifications import actions
from otklik.notifications.actions.pushing import try_push
from otklik.notifications.queries import browsers_of
from otklik.notifications.views.reading import actor_of, refuse_unknown

_WORKER: Final = Path(__file__).resolve().parent.parent / "static" / "notifications" / "worker.js"
_MAKERS: Final = (("Edg/", "Edge"), ("YaBrowser/", "Yandex"), ("OPR/", "Opera"), ("Firefox/", "Firefox"),
                  ("Chrome/", "Chrome"), ("Safari/", "Safari"))  # fmt: skip
_SYSTEMS: Final = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
                   ("Mac OS", "macOS"), ("Linux", "Linux"))  # fmt: skip


@cache
def _worker() -> bytes:
    return _WORKER.read_bytes()


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """Give the service worker; it stands at the root, because it may only serve what lies below its own address."""
    response = HttpResponse(_worker(), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@require_POST
@staff_required
def browsers(request: HttpRequest) -> HttpResponse:
    """Let the browser that asks show notifications."""
    refuse_unknown(request, {"endpoint", "p256dh", "auth"})
    made = actions.add_browser(
        **{name: request.POST.get(name, "") for name in ("endpoint", "p256dh", "auth")},
        name=name_of(request.headers.get("User-Agent", "")), by=actor_of(request),
    )  # fmt: skip
    return JsonResponse({"token": made.token}, status=201)


@require_POST
@staff_required
def browser(request: HttpRequest, token: str) -> HttpResponse:
    """``act=remove`` lets a browser show nothing any more; ``act=try`` sends it a trial message."""
    refuse_unknown(request, {"act"})
    actor = actor_of(request)
    found = browsers_of(actor.id or 0).filter(token=token).first()
    if found is None:
        raise Http404
    if request.POST.get("act") == "try":
        try_push(found, by=actor)
        return HttpResponse(status=204)
    if request.POST.get("act") != "remove":
        raise Invalid(field="act")
    actions.remove_browser(found, by=actor)
    return redirect("notifications:wishes")


def name_of(agent: str) -> str:
    """Return a browser's name from what it says of itself: «Chrome · Windows»."""
    parts = [next((name for mark, name in known if mark in agent), "") for known in (_MAKERS, _SYSTEMS)]
    return " · ".join(part for part in parts if part) or _("Unknown browser")
