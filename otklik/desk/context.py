"""What every template may ask of the shell around it. Nothing is read until a template asks."""

from dataclasses import dataclass
from functools import cache, cached_property
from html import escape
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from otklik.accounts import policies
from otklik.accounts.models import User
from otklik.accounts.queries import teams
from otklik.core import locality, settings_store
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.hot import csrf_token
from otklik.core.menu import MenuGroup, menu_for
from otklik.core.shown import initials
from otklik.desk.app_settings import FIRST_STEPS
from otklik.desk.counting import folder_counters, menu_counters
from otklik.desk.demo import DemoRole, demo_roles
from otklik.desk.first.tokens import is_new
from otklik.tickets.queries import FOLDERS, pins_of


@cache
def _address(name: str) -> str:
    """Return the address of a page without arguments, looked up once: the rail has a dozen on every page."""
    return reverse(name)


@cache
def _address_if_any(name: str) -> str:
    """Return the same, nothing for a page that there is not."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


_TOKEN_PLACE = "place-of-the-token"  # noqa: S105 - a mark in a kept part, replaced by the real one
_QUERY_PLACE = "place-of-the-query"
_MOST_KEPT = 500
_kept: dict[tuple[Any, ...], str] = {}
_STANDING = ("parts/cheatsheet.html", "parts/palette.html", "parts/bell.html")
_PHONE = ("mine", "unassigned", "open")


@dataclass(frozen=True, slots=True)
class Link:
    """One line of the rail, ready to show."""

    key: str
    label: str
    url: str
    icon: str
    count: str
    current: bool
    hue: int = 1


@dataclass(frozen=True, slots=True)
class Me:
    """The reader, as the rail's foot shows him."""

    name: str
    initials: str
    hue: str
    role: str


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
    def folders(self) -> list[Link]:
        """The standing folders."""
        current = getattr(self.request, "folder_key", "")
        base = _address("tickets:list")
        return [
            Link(
                folder.key,
                str(folder.name),
                f"{base}?folder={folder.key}",
                folder.icon,
                self.counters.get(folder.key, ""),
                folder.key == current,
            )
            for folder in FOLDERS
        ]

    @cached_property
    def phone_folders(self) -> list[Link]:
        """The few folders of the bar at the bottom of a phone."""
        return [folder for folder in self.folders if folder.key in _PHONE]

    @cached_property
    def teams(self) -> list[Link]:
        """The teams as folders."""
        current = getattr(self.request, "folder_key", "")
        base = _address("tickets:list")
        links = []
        for team in teams():
            key = f"team-{team.pk}"
            links.append(
                Link(
                    key,
                    team.name,
                    f"{base}?folder={key}",
                    "users",
                    self.counters.get(key, ""),
                    key == current,
                    team.hue,
                )
            )
        return links

    @cached_property
    def pins(self) -> list[Link]:
        """The tags that the reader has on his rail."""
        current = getattr(self.request, "folder_key", "")
        return [
            Link(
                f"tag-{pin.tag_id}",
                pin.name,
                f"{_address('tickets:list')}?{urlencode({'tag': pin.name})}",
                "tag",
                self.counters.get(f"tag-{pin.tag_id}", ""),
                f"tag:{pin.key}" == current,
            )
            for pin in (pins_of(self.actor) if self.actor else ())
        ]

    def _menu(self, group: MenuGroup) -> list[Link]:
        links = []
        for item in menu_for(self.actor, group) if self.actor else ():
            url = _address_if_any(item.url_name)
            if not url:
                continue  # a plugin that was switched off may leave an item behind: the rail lives without it
            current = self.request.path.startswith(url)
            count = self.counters.get(f"menu.{item.key}", "")
            links.append(Link(f"menu.{item.key}", str(item.label), url, item.icon, count, current))
        return links

    @cached_property
    def menu_main(self) -> list[Link]:
        """What rooms add below the teams."""
        return self._menu("main")

    @cached_property
    def menu_foot(self) -> list[Link]:
        """What rooms add at the foot: ledger, outbox, settings."""
        links = self._menu("foot")
        if self.menu_settings and not any(link.key == "menu.settings" for link in links):
            first = self.menu_settings[0]
            here = any(link.current for link in self.menu_settings)
            links.append(Link("menu.settings", _("Settings"), first.url, "settings", "", here))
        return links

    @cached_property
    def menu_settings(self) -> list[Link]:
        """The sections of the settings."""
        return self._menu("settings")

    @cached_property
    def me(self) -> Me:
        """The reader."""
        user = self.request.user
        assert isinstance(user, User)
        return Me(user.name, initials(user.name), f"avatar--{user.hue}", str(user.get_role_display()))

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
        if self.actor is None or self.request.path != self.list_url:
            return False
        return bool(settings_store.get(FIRST_STEPS)) and policies.can(self.actor, "settings.edit")

    @property
    def is_new(self) -> bool:
        """Whether nobody can sign in yet."""
        return is_new()

    @property
    def may_open(self) -> bool:
        """Whether the reader may enter new tickets."""
        return policies.can(self.actor, "tickets.open")

    @property
    def on_tags(self) -> bool:
        """Whether this page is that of all tags."""
        return self.request.path == self.tags_url

    @property
    def on_profile(self) -> bool:
        """Whether this page is the profile."""
        return self.request.path == self.profile_url

    @property
    def rail(self) -> SafeString:
        """The rail as HTML."""
        if self.actor is None:
            return SafeString("")
        html = self._ways("parts/rail.html").replace(_TOKEN_PLACE, csrf_token(self.request))
        return mark_safe(html.replace(_QUERY_PLACE, escape(self.request.GET.get("q", "")[:300])))

    @property
    def phone_bar(self) -> SafeString:
        """The bar at the bottom of a phone as HTML."""
        return mark_safe(self._ways("parts/phone_bar.html"))

    def _ways(self, name: str) -> str:
        """Return a part that leads to other pages: the same for a reader until a counter or the place changes.

        Kept by all that it shows. What differs on every page, token and search line, has a mark in its place.
        """
        key = (name, *self._place)
        html = _kept.get(key)
        if html is None:
            context = {"shell": self, "sprite": sprite(), "query": _QUERY_PLACE, "csrf_token": _TOKEN_PLACE}
            html = render_to_string(name, context)
            if len(_kept) >= _MOST_KEPT:
                _kept.clear()
            _kept[key] = html
        return html

    @cached_property
    def _place(self) -> tuple[Any, ...]:
        """Return all that the ways to other pages show: who reads, what there is for him, and where he is."""
        path, user = self.request.path, self.request.user
        told = (user.name, user.hue, user.role) if isinstance(user, User) else ()
        items = menu_for(self.actor) if self.actor else ()
        return (
            self.actor, told, self.language, getattr(self.request, "folder_key", ""), self.on_profile, self.on_tags,
            tuple(item.key for item in items if (url := _address_if_any(item.url_name)) and path.startswith(url)),
            tuple(self.counters.items()), tuple((team.pk, team.name, team.hue) for team in teams()),
            pins_of(self.actor) if self.actor else (),
        )  # fmt: skip

    @property
    def standing(self) -> SafeString:
        """The palette and the list of keys: the same on every page, so each language has them ready."""
        return _standing(self.language)

    profile_url = property(lambda self: _address("desk:profile"))
    live_url = property(lambda self: _address("desk:live"))
    list_url = property(lambda self: _address("tickets:list"))
    tags_url = property(lambda self: _address("tickets:tag-list"))
    search_url = property(lambda self: _address("tickets:search"))
    new_url = property(lambda self: _address("tickets:new"))
    logout_url = property(lambda self: _address("account_logout"))


@cache
def _standing(_language: str) -> SafeString:
    context = {
        "sprite": sprite(), "palette_url": _address("desk:palette"), "bell_url": _address("notifications:panel"),
        "read_url": _address("notifications:read"),
    }  # fmt: skip
    return mark_safe("".join(render_to_string(name, context) for name in _STANDING))


def shell(request: HttpRequest) -> dict[str, Any]:
    """Give templates the shell, the address of the icon sprite, and one token for all forms of the page."""
    return {"shell": Shell(request), "sprite": sprite(), "csrf_token": SimpleLazyObject(lambda: csrf_token(request))}


@cache
def sprite() -> SafeString:
    """Return the address of the icon sprite; it is our own, and a page names it dozens of times."""
    return mark_safe(static("icons.svg"))
