"""How the nouns answer: the script hears that the ticket changed and fetches its parts, a plain form is sent back."""

import json
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from otklik.accounts.web import StaffRequest
from otklik.core.actor import Actor
from otklik.core.errors import DomainError, Invalid, NotFound
from otklik.tickets.actions import Clash
from otklik.tickets.views.clashes import clash_answer

View = Callable[..., HttpResponse]


def actor_of(request: HttpRequest) -> Actor:
    """Return the signed-in actor of a request that passed ``permission_required``."""
    return cast(StaffRequest, request).actor


def only_fields(request: HttpRequest, allowed: Iterable[str]) -> None:
    """Refuse a form with fields that this noun does not know."""
    unknown = set(request.POST) - set(allowed) - {"csrfmiddlewaretoken"}
    if unknown:
        raise Invalid(f"{min(unknown)[:40]}?")


def done(request: HttpRequest, number: int, words: str = "", **triggers: Any) -> HttpResponse:
    """Answer a change that was made: 204 with the news for a part page, back to the card for a plain form."""
    if not is_part(request):
        if words:
            messages.success(request, words)
        return redirect("tickets:card", number)
    response = HttpResponse(status=204)
    events: dict[str, Any] = {"ticket-changed": {"number": number}, **triggers}
    if words:
        events["toast"] = {"value": words}
    response["HX-Trigger"] = json.dumps(events)
    return response


def done_page(url: str, toast: dict[str, Any]) -> HttpResponse:
    """Answer a script's change by going to another page, which tells of it."""
    response = HttpResponse(status=204)
    response["HX-Redirect"] = url
    response["HX-Trigger"] = json.dumps({"toast": {**toast, "carry": True}})
    return response


def is_part(request: HttpRequest) -> bool:
    """Tell whether the desk's script asks, not a plain form."""
    return request.headers.get("HX-Request") == "true"


def told(error: DomainError) -> JsonResponse:
    """Answer the composer's or uploader's own request with the sentence of an error."""
    return JsonResponse({"message": str(error.message)}, status=error.status)


def noun(view: View) -> View:
    """Turn what actions raise into answers: 404 for what one may not see, else the sentence as a toast or a message."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotFound as error:
            raise Http404 from error
        except Clash as clash:
            return clash_answer(request, clash, part=is_part(request))
        except DomainError as error:
            if not is_part(request):
                messages.error(request, str(error.message))
                number = kwargs.get("number")
                return redirect("tickets:card", number) if number else redirect("tickets:list")
            response = HttpResponse(status=error.status)
            response["HX-Reswap"] = "none"
            response["HX-Trigger"] = json.dumps({"toast": {"value": str(error.message), "bad": True}})
            return response

    return guarded
