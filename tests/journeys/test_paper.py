"""A ticket on paper: the whole conversation and nothing of the desk around it, notes only when they are asked for."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from otklik.testing.browser import Visitor, visitor
from otklik.testing.server import Desk
from tests.journeys.axe import look_at
from tests.journeys.conftest import add_colleague, letter

pytestmark = pytest.mark.journey
SECRET = "a long secret of Ivan 3"
FIRST, SECOND, NOTE = "Протекает третий день.", "Мастер выезжает к вам.", "Ключ лежит у охраны"
# how bright the ink is, of 255
INK = """(element) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
  canvas.fillStyle = getComputedStyle(element).color;
  canvas.fillRect(0, 0, 1, 1);
  return Math.max(...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3));
}"""

# what shows only a part of itself and would be cut off on paper
CUT = """() => ["body", ".app", ".app__main", ".ticket-card", ".ticket-card__talk", ".thread"].filter(
  (name) => getComputedStyle(document.querySelector(name)).overflowY !== "visible")"""


@pytest.fixture
def writer(desk: Desk, chromium_browser: Browser) -> Iterator[Visitor]:
    """A colleague of his own, whose language and colours no other journey knows."""
    address = add_colleague(desk, "Иван Печатников", "ivan.paper", SECRET)
    with visitor(chromium_browser, desk.url) as person:
        person.sign_in(address, SECRET)
        yield person
        assert person.complaints == []


def _wish(page: Page, *, language: str, theme: str) -> None:
    """Choose language and colours on the page of the profile."""
    page.goto("/profile/")
    page.locator(f"[name=language][value={language}]").check(force=True)
    page.locator(f"[name=theme][value={theme}]").check(force=True)
    with page.expect_navigation():
        page.locator("main form .button--primary").first.click()


def _written(page: Page, desk: Desk) -> str:
    """Have a conversation with a note in it; return the address of its ticket."""
    subject = "Протекает поддон"
    desk.send_mail(letter(subject, FIRST, sender="paper@kafe.example", name="Кафе Лист"))
    page.goto("/tickets/?folder=unassigned")
    page.locator(".ticket-row", has_text=subject).locator(".ticket-row__open").click()
    page.locator("[data-when=reply] .ProseMirror").click()
    page.keyboard.type(SECOND)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message--agent .message__body")).to_contain_text(SECOND)
    page.locator(".composer__mode label", has_text="Заметка").click()
    page.keyboard.type(NOTE)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".note__body")).to_contain_text(NOTE)
    return page.url.partition("?")[0]


def _paper(page: Page) -> Page:
    """Open the page for the printer from the menu of the card, and look at it as the printer does."""
    page.locator("#more-menu").click()
    with page.context.expect_page() as opened:
        page.locator(".menu__item[href$='/print/']").click()
    paper = opened.value
    paper.emulate_media(media="print")
    return paper


def test_conversation_is_printed_in_both_languages(writer: Visitor, desk: Desk) -> None:
    page = writer.page
    address = _written(page, desk)
    page.emulate_media(media="print")  # the card itself, printed as it is
    expect(page.locator(".message__body").first).to_contain_text(FIRST)
    for around in (".rail", ".composer", ".ticket-card__actions", ".demo-line"):
        expect(page.locator(around)).to_be_hidden()
    assert page.evaluate(CUT) == []
    page.emulate_media(media="screen")

    paper = _paper(page)
    expect(paper.locator("h1")).to_contain_text("Протекает поддон")
    texts = ".paper__message .prose"
    expect(paper.locator(texts)).to_have_text([FIRST, SECOND])
    for around in (".rail", ".phone-bar", ".composer", ".paper__tools", "button", "a[href]"):
        assert not [part for part in paper.locator(around).all() if part.is_visible()], around
    look_at(paper)
    paper.emulate_media(media="screen")
    paper.get_by_role("link", name="С заметками").click()
    paper.emulate_media(media="print")
    expect(paper.locator(texts)).to_have_text([FIRST, SECOND, NOTE])
    paper.close()

    _wish(page, language="en", theme="dark")
    page.goto(address)
    paper = _paper(page)
    expect(paper.locator("html")).to_have_attribute("data-theme", "dark")
    expect(paper.locator(".paper__facts")).to_contain_text("Requester")
    expect(paper.locator(".paper__facts")).to_contain_text("Waiting for the customer")
    expect(paper.locator(texts)).to_have_text([FIRST, SECOND])
    for part in ("h1", ".paper__facts dt", ".prose"):
        assert paper.locator(part).first.evaluate(INK) < 140, f"{part} is printed with light ink on white paper"
    paper.close()


def test_page_for_the_printer_is_nothing_for_whoever_does_not_see_the_ticket(
    writer: Visitor, desk: Desk, chromium_browser: Browser
) -> None:
    address = _written(writer.page, desk)
    with visitor(chromium_browser, desk.url) as stranger:
        asks = stranger.context.request
        assert "/accounts/login/" in asks.get(f"{address}print/?notes=1").url
        stranger.sign_in("technician@demo.otklik.test")
        assert asks.get(f"{address}print/?notes=1").status == 404
