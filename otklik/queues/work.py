"""What the pages of guided work share."""

from collections.abc import Callable, Iterable
from typing import cast

from django.http import HttpRequest, HttpResponse

from otklik.accounts.web import StaffRequest
from otklik.core.actor import Actor
from otklik.core.errors import Invalid

View = Callable[..., HttpResponse]
Guarded = Callable[[View], View]


def actor_of(request: HttpRequest) -> Actor:
    """Return the signed-in actor of a request that passed ``permission_required``."""
    return cast(StaffRequest, request).actor


def only_fields(request: HttpRequest, allowed: Iterable[str]) -> None:
    """Refuse a form with fields that the page does not know."""
    if unknown := set(request.POST) - set(allowed) - {"csrfmiddlewaretoken"}:
        raise Invalid(f"{min(unknown)[:40]}?")


def number_of(text: str) -> int | None:
    """Return a number of a form, nothing for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
