"""Pictures of all pages into ``docs/screenshots/``: two languages, two themes, desktop and phone.

A desk with the demo company is started for it. Pictures are kept small by a palette of their own; nothing in them comes
from a real person.
"""

import io
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, Page

from bench.furnish import ADMIN, AGENT, ALLOWED, Places, furnish
from otklik.testing.browser import DESKTOP, PHONE, Visitor, browser, chromium, visitor
from otklik.testing.server import Desk, running_desk, wait_until

FOLDER: Final = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
OUTSIDE: Final = ""  # somebody who has not signed in
PASSWORD: Final = "снег идёт с утра"
SETTLED: Final = """() => !document.querySelector(".htmx-request")
    && document.fonts.status === "loaded"
    && [...document.images].every((image) => image.complete || image.loading === "lazy")"""
PRINTED: Final = re.compile(r"/setup/\S+/")


@dataclass(frozen=True, slots=True)
class Shot:
    """One page: its name, who looks at it, and how he gets there."""

    name: str
    go: Callable[[Page], object]
    who: str = AGENT


class Tour:
    """The ways to the pages of one desk; tickets worth a picture are found by their mail's fate in the ledger."""

    def __init__(self, desk: Desk, places: Places) -> None:
        items = json.loads(desk.cli("mail", "ledger", "--json").stdout)["items"]
        self.held = next(item["ticket"] for item in items if item["state"] == "quarantined" and item["ticket"])
        self.returned = next(item["ticket"] for item in items if item["reason"] == "bounce" and item["ticket"])
        self.places = places

    def card(self, page: Page) -> None:
        """Open a conversation with a stranger's mail held at its end."""
        page.goto(f"/tickets/{self.held}/?folder=open")

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

    def desk(self) -> Iterator[Shot]:
        """Yield what agents look at."""
        yield Shot("list", _at("/tickets/?folder=open"))
        yield Shot("card", self.card)
        yield Shot("card-note", self.note)
        yield Shot("card-bounced", _at(f"/tickets/{self.returned}/"))
        yield Shot("contact", self.person)
        yield Shot("new-ticket", _at("/tickets/new/"))
        yield Shot("profile", _at("/profile/"))
        yield Shot("empty", _at("/tickets/?q=компресор"))
        yield Shot("not-found", _at("/tickets/999999/"))
        yield Shot("search", _at("/search/?q=компрессор"))
        yield Shot("bell", _bell)
        yield Shot("notifications", _at("/notifications/"))
        yield Shot("notification-rules", _at("/profile/notifications/"))
        yield Shot("side-conversation", _at(self.places.side))
        yield Shot("walk", _walk)
        yield Shot("merge", _at(self.places.merge))
        yield Shot("import", _at(self.places.import_))
        yield Shot("security", _at("/profile/security/"))
        yield Shot("absences", _at("/absences/"))

    def settings(self) -> Iterator[Shot]:
        """Yield what administrators look at."""
        yield Shot("ledger", _at("/mail/"), ADMIN)
        yield Shot("outbox", _at("/outbox/"), ADMIN)
        yield Shot("mailbox", _mailbox, ADMIN)
        yield Shot("people", _at("/settings/people/"), ADMIN)
        yield Shot("role", _at(self.places.role), ADMIN)
        yield Shot("form", _at(self.places.form), ADMIN)
        yield Shot("webhook", _at(self.places.webhook), ADMIN)
        yield Shot("settings", _at("/settings/desk/"), ADMIN)
        yield Shot("audit", _at("/settings/log/"), ADMIN)
        yield Shot("system", _at("/settings/system/"), ADMIN)

    def outside(self) -> Iterator[Shot]:
        """Yield what people see without a sign-in."""
        yield Shot("sign-in", _at("/accounts/login/"), OUTSIDE)
        yield Shot("request-form", _at("/portal/f/site/"), OUTSIDE)
        yield Shot("private-page", _at(self.places.private), OUTSIDE)

    def shots(self) -> tuple[Shot, ...]:
        """Return all pages in their order."""
        return (*self.outside(), *self.desk(), *self.settings())


def _at(address: str) -> Callable[[Page], object]:
    return lambda page: page.goto(address)


def _mailbox(page: Page) -> None:
    page.goto("/settings/mailboxes/")
    addresses = page.eval_on_selector_all("a[href]", "links => links.map((link) => link.getAttribute('href'))")
    page.goto(next(address for address in addresses if re.fullmatch(r"/settings/mailboxes/\d+/", address)))


def _bell(page: Page) -> None:
    """Open the panel of the bell where there is one; a phone has the page of notifications only."""
    page.goto("/tickets/?folder=open")
    _settled(page)
    page.keyboard.press("b")


def _walk(page: Page) -> None:
    """Take the next ticket of a folder; a phone has no button for it, the form is the same."""
    page.goto("/tickets/?folder=unassigned")
    with page.expect_navigation():
        page.locator("form[action='/walk/']").evaluate("form => form.requestSubmit()")


def _settled(page: Page) -> None:
    """Wait until what a page fetches by itself is there; the network is no sign, the live stream never ends."""
    page.wait_for_load_state("load")
    page.wait_for_timeout(250)
    page.wait_for_function(SETTLED)
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


def take(desk: Desk, running: Browser, shots: Sequence[Shot], *, password: str = "demo") -> None:
    """Take pictures of pages of a running desk in all variants."""
    for language in ("ru", "en"):
        for variant, size, theme in _variants():
            options = {"size": size, "color_scheme": theme, "device_scale_factor": 1, "locale": f"{language}-RU"}
            for who in dict.fromkeys(shot.who for shot in shots):
                with visitor(running, desk.url, **options) as person:
                    if who != OUTSIDE:
                        person.sign_in(who, password)
                        _speak(person, language)
                    for shot in (one for one in shots if one.who == who):
                        shot.go(person.page)
                        _keep(person.page, f"{shot.name}-{language}-{variant}")
                    if who != OUTSIDE:
                        _speak(person, "ru")


def take_beginning(desk: Desk, running: Browser) -> None:
    """Take pictures of a desk that has nobody yet, and of the checklist its first administrator sees."""
    printed = wait_until(lambda: PRINTED.findall(desk.log()), what="the printed address")
    address = printed[0]
    take(desk, running, [Shot("setup", _at(address), OUTSIDE)])
    with visitor(running, desk.url) as first:
        page = first.page
        page.goto(address)
        for field, value in (("company", "Полюс-Сервис"), ("name", "Анна Лебедева"), ("email", ADMIN)):
            page.locator(f"[name={field}]").fill(value)
        page.locator("[name=password]").fill(PASSWORD)
        with page.expect_navigation():
            page.locator(".button--primary").first.click()
    take(desk, running, [Shot("checklist", _at("/tickets/?folder=open"), ADMIN)], password=PASSWORD)


def main(arguments: list[str]) -> int:
    """Start a desk and take the pictures; names of pages as arguments take only those."""
    if not chromium():
        print("screenshots: no Chromium on this machine")
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = set(arguments)
    with tempfile.TemporaryDirectory(prefix="otklik-shots-") as folder, browser() as running:
        for name in ("new", "demo"):
            (Path(folder) / name).mkdir()
        if not wanted or wanted & {"setup", "checklist"}:
            with running_desk(Path(folder) / "new") as fresh:
                take_beginning(fresh, running)
        if not wanted or wanted - {"setup", "checklist"}:
            with running_desk(Path(folder) / "demo", demo=True, env=ALLOWED) as desk:
                tour = Tour(desk, furnish(desk, running))
                take(desk, running, [shot for shot in tour.shots() if not wanted or shot.name in wanted])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
