"""An agent's work by mouse: a draft on two machines, a reply taken back and sent after all, many tickets at once."""

import pytest
from playwright.sync_api import Browser, Page, expect

from otklik.testing.browser import Visitor, visitor
from otklik.testing.server import Desk
from tests.journeys.conftest import AGENT, Sink, letter, undo

pytestmark = pytest.mark.journey


def _open(page: Page, desk: Desk, subject: str, sender: str = "clara@berezka.example") -> None:
    page.goto("/tickets/?folder=unassigned")
    desk.send_mail(letter(subject, "Проверка", sender=sender, name="Клара"))
    page.locator(".ticket-row", has_text=subject).click()
    page.wait_for_url("**/tickets/*/**")
    expect(page.locator("[data-when=reply] .ProseMirror")).to_be_visible()


def _write(page: Page, words: str) -> None:
    page.locator("[data-when=reply] .ProseMirror").click()
    page.keyboard.type(words)


def test_draft_is_there_on_another_machine_and_two_windows_are_told(
    agent: Visitor, desk: Desk, chromium_browser: Browser
) -> None:
    page = agent.page
    _open(page, desk, "Черновик на двух машинах")
    _write(page, "Начало ответа.")
    expect(page.locator(".composer__state")).to_contain_text("Черновик сохранён")
    with visitor(chromium_browser, desk.url) as elsewhere:
        elsewhere.sign_in(AGENT)
        elsewhere.page.goto(page.url)
        text = elsewhere.page.locator("[data-when=reply] .ProseMirror")
        expect(text).to_have_text("Начало ответа.")
        text.click()
        elsewhere.page.keyboard.press("End")
        elsewhere.page.keyboard.type(" Там.")
        expect(elsewhere.page.locator(".composer__state")).to_contain_text("Черновик сохранён")
    page.locator("[data-when=reply] .ProseMirror").click()
    page.keyboard.press("End")
    page.keyboard.type(" Здесь.")
    expect(page.locator(".draft-clash")).to_be_visible()
    page.get_by_role("button", name="Взять тот").click()
    expect(page.locator("[data-when=reply] .ProseMirror")).to_have_text("Начало ответа. Там.")
    agent.complaints.clear()  # the browser itself names the 409


def test_reply_is_taken_back_with_its_text_and_then_sent(agent: Visitor, desk: Desk, sink: Sink) -> None:
    page = agent.page
    _open(page, desk, "Поспешный ответ")
    _write(page, "Поспешил")
    page.keyboard.press("Control+Enter")
    undo(page)
    expect(page.locator("[data-when=reply] .ProseMirror")).to_have_text("Поспешил")
    expect(page.locator(".message--agent")).to_have_count(0)
    page.locator("[data-when=reply] .ProseMirror").click()
    page.keyboard.press("End")
    page.keyboard.type(", исправлено")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message--agent")).to_contain_text("Поспешил, исправлено")
    body = sink.mail_about("Поспешный ответ").get_body(("plain",))
    assert body is not None
    assert "Поспешил, исправлено" in body.get_content()


def test_many_tickets_are_changed_and_brought_back(agent: Visitor) -> None:
    page = agent.page
    page.goto("/tickets/?folder=open")
    boxes = page.locator(".ticket-row__select")
    boxes.nth(0).click(force=True)
    boxes.nth(2).click(force=True, modifiers=["Shift"])
    expect(page.locator("[data-selected-count]")).to_have_text("3")
    page.locator("#bulk-more").click()
    field = page.locator(".bulk-bar [name=tags]")
    field.fill("пачка")
    field.press("Enter")
    expect(page.locator(".toast")).to_contain_text("Изменены 3 заявки")
    undo(page)
    expect(page.locator(".toast")).to_contain_text("3 заявки как прежде")
