"""One running desk with the demo company, a mail sink behind it, and a browser for all journeys."""

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import Browser, Locator, Page, expect

from otklik.testing.browser import Visitor, browser, chromium, visitor
from otklik.testing.certificates import certificate_for
from otklik.testing.server import Desk, free_port, running_desk, wait_until

AGENT = "agent@demo.otklik.test"
# how quick things are is what the benchmarks measure; here a busy machine may be slow
expect.set_options(timeout=20_000)


@dataclass
class Sink:
    """The other side's mail server: keeps what it gets."""

    port: int = field(default_factory=free_port)
    mails: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep one mail."""
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 kept"

    def mail_about(self, words: str) -> EmailMessage:
        """Return the newest mail with the words in its subject; waits for it."""

        def found() -> list[EmailMessage]:
            return [mail for mail in self.mails if words in str(mail["Subject"])]

        return wait_until(found, timeout=60, what=f"a mail about “{words}”")[-1]


@pytest.fixture(scope="session")
def sink() -> Iterator[Sink]:
    """Run the sink."""
    kept = Sink()
    controller = Controller(kept, hostname="127.0.0.1", port=kept.port)
    controller.start()
    yield kept
    controller.stop()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What servers of this machine show when they speak TLS; the desk trusts it."""
    return certificate_for(tmp_path_factory.mktemp("tls"), "127.0.0.1")


@pytest.fixture(scope="session")
def desk(sink: Sink, certificate: Path) -> Iterator[Desk]:
    """Run the desk with the demo company; what it sends goes to the sink."""
    if not chromium():
        pytest.skip("no Chromium on this machine")
    env = {
        "OTKLIK_SMTP_URL": f"smtp://127.0.0.1:{sink.port}",
        "OTKLIK_OUTBOUND_NETWORKS": "127.0.0.1",  # where the journeys keep the internet
        "SSL_CERT_FILE": str(certificate),
    }
    with running_desk(demo=True, env=env, prepared=True) as running:
        yield running


@pytest.fixture(scope="session")
def chromium_browser(desk: Desk) -> Iterator[Browser]:
    """Run the browser."""
    with browser() as running:
        yield running


@contextlib.contextmanager
def signed_in(desk: Desk, running: Browser, login: str, **options: Any) -> Iterator[Visitor]:
    """Give somebody a window of his own; whatever his pages complained about fails the journey."""
    with visitor(running, desk.url, **options) as person:
        person.sign_in(login)
        yield person
        assert person.complaints == []


@pytest.fixture
def agent(desk: Desk, chromium_browser: Browser) -> Iterator[Visitor]:
    """Anna at her desk."""
    with signed_in(desk, chromium_browser, AGENT) as person:
        yield person


@pytest.fixture
def boss(desk: Desk, chromium_browser: Browser) -> Iterator[Visitor]:
    """The head of the desk in a browser of his own."""
    with signed_in(desk, chromium_browser, "supervisor@demo.otklik.test") as person:
        yield person


def add_colleague(desk: Desk, name: str, login: str, password: str) -> str:
    """Add an agent whom no other journey knows; return the address he signs in with."""
    address = f"{login}.{secrets.token_hex(3)}@demo.otklik.test"
    words = ("user", "add", address, "--name", name, "--role", "agent", "--password-stdin")
    desk.cli(*words, stdin=f"{password}\n".encode())
    return address


def letter(subject: str, text: str, *, sender: str = "clara@berezka.example", name: str = "Клара Берёзкина",
           **headers: str) -> bytes:  # fmt: skip
    """Return a mail of a customer."""
    mail = EmailMessage()
    mail["From"] = f"{name} <{sender}>"
    mail["To"] = "support@demo.otklik.test"
    mail["Subject"] = subject
    mail["Message-ID"] = f"<{abs(hash((subject, text)))}@berezka.example>"
    for key, value in headers.items():
        mail[key.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


def undo(page: Page, words: str = "") -> None:
    """Press the way back of the newest message with these words; the focus holds it however slow the machine is."""
    button = page.locator(".toast", has_text=words).get_by_role("button", name="Отменить").last
    button.focus()
    button.click()


def ready(page: Page, *names: str) -> None:
    """Wait until the scripts of these elements are there: their keys are lost before."""
    page.wait_for_function("(names) => names.every((name) => customElements.get(name))", arg=list(names))


def choose(page: Page, name: str) -> None:
    """Walk down the open menu to an item, once round at most, and press it."""
    items = page.locator("details[open] .menu__item")
    expect(items.first).to_be_visible()
    page.wait_for_function("() => document.activeElement.closest('details[open] .popover')")
    for _step in range(items.count()):
        if name in (page.evaluate("document.activeElement.textContent") or ""):
            page.keyboard.press("Enter")
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"“{name}” is not reached with the arrows")


def tab_to(page: Page, wanted: Locator, *, backwards: bool = False, most: int = 30) -> None:
    """Walk with the Tab key to an element; fail when it does not lie on the way."""
    for _step in range(most):
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
        if wanted.evaluate("(element) => element === document.activeElement"):
            return
    raise AssertionError(f"{wanted} is not reached with the Tab key")
