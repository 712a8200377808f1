"""Hostile mail over a real socket, in a real browser: no page of the desk runs it or asks anybody for it.

Each test looks with the same eyes: ``canary()`` may not be called, no dialog may open, the browser's console may name
no refused script or address, and nobody but the desk may be asked for anything. The first test shows that these eyes
see.
"""

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Frame, Request, expect

from otklik.testing.browser import Visitor, visitor
from otklik.testing.pictures import png
from otklik.testing.server import Desk, wait_until
from tests.journeys import hostile_mails
from tests.journeys.conftest import AGENT, Sink

pytestmark = pytest.mark.journey
ADMIN = "admin@demo.otklik.test"
NAME = hostile_mails.NAME.lstrip('"')  # quotation marks round a name are its wrapping


@dataclass
class Canary:
    """A web server of the attacker's: whoever asks it for anything is written down."""

    url: str = ""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@pytest.fixture(scope="module")
def canary() -> Iterator[Canary]:
    """Run the attacker's server; its origin is another than the desk's."""
    kept = Canary()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kept.asked.append((self.path, dict(self.headers.items())))
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.end_headers()
            self.wfile.write(png())

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield kept
    server.shutdown()
    server.server_close()
    thread.join()


class Watched:
    """A window whose every fault is kept."""

    def __init__(self, person: Visitor) -> None:
        self.person, self.page = person, person.page
        self.faults: list[str] = []
        self.outside: list[str] = []
        self.pending: set[Request] = set()
        self.changed = time.monotonic()
        person.context.on("request", self._begun)
        person.context.on("requestfinished", self._ended)
        person.context.on("requestfailed", self._ended)
        person.context.expose_function("canary", lambda: self.faults.append("canary() was called"))
        person.context.on("request", lambda request: self._asked(request.url))
        person.context.on("page", lambda page: self.faults.append(f"a window was opened: {page.url}"))
        person.page.on("dialog", self._dialog)
        # a browser asks for it on pages that are none, as the source of a mail, and names its absence an error
        person.context.route("**/favicon.ico", lambda route: route.fulfill(status=204))

    def _asked(self, url: str) -> None:
        if not url.startswith((f"{self.person.url}/", "data:", "blob:", "about:")):
            self.outside.append(url)

    def _begun(self, request: Request) -> None:
        if "/live/" not in request.url:  # the stream of news stays open, and its worker's end is not told
            self.pending.add(request)
            self.changed = time.monotonic()

    def _ended(self, request: Request) -> None:
        if request in self.pending:
            self.pending.discard(request)
            self.changed = time.monotonic()

    def _at_rest(self) -> bool:
        self.page.evaluate("1")  # what the browser did is told while it is spoken to
        return not self.pending and time.monotonic() - self.changed > 0.5

    def _dialog(self, dialog: object) -> None:
        self.faults.append("a dialog was opened")
        dialog.dismiss()  # type: ignore[attr-defined]

    def open(self, path: str) -> None:
        """Open a page with all its folds and let it come to rest."""
        self.page.goto(path)
        self.page.evaluate(
            """() => { for (const one of document.querySelectorAll("details:not(.popover-host)")) one.open = true }"""
        )
        self.settle()

    def settle(self) -> None:
        """Let scripts, frames and pictures that the page has begun with come to their end."""
        self.page.wait_for_load_state()
        wait_until(self._at_rest, what="rest on the page")

    def assert_calm(self, where: str) -> None:
        """Fail when anything has happened since the window was opened."""
        found = self.faults + self.outside + self.person.complaints
        assert not found, f"{where}: {found}"


@contextlib.contextmanager
def watched(running: Browser, desk: Desk, email: str) -> Iterator[Watched]:
    """Sign somebody in at a watched window."""
    with visitor(running, desk.url) as person:
        person.context.set_default_timeout(10_000)
        person.sign_in(email)
        yield Watched(person)


@dataclass(frozen=True)
class Arrived:
    """Where the desk shows the mail."""

    number: int
    message: int
    contact: str
    entry: str


@pytest.fixture(scope="module")
def arrived(desk: Desk, chromium_browser: Browser, canary: Canary) -> Arrived:
    """Let the mail arrive while Anna has her list open, and look where it is shown."""
    with watched(chromium_browser, desk, AGENT) as anna:
        page = anna.page
        anna.open("/tickets/?folder=unassigned")
        desk.send_mail(hostile_mails.mail(canary.url), sender=hostile_mails.SENDER)
        row = page.locator(".ticket-row", has_text="<svg/onload=canary()>")
        expect(row).to_be_visible(timeout=5000)
        anna.settle()
        anna.assert_calm("the list while the mail arrives")
        row.click()
        page.wait_for_url("**/tickets/*/**")
        expect(page.frame_locator("ok-mail-frame iframe").locator("#seen, p").first).to_be_visible()
        number = int(page.locator("ok-card").get_attribute("data-number") or 0)
        message = int((page.locator(".message--customer").first.get_attribute("id") or "m0")[1:])
        contact = page.locator(".ticket-card__aside a[href^='/contacts/']").first.get_attribute("href") or ""
        anna.settle()
        anna.assert_calm("the card that was opened from the list")
        anna.open("/mail/")
        entry = page.locator("details", has_text="<svg/onload=canary()>").first
        entry.locator("summary").first.click()
        raw = entry.locator("a[href$='/raw']").first.get_attribute("href") or ""
        anna.assert_calm("the ledger")
        return Arrived(number, message, contact, raw.removesuffix("raw"))


