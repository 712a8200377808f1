"""From a stranger's mail to the answer in his mailbox, by mouse and by keyboard, over real sockets."""

import re

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from otklik.testing.browser import Visitor
from otklik.testing.server import Desk
from tests.journeys.conftest import Sink, choose, letter

pytestmark = pytest.mark.journey


def _row(page: Page, subject: str) -> Locator:
    return page.locator(".ticket-row", has_text=subject)


def test_mail_arrives_is_answered_and_comes_back(agent: Visitor, desk: Desk, sink: Sink) -> None:
    page = agent.page
    page.goto("/tickets/?folder=unassigned")
    page.evaluate("window.sameList = true")
    subject = "Витрина тает, приезжайте"
    desk.send_mail(letter(subject, "Добрый день!\nС утра +9. Что делать?"))
    expect(_row(page, subject)).to_be_visible()
    assert page.evaluate("window.sameList")  # it came by itself: the list was not loaded anew

    _row(page, subject).click()
    expect(page.locator(".message--customer .message__body")).to_contain_text("С утра +9.")
    page.get_by_role("button", name="Взять себе").click()
    expect(page.locator("#prop-assignee")).to_contain_text("Анна")

    page.locator(".composer .ProseMirror").click()
    page.keyboard.type("Здравствуйте! Мастер будет сегодня в 16:00.")
    leaflet = FilePayload(name="памятка.txt", mimeType="text/plain", buffer="Отключите витрину".encode())
    page.locator("[data-file]").set_input_files([leaflet])
    expect(page.locator(".upload small")).to_be_visible()
    page.get_by_role("button", name="Отправить и ждать клиента").click()
    expect(page.locator(".message--agent .message__body")).to_contain_text("Мастер будет сегодня")
    expect(page.locator("#status-menu")).to_contain_text("Ждём клиента")
    # a reply of the desk is held for ten seconds, so that it can be taken back
    expect(page.locator(".message--agent .delivery--done")).to_be_visible(timeout=30_000)

    answer = sink.mail_about(subject)
    assert answer["To"].addresses[0].addr_spec == "clara@berezka.example"
    assert answer["References"]
    assert [part.get_filename() for part in answer.iter_attachments()] == ["памятка.txt"]

    page.locator(".composer__mode label", has_text="Заметка").click()
    page.keyboard.type("Ключ у охраны")
    page.get_by_role("button", name="Сохранить заметку").click()
    expect(page.locator(".note__body")).to_contain_text("Ключ у охраны")
    assert "охраны" not in "".join(str(mail) for mail in sink.mails)

    page.locator("#snooze-menu").click()
    page.get_by_role("button", name=re.compile("До завтра")).click()
    expect(page.locator("#snooze-menu")).to_contain_text("Отложена до")
    page.get_by_role("button", name="Решить", exact=True).click()
    expect(page.locator("#status-menu")).to_contain_text("Решена")

    desk.send_mail(
        letter(f"Re: {subject}", "Опять тает!", In_Reply_To=answer["Message-ID"], References=answer["Message-ID"])
    )
    expect(page.locator(".message--customer .message__body").last).to_contain_text("Опять тает!")
    expect(page.locator("#status-menu")).to_contain_text("В работе")


def test_whole_way_by_keyboard_in_the_russian_layout(agent: Visitor, desk: Desk, sink: Sink) -> None:
    page = agent.page
    subject = "Ларь гудит по ночам"
    page.goto("/tickets/?folder=unassigned")
    desk.send_mail(letter(subject, "Спать невозможно.", sender="pavel@kafe.example", name="Павел"))
    expect(_row(page, subject)).to_be_visible()
    agent.press_russian("KeyJ")
    expect(page.locator(".ticket-row--focus")).to_contain_text(subject)
    agent.press_russian("KeyX")
    expect(page.locator(".bulk-bar")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".bulk-bar")).to_be_hidden()
    page.keyboard.press("Enter")
    page.wait_for_url("**/tickets/*/?folder=unassigned")

    agent.press_russian("KeyA")
    page.locator(".menu__filter").fill("Анна")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#prop-assignee")).to_contain_text("Анна")

    agent.press_russian("KeyR")
    expect(page.locator(".ProseMirror-focused")).to_be_visible()
    page.keyboard.type("Павел, подложите резину под ножки.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message--agent .message__body")).to_contain_text("подложите резину")
    assert sink.mail_about(subject)["To"].addresses[0].addr_spec == "pavel@kafe.example"

    agent.press_russian("KeyC")
    page.keyboard.type("Проверить ножки при визите")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".note__body")).to_contain_text("Проверить ножки")

    agent.press_russian("KeyS")
    choose(page, "Решена")
    expect(page.locator("#status-menu")).to_contain_text("Решена")
    page.keyboard.press("Escape")
    page.wait_for_url("**/tickets/?folder=unassigned")

    agent.press_russian("Slash")
    page.keyboard.type(subject)
    page.keyboard.press("Enter")
    expect(_row(page, subject)).to_be_visible()
    page.keyboard.press("Tab")
    page.evaluate("document.activeElement.blur()")
    agent.press_russian("Digit7", shift=True)
    expect(page.get_by_role("dialog", name="Клавиши")).to_be_visible()
