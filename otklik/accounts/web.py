"""Doors of pages: who must be signed in, and what happens to those who may not."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse

from otklik.accounts import policies
from otklik.accounts.readers import Reader, no_longer, reader_of, rights_mark
from otklik.core.actor import Actor

__all__ = [
    "Reader", "StaffRequest", "no_longer", "permission_required", "reader_of", "rights_mark", "staff_required",
]  # fmt: skip

View = Callable[..., HttpResponse]


class StaffRequest(HttpRequest):
    """A request of a signed-in member of staff; for types only."""

    actor: Actor


def _to_login(request: HttpRequest) -> HttpResponse:
    if getattr(request, "htmx", False):
        response = HttpResponse(status=401)
        response["HX-Refresh"] = "true"
        return response
    return redirect_to_login(request.get_full_path())


def staff_required(view: View) -> View:
    """Let only signed-in staff in; others are sent to the sign-in page (an htmx part reloads its page)."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if getattr(request, "actor", None) is None:
            return _to_login(request)
        return view(request, *args, **kwargs)

    guarded.requires = "staff"  # type: ignore[attr-defined]
    return guarded


def permission_required(permission: str) -> Callable[[View], View]:
    """Let only staff with the right in; a signed-in person without it gets 404, as for a page that is not there."""

    if permission not in policies.PERMISSIONS:
        raise KeyError(permission)

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            actor = getattr(request, "actor", None)
            if actor is None:
                return _to_login(request)
            if not policies.can(actor, permission):
                raise Http404
            return view(request, *args, **kwargs)

        guarded.requires = permission  # type: ignore[attr-defined]
        return guarded

    return decorate