def test_the_eyes_see(desk: Desk, chromium_browser: Browser, canary: Canary) -> None:
    with watched(chromium_browser, desk, AGENT) as anna:
        anna.page.evaluate("() => window.canary()")
        anna.page.evaluate("(url) => { const picture = new Image(); picture.src = `${url}/seen.png`; }", canary.url)
        anna.page.evaluate("() => { document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=canary()>') }")
        anna.page.evaluate("() => setTimeout(() => alert(1))")
        wait_until(lambda: anna.page.evaluate("1") and len(anna.faults) > 1, what="the faults")
        assert anna.faults == ["canary() was called", "a dialog was opened"]

        def refused() -> list[str]:
            anna.page.evaluate("1")  # lets the browser tell what it has to tell
            return [text for text in anna.person.complaints if "Content Security Policy" in text]

        wait_until(lambda: len(refused()) == 2, what="the picture from outside and the handler to be refused")
        assert not canary.asked


@pytest.mark.parametrize("email", [AGENT, ADMIN])
def test_no_page_runs_or_fetches_anything(
    arrived: Arrived, desk: Desk, chromium_browser: Browser, canary: Canary, email: str
) -> None:
    number = arrived.number
    with watched(chromium_browser, desk, email) as person:
        page = person.page
        shown: dict[str, str] = {}
        for where in (
            "/tickets/?folder=unassigned", "/tickets/?q=%3Csvg%2Fonload", f"/tickets/{number}/", arrived.contact,
            "/contacts/?q=%3E%3Cscript", "/mail/", arrived.entry, "/outbox/",
            f"/tickets/{number}/?parts=1", f"/messages/{arrived.message}/frame/", f"{arrived.entry}raw",
        ):  # fmt: skip
            person.open(where)
            person.assert_calm(where)
            shown[where] = f"{page.title()}\n{page.locator('body').text_content()}"
        for where in ("/tickets/?folder=unassigned", f"/tickets/{number}/", "/mail/", arrived.entry):
            assert hostile_mails.SUBJECT in shown[where], where
        for where in (
            "/tickets/?folder=unassigned",
            f"/tickets/{number}/",
            arrived.contact,
            "/contacts/?q=%3E%3Cscript",
        ):
            assert NAME in shown[where], where
        assert shown[f"/tickets/{number}/"].startswith(f"{number} {hostile_mails.SUBJECT}")  # the tab
        for literal in ("{{7*7}} {% debug %} ${7*7}", "<img src=x onerror=canary()>", "[нажми](javascript:canary())"):
            assert literal in shown[f"/tickets/{number}/"], literal
        assert "<script>canary();parent.canary()" in shown[f"{arrived.entry}raw"]

        person.open("/tickets/new/")
        page.locator("[name=requester_email]").fill(NAME[:10])
        known = page.locator("ok-requester [role=option]").first
        expect(known).to_contain_text(hostile_mails.SENDER)
        assert NAME in known.inner_text()
        person.assert_calm("the suggestions")
        assert not canary.asked


def test_the_mail_stays_in_its_frame(arrived: Arrived, desk: Desk, chromium_browser: Browser) -> None:
    with watched(chromium_browser, desk, AGENT) as anna:
        anna.open(f"/tickets/{arrived.number}/")
        covered = anna.page.evaluate(
            """() => [...document.querySelectorAll("button, summary, a.rail__link")].filter((one) => {
                const box = one.getBoundingClientRect();
                if (!one.checkVisibility() || !box.width || box.top < 0 || box.bottom > innerHeight) return false;
                const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
                return top?.tagName === "IFRAME";
            }).length"""
        )
        assert covered == 0
        frame = _mail_frame(anna)
        assert frame.evaluate("document.querySelectorAll('script, svg, math, iframe, form, input, object').length") == 0
        places = frame.evaluate("[...document.querySelectorAll('body *')].map((one) => getComputedStyle(one).position)")
        assert set(places) == {"static"}
        links = frame.evaluate("[...document.links].map((link) => [link.protocol, link.target, link.rel])")
        assert links
        for protocol, target, rel in links:
            assert (protocol, target) == ("http:", "_blank")
            assert "noopener" in rel
        frame.locator("a", has_text="раз").click()  # the link had a javascript: address
        anna.assert_calm("the frame")


