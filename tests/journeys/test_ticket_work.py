"""An agent's work by mouse and by keys: drafts, undo, notes that call, saved replies, many at once, merging."""

import re

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


def test_reply_waits_until_tomorrow_and_is_called_off(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    _open(page, desk, "Ответим завтра")
    _write(page, "Ответ на завтра")
    page.locator("#send-later").click()
    page.get_by_role("button", name="Завтра утром").click()
    expect(page.locator(".waiting-reply")).to_contain_text("Ответ на завтра")
    page.locator(".waiting-reply").get_by_role("button", name="Отменить").click()
    expect(page.locator(".waiting-reply")).to_have_count(0)
    expect(page.locator("[data-when=reply] .ProseMirror")).to_have_text("Ответ на завтра")


def test_note_calls_a_colleague_by_keys_alone(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    _open(page, desk, "Позовём Бориса")
    page.keyboard.press("c")
    page.keyboard.type("Посмотри, @бор")
    expect(page.locator(".sign-menu [role=option]").first).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".note__body").last).to_contain_text(re.compile("@Борис"))
    expect(page.locator("#prop-followers")).to_contain_text("Борис")


def test_saved_reply_is_put_in_by_a_sign(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    page.goto("/saved-replies/new/")
    page.locator("[name=title]").fill("Пропуск мастеру")
    page.locator(".rich .ProseMirror").click()
    page.keyboard.type("Здравствуйте, {{ requester.first_name }}! Нужен пропуск.")
    page.get_by_role("button", name="Сохранить").click()
    expect(page.locator(".saved-list", has_text="Пропуск мастеру")).to_be_visible()
    _open(page, desk, "Про пропуск")
    _write(page, "/пропуск мастеру")
    expect(page.locator(".sign-menu [role=option]")).to_contain_text("Пропуск мастеру")
    page.keyboard.press("Enter")
    expect(page.locator("[data-when=reply] .ProseMirror")).to_have_text("Здравствуйте, Клара! Нужен пропуск.")


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


def test_tickets_are_merged_and_parted(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    _open(page, desk, "Первая о витрине", sender="olga@kafe.example")
    first = page.locator("ok-card").get_attribute("data-number")
    _open(page, desk, "Вторая о витрине", sender="olga@kafe.example")
    page.locator("#more-menu").click()
    page.locator(".menu__item", has_text="Первая о витрине").click()
    page.wait_for_url(f"**/tickets/{first}/")
    expect(page.locator(".message")).to_have_count(2)
    undo(page)
    expect(page.locator(".message")).to_have_count(1)
