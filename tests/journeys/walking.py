"""Finds one address for every page of a running desk: by links, and from the ids that the found addresses hold."""

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from django.urls import NoReverseMatch, Resolver404, resolve, reverse

from otklik.testing.server import Answer, Desk

_LINK = re.compile(r"""(?:href|hx-get|data-url|action)="(/[^"#]*)""")
_MOST = 400  # requests; a walk that needs more walks in circles
_TRIES = 5  # of one route: a page may name hundreds of addresses that are no pages


@dataclass
class Walk:
    """What a walk has seen: the first address of each route, and which of them are whole pages."""

    desk: Desk
    cookie: str = ""
    addresses: dict[str, str] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    held: dict[str, list[Any]] = field(default_factory=dict)
    asked: int = 0
    tried: Counter[str] = field(default_factory=Counter)

    def follow(self, starts: list[str], wanted: set[str]) -> None:
        """Walk from ``starts`` by links; then name the routes of ``wanted`` no link led to by ids seen on the way."""
        self._follow(starts)
        for name in sorted(wanted - set(self.addresses)):
            for address in self._guesses(name):
                self._follow(self._look(name, address))
                if name in self.addresses:
                    break

    def _follow(self, starts: list[str]) -> None:
        waiting = list(starts)
        while waiting and self.asked < _MOST:
            address = waiting.pop(0)
            try:
                match = resolve(urlsplit(address).path)
            except Resolver404:
                continue
            for key, value in match.kwargs.items():
                values = self.held.setdefault(key, [])
                if value not in values and len(values) < 5:
                    values.append(value)
            if match.view_name in self.addresses or match.view_name in _DOORS:
                continue
            self.tried[match.view_name] += 1
            if self.tried[match.view_name] > _TRIES:
                continue
            waiting += self._look(match.view_name, address)

    def _look(self, name: str, address: str) -> list[str]:
        """Fetch an address; return the links of what came, and keep it when it is there."""
        self.asked += 1
        answer = self.get(address)
        if answer.status != 200:
            return []
        self.addresses[name] = address
        kind = {key.lower(): value for key, value in answer.headers.items()}.get("content-type", "")
        if not kind.startswith("text/html"):
            return []
        if "<html" in answer.text:
            self.pages[name] = address
        return [unescape(link) for link in _LINK.findall(answer.text)]

    def _guesses(self, name: str) -> Iterator[str]:
        for names in ([], *itertools.chain.from_iterable(itertools.combinations(self.held, n) for n in (1, 2))):
            for values in itertools.product(*(self.held[key] for key in names)):
                try:
                    yield reverse(name, kwargs=dict(zip(names, values, strict=True)))
                except NoReverseMatch:
                    break

    def get(self, address: str) -> Answer:
        """Fetch an address as the walker, without following redirects."""
        return self.desk.get(address, headers={"Cookie": self.cookie} if self.cookie else {})


# Addresses that end the walk or change what is walked over.
_DOORS = {"account_logout", "desk:live"}


def session_of(cookies: list[dict[str, Any]]) -> str:
    """Return the Cookie header of a browser's cookies."""
    jar = SimpleCookie({cookie["name"]: cookie["value"] for cookie in cookies})
    return "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items())
