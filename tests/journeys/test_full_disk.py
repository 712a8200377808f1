"""The disk of the desk takes nothing more: it says so, what was typed stays and is sent when there is room again."""

import contextlib
import resource
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from otklik.testing.browser import Visitor, visitor
from otklik.testing.looking import look
from otklik.testing.server import Desk, wait_until
from tests.journeys.conftest import AGENT, letter

pytestmark = pytest.mark.journey
FULL = "На диске Отклика нет места"


@contextlib.contextmanager
def no_room(desk: Desk) -> Iterator[None]:
    """Let the system refuse every byte that a web process wants to write to a file."""
    limits = {
        pid: resource.prlimit(pid, resource.RLIMIT_FSIZE)
        for pid, name in desk.family().items() if name.startswith("otklik-web")
    }  # fmt: skip
    for pid, (_soft, hard) in limits.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        for pid, limit in limits.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limit)


def _open(page: Page, desk: Desk, subject: str) -> None:
    desk.send_mail(letter(subject, "Проверка", sender="olga@kafe.example", name="Ольга"))
    statement = f"SELECT id FROM tickets_ticket WHERE subject = '{subject}'"
    ((number,),) = wait_until(lambda: look(desk, statement), timeout=60, what="the ticket")
    page.goto(f"/tickets/{number}/")


def test_a_refused_reply_stays_where_it_was_typed(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    _open(page, desk, "Нет места для ответа")
    text = page.locator("[data-when=reply] .ProseMirror")
    text.click()
    page.keyboard.type("Едем к вам")
    with no_room(desk):
        page.keyboard.press("Control+Enter")
        expect(page.locator(".toast--bad")).to_contain_text(FULL)
        expect(page.locator(".composer__state--bad")).to_be_visible()
        expect(text).to_have_text("Едем к вам")
        page.reload()
        expect(text).to_have_text("Едем к вам")
    text.click()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message--agent")).to_contain_text("Едем к вам")
    expect(page.locator(".message--agent")).to_have_count(1)
    agent.complaints.clear()  # the browser itself names the 503


def test_without_script_it_is_sent_once_more_from_the_page(desk: Desk, chromium_browser: Browser) -> None:
    words = "Едем к вам, будем завтра к десяти утра, привезём новый термостат"
    with visitor(chromium_browser, desk.url, java_script_enabled=False) as person:
        person.sign_in(AGENT)
        page = person.page
        _open(page, desk, "Нет места без скриптов")
        page.locator("textarea[name=reply_text]").fill(words)
        with no_room(desk):
            page.get_by_role("button", name="Отправить и ждать клиента").click()
            expect(page.get_by_role("heading")).to_have_text("Сейчас не получится")
            expect(page.locator("main")).to_contain_text(FULL)
            expect(page.locator("textarea")).to_have_value(words)
        page.get_by_role("button", name="Отправить ещё раз").click()
        expect(page.locator(".message--agent .message__body")).to_contain_text(words)
        expect(page.locator(".message--agent")).to_have_count(1)
