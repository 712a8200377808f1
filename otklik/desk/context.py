"""What every template may ask of the shell around it. Nothing is read until a template asks."""

from functools import cache, cached_property
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from otklik.accounts import policies
from otklik.accounts.web import rights_mark
from otklik.core import locality, settings_store
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.hot import csrf_token
from otklik.desk.app_settings import FIRST_STEPS
from otklik.desk.counting import folder_counters, menu_counters
from otklik.desk.demo import DemoRole, demo_roles
from otklik.desk.first.tokens import is_new
from otklik.desk.ways import Link, Ways, address, sprite

_STANDING = ("parts/cheatsheet.html", "parts/palette.html", "parts/bell.html")


class Shell:
    """The frame of a page for one request; each part is made when a template asks for it."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.actor: Actor | None = getattr(request, "actor", None)

    @property
    def language(self) -> str:
        """The language of the page."""
        return (get_language() or "ru")[:2]

    @property
    def theme(self) -> str:
        """``light`` or ``dark`` when the reader chose one, else nothing: the system decides."""
        theme = getattr(getattr(self.request, "user", None), "theme", "system")
        return theme if theme in {"light", "dark"} else ""

    @property
    def dense(self) -> bool:
        """Whether this browser shows the rows of lists on one line each."""
        return self.request.COOKIES.get("otklik_density") == "compact"

    @property
    def demo(self) -> bool:
        """Whether this is a demo instance, which says so on every page."""
        return bool(settings.DEMO)

    @cached_property
    def demo_roles(self) -> list[DemoRole]:
        """The people a demo offers on its sign-in page."""
        return demo_roles() if settings.DEMO else []

    @property
    def since(self) -> str:
        """The moment of this page, from which it wants to hear news."""
        return f"t{int(now().timestamp() * 1000)}"

    @cached_property
    def counters(self) -> dict[str, str]:
        """The counters of folders and teams; empty where the first request for news brings them (the card)."""
        if self.actor is None or getattr(self.request, "counters_later", False):
            return {}
        return folder_counters(self.actor) | menu_counters(self.actor)

    @property
    def counters_later(self) -> bool:
        """Whether the page was sent without counters."""
        return bool(getattr(self.request, "counters_later", False))

    @cached_property
    def ways(self) -> Ways | None:
        """Where the reader may go from here; nowhere for a stranger."""
        return None if self.actor is None else Ways(self.request, self.actor, self.counters)

    @property
    def menu_settings(self) -> list[Link]:
        """The sections of the settings."""
        return self.ways.settings if self.ways else []

    @property
    def rail(self) -> SafeString:
        """The rail as HTML."""
        return self.ways.rail if self.ways else SafeString("")

    @property
    def phone_bar(self) -> SafeString:
        """The bar at the bottom of a phone as HTML."""
        return self.ways.phone_bar if self.ways else SafeString("")

    @property
    def company(self) -> str:
        """The name of the company, as the settings say it; none while the database is away: pages tell that too."""
        try:
            return str(settings_store.get(locality.NAME))
        except DatabaseError:
            return ""

    @property
    def shows_first_steps(self) -> bool:
        """Whether the list has the checklist of a new desk above it; it is fetched by itself."""
        if self.actor is None or self.request.path != address("tickets:list"):
            return False
        return bool(settings_store.get(FIRST_STEPS)) and policies.can(self.actor, "settings.edit")

    @property
    def is_new(self) -> bool:
        """Whether nobody can sign in yet."""
        return is_new()

    @property
    def standing(self) -> SafeString:
        """The palette and the list of keys: the same on every page, so each language has them ready."""
        return _standing(self.language)

    profile_url = property(lambda self: address("desk:profile"))
    live_url = property(lambda self: address("desk:live"))
    person = property(lambda self: str(self.actor.id or "") if self.actor is not None else "")
    rights = property(lambda self: rights_mark(self.actor) if self.actor is not None else "")


@cache
def _standing(_language: str) -> SafeString:
    context = {
        "sprite": sprite(), "palette_url": address("desk:palette"), "bell_url": address("notifications:panel"),
        "read_url": address("notifications:read"),
    }  # fmt: skip
    return mark_safe("".join(render_to_string(name, context) for name in _STANDING))


def shell(request: HttpRequest) -> dict[str, Any]:
    """Give templates the shell, the address of the icon sprite, and one token for all forms of the page."""
    return {"shell": Shell(request), "sprite": sprite(), "csrf_token": SimpleLazyObject(lambda: csrf_token(request))}
