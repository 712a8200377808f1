"""A real Chromium for journeys and screenshots: the system's one, started so that it speaks to nobody but the desk."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
)
DESKTOP: Final = (1440, 900)
PHONE: Final = (390, 844)
# what the keys of letters and signs write in the Russian layout, alone and with Shift
RUSSIAN: Final = {
    **{f"Key{latin}": (sign, sign.upper()) for latin, sign in zip(
        "QWERTYUIOPASDFGHJKLZXCVBNM", "йцукенгшщзфывапролдячсмить", strict=True)},
    "BracketLeft": ("х", "Х"), "BracketRight": ("ъ", "Ъ"), "Semicolon": ("ж", "Ж"), "Quote": ("э", "Э"),
    "Comma": ("б", "Б"), "Period": ("ю", "Ю"), "Backquote": ("ё", "Ё"), "Slash": (".", ","), "Backslash": ("\\", "/"),
    "Digit2": ("2", '"'), "Digit7": ("7", "?"),
}  # fmt: skip


def chromium() -> str:
    """Return the path of the system's Chromium, or of ``OTKLIK_TEST_CHROMIUM``; nothing when there is none."""
    names = (os.environ.get("OTKLIK_TEST_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), "")


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """Run a headless Chromium for the time of the block."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        try:
            yield running
        finally:
            running.close()


class Visitor:
    """One person at one browser window. Whatever the pages complain about is kept in ``complaints``."""

    def __init__(self, running: Browser, url: str, *, size: tuple[int, int] = DESKTOP, **options: Any) -> None:
        self.url = url
        self.complaints: list[str] = []
        self.context: BrowserContext = running.new_context(
            viewport={"width": size[0], "height": size[1]}, base_url=url, **{"locale": "ru-RU", **options}
        )
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("console", self._heard)

    def _heard(self, message: Any) -> None:
        """Keep what the browser refuses by policy and what scripts report as errors."""
        if message.type == "error":
            self.complaints.append(message.text)

    def sign_in(self, email: str, password: str = "demo") -> None:  # noqa: S107 - the demo's own
        """Sign in by the page."""
        self.page.goto("/accounts/login/")
        self.page.locator(".signin__fields [name=login]").fill(email)
        self.page.locator(".signin__fields [name=password]").fill(password)
        self.page.locator(".signin__fields button").click()
        self.page.wait_for_url("**/tickets/**")

    def press_russian(self, code: str, *, shift: bool = False) -> None:
        """Press a key by its place (``KeyR``, ``Slash``), with the sign that the Russian layout has there."""
        sign = RUSSIAN[code][shift]
        sent = {"code": code, "key": sign, "modifiers": 8 if shift else 0}
        session = self.context.new_cdp_session(self.page)
        session.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": sign, **sent})
        session.send("Input.dispatchKeyEvent", {"type": "keyUp", **sent})
        session.detach()

    def close(self) -> None:
        """Close the window."""
        self.context.close()


@contextlib.contextmanager
def visitor(running: Browser, url: str, **options: Any) -> Iterator[Visitor]:
    """Open a window for the time of the block."""
    person = Visitor(running, url, **options)
    try:
        yield person
    finally:
        person.close()
