"""Puts the actor, his language and his time zone on the request.

The session remembers the teams together with the stamp of the person's access, so a page costs two statements before
its own: the session and the user. Role and rights come with the user's row.
"""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation

from otklik.accounts.models import User
from otklik.accounts.provider.door import provider_is_strong
from otklik.accounts.queries import actor_for, stood_in_for, team_ids_of
from otklik.accounts.second_factor import has_second_factor, is_required
from otklik.accounts.sessions import mark_seen
from otklik.core.actor import Actor
from otklik.core.locality import desk_language, desk_zone, zone_or_ours

_SESSION_KEY = "actor"
_LANGUAGE_COOKIE: Final = "otklik_lang"
_LANGUAGES: Final = frozenset({"ru", "en"})
_LANGUAGE_KEPT: Final = 60 * 60 * 24 * 365
Handler = Callable[[HttpRequest], HttpResponse]


def actor_of_session(request: HttpRequest, user: User) -> Actor:
    """Return the actor of a signed-in user; his teams come from the session while his access is the same."""
    kept = request.session.get(_SESSION_KEY)
    if kept and kept.get("stamp") == user.access_stamp:
        return actor_for(
            user, team_ids=frozenset(kept["teams"]), stands_in_for=frozenset(kept.get("stands_in_for", ()))
        )
    teams, absent = team_ids_of(user), stood_in_for(user.pk)
    strong = has_second_factor(user.pk)
    request.session[_SESSION_KEY] = {"stamp": user.access_stamp, "teams": sorted(teams), "strong": strong}
    if absent:
        request.session[_SESSION_KEY]["stands_in_for"] = sorted(absent)
    return actor_for(user, team_ids=teams, stands_in_for=absent)


def must_set_up(request: HttpRequest, user: User) -> bool:
    """Tell whether the person has to set up a second factor before anything else. Asks nothing of the database."""
    return is_required(user) and not is_strong(request)


def is_strong(request: HttpRequest) -> bool:
    """Tell whether the session has a second factor behind it: the person's own, or that of his provider."""
    return bool(request.session.get(_SESSION_KEY, {}).get("strong", False)) or provider_is_strong(request)


def wished_language(request: HttpRequest) -> str:
    """Return the language that the browser wishes, nothing for none of ours. Asks nothing of the database."""
    chosen = request.GET.get("lang", "") or request.COOKIES.get(_LANGUAGE_COOKIE, "")
    if chosen in _LANGUAGES:
        return chosen
    accepted = request.META.get("HTTP_ACCEPT_LANGUAGE", "").lower()
    first = accepted.partition(",")[0].partition(";")[0].strip()[:2]
    return first if first in _LANGUAGES else ""


def _to_set_up(request: HttpRequest) -> HttpResponse:
    page = reverse("people:security")
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": page})
    return HttpResponseRedirect(page)


class ActorMiddleware:
    """Set ``request.user`` and ``request.actor``; an inactive user is nobody."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Resolve the user when the request carries a session, else leave it anonymous without a statement."""
        request.actor = None  # type: ignore[attr-defined]
        request.user = AnonymousUser()
        if settings.SESSION_COOKIE_NAME in request.COOKIES and not request.path.startswith(("/static/", "/api/")):
            user = get_user(request)
            if isinstance(user, User) and user.is_active:
                request.user = user
                request.actor = actor_of_session(request, user)  # type: ignore[attr-defined]
                mark_seen(request)
                free = request.path.startswith("/accounts/") or request.path == "/profile/security/"
                if not free and must_set_up(request, user):
                    return _to_set_up(request)
        return self.get_response(request)


class PersonalLocaleMiddleware:
    """Speak the user's language in his time zone; before sign-in the browser's wish among ours counts.

    The language that a stranger chose by a link (``?lang=``) stays with his browser for a year.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Switch language and zone for the time of the request."""
        user = request.user
        if isinstance(user, User):
            language, zone = user.language, zone_or_ours(user.time_zone)
        elif request.path.endswith("/") and not request.path.startswith("/api/"):
            language, zone = wished_language(request) or desk_language(), desk_zone()
        else:  # what is no page, above all whether the process is alive, is answered without the database
            language, zone = wished_language(request) or settings.LANGUAGE_CODE, None
        with translation.override(language), timezone.override(zone):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        if (chosen := request.GET.get("lang")) in _LANGUAGES and not isinstance(user, User):
            response.set_cookie(
                _LANGUAGE_COOKIE, chosen, max_age=_LANGUAGE_KEPT, httponly=True, samesite="Lax",
                secure=settings.SESSION_COOKIE_SECURE,
            )  # fmt: skip
        return response
