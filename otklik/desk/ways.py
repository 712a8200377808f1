"""The ways to other pages: the rail, and the bar at the bottom of a phone. Kept as HTML, they are on every page."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from html import escape
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from otklik.accounts import policies
from otklik.accounts.models import User
from otklik.accounts.queries import role_label, teams
from otklik.core.actor import Actor
from otklik.core.hot import csrf_token
from otklik.core.keeping import Keep, late_mark
from otklik.core.menu import MenuGroup, menu_for
from otklik.core.shown import initials
from otklik.tickets.queries import FOLDERS, pins_of

_PHONE: Final = ("mine", "unassigned", "open")
_TOKEN, _QUERY = late_mark(), late_mark()

ways_kept: Final[Keep[str]] = Keep(2_000_000)


@cache
def address(name: str) -> str:
    """Return the address of a page without arguments, looked up once: the rail has a dozen on every page."""
    return reverse(name)


@cache
def _address_if_any(name: str) -> str:
    """Return the same, nothing for a page that there is not."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


@cache
def sprite() -> SafeString:
    """Return the address of the icon sprite; it is our own, and a page names it dozens of times."""
    return mark_safe(static("icons.svg"))


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


class Ways:
    """Where a reader may go from a page."""

    def __init__(self, request: HttpRequest, actor: Actor, counters: Mapping[str, str]) -> None:
        self._request = request
        self._actor = actor
        self._here = getattr(request, "folder_key", "")
        self.counters = counters

    @cached_property
    def folders(self) -> list[Link]:
        """The standing folders."""
        return [self._folder(folder.key, str(folder.name), folder.icon) for folder in FOLDERS]

    @cached_property
    def phone_folders(self) -> list[Link]:
        """The few folders of the bar at the bottom of a phone."""
        return [folder for folder in self.folders if folder.key in _PHONE]

    @cached_property
    def teams(self) -> list[Link]:
        """The teams as folders."""
        return [self._folder(f"team-{team.pk}", team.name, "users", team.hue) for team in teams()]

    @cached_property
    def pins(self) -> list[Link]:
        """The tags that the reader has on his rail."""
        links = []
        for pin in pins_of(self._actor):
            key, url = f"tag-{pin.tag_id}", f"{address('tickets:list')}?{urlencode({'tag': pin.name})}"
            links.append(Link(key, pin.name, url, "tag", self._count(key), f"tag:{pin.key}" == self._here))
        return links

    @cached_property
    def main(self) -> list[Link]:
        """What rooms add below the teams."""
        return self._menu("main")

    @cached_property
    def foot(self) -> list[Link]:
        """What rooms add at the foot: ledger, outbox, settings."""
        links = self._menu("foot")
        if self.settings and not any(link.key == "menu.settings" for link in links):
            first, here = self.settings[0], any(link.current for link in self.settings)
            links.append(Link("menu.settings", _("Settings"), first.url, "settings", "", here))
        return links

    @cached_property
    def settings(self) -> list[Link]:
        """The sections of the settings."""
        return self._menu("settings")

    @cached_property
    def me(self) -> Me:
        """The reader."""
        user = self._request.user
        assert isinstance(user, User)
        return Me(user.name, initials(user.name), f"avatar--{user.hue}", role_label(user))

    @property
    def may_open(self) -> bool:
        """Whether the reader may enter new tickets."""
        return policies.can(self._actor, "tickets.open")

    @property
    def on_tags(self) -> bool:
        """Whether this page is that of all tags."""
        return self._request.path == address("tickets:tag-list")

    @property
    def on_profile(self) -> bool:
        """Whether this page is the profile."""
        return self._request.path == address("desk:profile")

    @property
    def rail(self) -> SafeString:
        """The rail as HTML."""
        html = self._html("parts/rail.html").replace(_TOKEN, csrf_token(self._request))
        return mark_safe(html.replace(_QUERY, escape(self._request.GET.get("q", "")[:300])))

    @property
    def phone_bar(self) -> SafeString:
        """The bar at the bottom of a phone as HTML."""
        return mark_safe(self._html("parts/phone_bar.html"))

    def _html(self, name: str) -> str:
        """Return a part, the same for a reader until a counter or the place changes: kept by all that it shows.

        What differs on every page, the token and the search line, has a mark in its place.
        """
        key = (name, *self._shown)
        html = ways_kept.get(key)
        if html is None:
            html = render_to_string(name, {"ways": self, "sprite": sprite(), "query": _QUERY, "csrf_token": _TOKEN})
            ways_kept.put(key, html, len(html))
        return html

    @cached_property
    def _shown(self) -> tuple[Any, ...]:
        """Return all that the ways to other pages show: who reads, what there is for him, and where he is."""
        path = self._request.path
        return (
            self._actor, self.me, get_language(), self._here, self.on_profile, self.on_tags,
            tuple(item.key for item in menu_for(self._actor) if _is_at(path, _address_if_any(item.url_name))),
            tuple(self.counters.items()), tuple((team.pk, team.name, team.hue) for team in teams()),
            pins_of(self._actor),
        )  # fmt: skip

    def _folder(self, key: str, label: str, icon: str, hue: int = 1) -> Link:
        url = f"{address('tickets:list')}?folder={key}"
        return Link(key, label, url, icon, self._count(key), key == self._here, hue)

    def _menu(self, group: MenuGroup) -> list[Link]:
        links = []
        for item in menu_for(self._actor, group):
            key, url = f"menu.{item.key}", _address_if_any(item.url_name)
            if url:  # a plugin that was switched off may leave an item behind: the rail lives without it
                here = _is_at(self._request.path, url)
                links.append(Link(key, str(item.label), url, item.icon, self._count(key), here))
        return links

    def _count(self, key: str) -> str:
        return self.counters.get(key, "")


def _is_at(path: str, url: str) -> bool:
    return bool(url) and path.startswith(url)