def _mail_frame(person: Watched) -> Frame:
    frames = [frame for frame in person.page.frames if "/messages/" in frame.url]
    assert frames
    return frames[0]


def test_files_are_downloads_whatever_they_say(
    arrived: Arrived, desk: Desk, chromium_browser: Browser, canary: Canary
) -> None:
    with watched(chromium_browser, desk, AGENT) as anna:
        page = anna.page
        anna.open(f"/tickets/{arrived.number}/")
        urls = page.locator("a.attachment, a.thumb").evaluate_all("(links) => links.map((link) => link.href)")
        assert len(urls) == 5
        drawn = [url for url in urls if url.endswith(".png")]
        for url in sorted(set(urls) - set(drawn)):
            with page.expect_download(timeout=5000) as download:
                page.evaluate("(url) => { setTimeout(() => { location.href = url }) }", url)
            assert download.value.suggested_filename
        assert sorted(url.rpartition(".")[2] for url in set(urls) - set(drawn)) == ["html", "js", "svg"]
        anna.assert_calm("the downloads")
        for url in drawn:  # one is a picture, the other an SVG that says it is one
            anna.open(url)
            anna.person.complaints[:] = [  # the browser's own page round a picture has styles that our policy refuses
                text for text in anna.person.complaints if not text.startswith("Applying inline style")
            ]
            anna.assert_calm(url)
        # a script of ours may come from the desk itself: even then an uploaded file is none
        script = next(url for url in urls if url.endswith(".js"))
        anna.open(f"/tickets/{arrived.number}/")
        outcome = page.evaluate(
            """(url) => new Promise((done) => {
                const script = Object.assign(document.createElement("script"), {src: url});
                script.onload = () => done("ran");
                script.onerror = () => done("refused");
                document.head.append(script);
            })""",
            script,
        )
        assert outcome == "refused"
        assert not anna.faults
        assert not canary.asked


def test_pictures_come_when_asked_for_and_tell_nothing(
    arrived: Arrived, desk: Desk, chromium_browser: Browser, canary: Canary
) -> None:
    with watched(chromium_browser, desk, AGENT) as anna:
        anna.open(f"/tickets/{arrived.number}/")
        anna.assert_calm("the card")
        anna.page.locator("[data-pictures]").click()
        wait_until(lambda: anna.page.evaluate("1") and canary.asked, what="the picture")
        anna.settle()
        shop = _mail_frame(anna).locator("#shop, img[alt=магазин]")
        assert shop.evaluate("(picture) => [picture.complete, picture.naturalWidth, new URL(picture.src).origin]") == [
            True, 40, anna.person.url,
        ]  # fmt: skip
        anna.assert_calm("the card with pictures")  # the browser itself asked nobody but the desk
        assert {path for path, _headers in canary.asked} == {"/shop.png"}  # neither the pixel nor anything else
        for _path, headers in canary.asked:
            assert not {"Cookie", "Referer", "Origin"} & set(headers)
            assert headers["User-Agent"] == "Otklik"
        assert not anna.faults
        assert anna.person.complaints == []
        canary.asked.clear()


class _Parts(HTMLParser):
    """Collects tags and attributes of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def test_the_answer_carries_nothing_of_it_on(
    arrived: Arrived, desk: Desk, chromium_browser: Browser, sink: Sink, canary: Canary
) -> None:
    words = "Ответ {{7*7}} <img src=x onerror=canary()> [x](javascript:canary())"
    with watched(chromium_browser, desk, AGENT) as anna:
        page = anna.page
        anna.open(f"/tickets/{arrived.number}/")
        page.locator(".composer .ProseMirror").click()
        page.keyboard.type(words)
        page.get_by_role("button", name="Отправить и ждать клиента").click()
        expect(page.locator(".message--agent .message__body")).to_contain_text(words)
        answer = sink.mail_about("<svg/onload=canary()>")
        anna.open("/outbox/?tab=sent")
        anna.assert_calm("the outbox")
    assert str(answer["Subject"]).endswith(hostile_mails.SUBJECT)
    assert [box.addr_spec for box in answer["To"].addresses] == [hostile_mails.SENDER]
    assert answer["To"].addresses[0].display_name == NAME
    assert not {"Bcc", "Cc"} & set(answer.keys())
    assert words in _text(answer, "plain")
    found = _Parts(_text(answer, "html"))
    assert not found.tags & {"script", "svg", "iframe", "img", "object", "form", "style", "link", "base"}
    assert not [name for name, value in found.attributes if name.startswith("on") or "javascript:" in value.lower()]
    assert canary.url not in _text(answer, "html")


def _text(answer: EmailMessage, kind: str) -> str:
    part = answer.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content
