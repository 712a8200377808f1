"""A request without an account, script and mouse: from the administrator's form to the answer on the private page."""

import re

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from otklik.testing.browser import PHONE, Visitor, visitor
from otklik.testing.server import Desk, wait_until
from tests.journeys.by_keys import card_is_there, press_at, write_into
from tests.journeys.conftest import AGENT, Sink

pytestmark = pytest.mark.journey
ADMIN = "admin@demo.otklik.test"


def _press_until(page: Page, place: str, file: FilePayload | None = None) -> None:
    """Press “send” until it counts: a page that comes back quicker than a person could is asked to be sent again, and a
    browser without script has lost the file by then."""

    def pressed() -> bool:
        if file is not None:
            page.set_input_files("#files", file)
        with page.expect_navigation():
            press_at(page, page.get_by_role("button", name="Отправить"))
        return page.locator(place).count() > 0

    wait_until(pressed, what="the page that follows")


def _answer(person: Visitor, words: str, name: str, content: bytes) -> None:
    """Answer on the open card, with a file."""
    page = person.page
    person.press_russian("KeyR")
    page.keyboard.type(words)
    page.locator("ok-composer [data-file]").set_input_files({"name": name, "mimeType": "text/plain", "buffer": content})
    expect(page.locator(".upload [name=attachments]")).to_have_count(1)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message--agent").last).to_contain_text(words)


def test_from_the_form_to_the_answer(desk: Desk, chromium_browser: Browser, sink: Sink) -> None:
    with visitor(chromium_browser, desk.url) as admin:
        admin.sign_in(ADMIN)
        admin.page.goto("/settings/forms/new/")
        write_into(admin.page, admin.page.locator("#name"), "Заявка с сайта")
        write_into(admin.page, admin.page.locator("#key"), "journey")
        admin.page.keyboard.press("Enter")
        expect(admin.page.locator("#link")).to_have_value(re.compile("/portal/f/journey/"))
        assert not admin.complaints
    with visitor(chromium_browser, desk.url, size=PHONE, java_script_enabled=False) as customer:
        page = customer.page
        page.goto("/portal/f/journey/")
        write_into(page, page.locator("#text"), "Морозильник гудит и не морозит")
        press_at(page, page.get_by_role("button", name="Отправить"))
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.locator("#text")).to_have_value("Морозильник гудит и не морозит")
        write_into(page, page.locator("#name"), "Пётр Ильин")
        write_into(page, page.locator("#email"), "petr@journey.example")
        _press_until(page, "#link", {"name": "шильдик.txt", "mimeType": "text/plain", "buffer": b"ML-400"})
        expect(page.locator("#link")).to_have_value(re.compile("/portal/r/"))
        number = re.search(r"№ (\d+)", page.locator(".portal__facts").inner_text())
        assert number is not None
        confirmation = sink.mail_about(f"[#{number[1]}]")
        text = confirmation.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        assert "/portal/r/" in text
        assert "Морозильник" not in text
        with visitor(chromium_browser, desk.url) as agent:
            agent.sign_in(AGENT)
            agent.page.goto(f"/tickets/{number[1]}/")
            card_is_there(agent.page)
            expect(agent.page.get_by_text("никем не проверено")).to_be_visible()
            expect(agent.page.locator(".attachment", has_text="шильдик.txt")).to_be_visible()
            _answer(agent, "Мастер будет завтра до двух, смета в файле.", "смета.txt", b"12 000")
            expect(agent.page.locator(".delivery--done")).to_be_visible(timeout=30_000)
            assert not agent.complaints
        # the answer is not there while it can be taken back; then the page shows it with its file
        answer = page.locator(".talk__item", has_text="Мастер будет завтра")
        wait_until(lambda: page.reload() is not None and answer.count() > 0, what="the answer on the private page")
        with page.expect_download() as given:
            press_at(page, answer.get_by_role("link", name="смета.txt"))
        assert given.value.path().read_bytes() == b"12 000"
        write_into(page, page.locator("#text"), "И вода на полу")
        _press_until(page, ".talk__item:nth-child(3)")
        expect(page.locator(".talk__item").nth(2)).to_contain_text("И вода на полу")
        with visitor(chromium_browser, desk.url) as agent:
            agent.sign_in(AGENT)
            agent.page.goto(f"/tickets/{number[1]}/")
            expect(agent.page.locator(".message--customer").last).to_contain_text("И вода на полу")
        # the browser reports every answer of 422, which is how a page says that something is missing
        assert [line for line in customer.complaints if "422" not in line] == []
