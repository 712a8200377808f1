"""Pictures of all pages into ``docs/screenshots/``: two languages, two themes, desktop and phone.

A desk with the demo company is started for it. Pictures are kept small by a palette of their own; nothing in them comes
from a real person.
"""

import io
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, Page

from otklik.testing.browser import DESKTOP, PHONE, Visitor, browser, chromium, visitor
from otklik.testing.server import Desk, running_desk

FOLDER: Final = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
AGENT, ADMIN = "agent@demo.otklik.test", "admin@demo.otklik.test"


@dataclass(frozen=True, slots=True)
class Shot:
    """One page: its name, who looks at it, and how he gets there."""

    name: str
    go: Callable[[Page], object]
    who: str = AGENT


class Tour:
    """The ways to the pages of one desk; tickets worth a picture are found by their mail's fate in the ledger."""

    def __init__(self, desk: Desk) -> None:
        items = json.loads(desk.cli("mail", "ledger", "--json").stdout)["items"]
        self.held = next(item["ticket"] for item in items if item["state"] == "quarantined" and item["ticket"])
        self.returned = next(item["ticket"] for item in items if item["reason"] == "bounce" and item["ticket"])

    def card(self, page: Page) -> None:
        """Open a conversation with a stranger's mail held at its end."""
        page.goto(f"/tickets/{self.held}/?folder=open")

    def bounced(self, page: Page) -> None:
        """Open a conversation in which an answer came back."""
        page.goto(f"/tickets/{self.returned}/")

    def note(self, page: Page) -> None:
        """Write a note."""
        self.card(page)
        page.locator(".composer__mode label").nth(1).click()
        page.keyboard.type("Плата в пути, будет в четверг.")
        page.wait_for_timeout(500)
        page.evaluate("localStorage.clear()")

    def person(self, page: Page) -> None:
        """Open the customer's page."""
        self.card(page)
        page.goto(page.locator(".person a").first.get_attribute("href") or "/")

    def shots(self) -> tuple[Shot, ...]:
        """Return all pages in their order."""
        return (
            Shot("list", lambda page: page.goto("/tickets/?folder=open")),
            Shot("card", self.card),
            Shot("card-note", self.note),
            Shot("card-bounced", self.bounced),
            Shot("contact", self.person),
            Shot("new-ticket", lambda page: page.goto("/tickets/new/")),
            Shot("profile", lambda page: page.goto("/profile/")),
            Shot("empty", lambda page: page.goto("/tickets/?q=компресор")),
            Shot("not-found", lambda page: page.goto("/tickets/999999/")),
            Shot("ledger", lambda page: page.goto("/mail/"), ADMIN),
            Shot("outbox", lambda page: page.goto("/outbox/"), ADMIN),
            Shot("mailbox", _mailbox, ADMIN),
        )


def _mailbox(page: Page) -> None:
    page.goto("/settings/mailboxes/")
    addresses = page.eval_on_selector_all("a[href]", "links => links.map((link) => link.getAttribute('href'))")
    page.goto(next(address for address in addresses if re.fullmatch(r"/settings/mailboxes/\d+/", address)))


def _settled(page: Page) -> None:
    """Wait until everything a page fetches by itself is there."""
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(250)


def _keep(page: Page, name: str) -> None:
    _settled(page)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    small = picture.quantize(colors=256, method=Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE)
    small.save(FOLDER / f"{name}.png", optimize=True)
    print(f"docs/screenshots/{name}.png")


def _speak(person: Visitor, language: str) -> None:
    person.page.goto("/profile/")
    person.page.locator(f"[name=language][value={language}]").check(force=True)
    person.page.locator(".form .button--primary").click()
    person.page.wait_for_load_state()


def _variants() -> Iterator[tuple[str, tuple[int, int], str]]:
    for theme in ("light", "dark"):
        yield f"desktop-{theme}", DESKTOP, theme
        yield f"phone-{theme}", PHONE, theme


def take(desk: Desk, running: Browser, only: set[str]) -> None:
    """Take all pictures of a running demo desk, or those whose names are given."""
    tour = Tour(desk).shots()
    for language in ("ru", "en"):
        for variant, size, theme in _variants():
            options = {"size": size, "color_scheme": theme, "device_scale_factor": 1, "locale": f"{language}-RU"}
            if not only or "sign-in" in only:
                with visitor(running, desk.url, **options) as stranger:
                    stranger.page.goto("/accounts/login/")
                    _keep(stranger.page, f"sign-in-{language}-{variant}")
            for who in (AGENT, ADMIN):
                shots = [shot for shot in tour if shot.who == who and (not only or shot.name in only)]
                if not shots:
                    continue
                with visitor(running, desk.url, **options) as person:
                    person.sign_in(who)
                    _speak(person, language)
                    for shot in shots:
                        shot.go(person.page)
                        _keep(person.page, f"{shot.name}-{language}-{variant}")
                    _speak(person, "ru")


def main(arguments: list[str]) -> int:
    """Start a desk and take the pictures; names of pages as arguments take only those."""
    if not chromium():
        print("screenshots: no Chromium on this machine")
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="otklik-shots-") as folder, browser() as running:
        desk: Desk
        with running_desk(Path(folder), demo=True) as desk:
            take(desk, running, set(arguments))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
