"""Letters of every kind keep what was written: first letters, letters to third parties, notes that are changed."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from otklik.testing.browser import Visitor
from otklik.testing.server import Desk
from tests.journeys.conftest import Sink, letter, undo

pytestmark = pytest.mark.journey
SAVED = re.compile("Черновик сохранён")


def _open(page: Page, desk: Desk, subject: str) -> None:
    page.goto("/tickets/?folder=unassigned")
    desk.send_mail(letter(subject, "Проверка"))
    page.locator(".ticket-row", has_text=subject).click()
    page.wait_for_url("**/tickets/*/**")
    expect(page.locator("[data-when=reply] .ProseMirror")).to_be_visible()


def test_first_letter_survives_a_reload_is_taken_back_and_then_sent(agent: Visitor, sink: Sink, tmp_path: Path) -> None:
    page = agent.page
    page.goto("/tickets/new/?way=write")
    page.locator("[name=requester_name]").fill("Роман Ежов")
    page.locator("[name=requester_email]").fill("roman@first.example")
    page.locator("[name=subject]").fill("Плановое обслуживание в декабре")
    page.locator("[name=cc]").fill("zam@first.example")
    text = page.locator(".letter__box .ProseMirror")
    text.click()
    page.keyboard.type("/принята")
    expect(page.locator(".sign-menu [role=option]").first).to_contain_text("Заявка принята")
    page.keyboard.press("Enter")
    expect(text).to_contain_text("Здравствуйте, Роман!")
    paper = tmp_path / "график.txt"
    paper.write_text("декабрь")
    page.locator("[data-file]").set_input_files(paper)
    expect(page.locator(".upload [name=attachments]")).to_have_count(1)
    expect(page.locator(".composer__state")).to_contain_text(SAVED)

    page.reload()
    expect(text).to_contain_text("Здравствуйте, Роман!")
    expect(page.locator("[name=subject]")).to_have_value("Плановое обслуживание в декабре")
    expect(page.locator("[name=cc]")).to_have_value("zam@first.example")
    expect(page.locator(".upload")).to_contain_text("график.txt")

    text.click()
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/tickets/\d+/$"))
    undo(page)
    page.wait_for_url("**/tickets/new/")
    expect(text).to_contain_text("Здравствуйте, Роман!")
    expect(page.locator(".upload")).to_contain_text("график.txt")
    expect(page.locator("[name=way][value=write]")).to_be_checked()
    text.click()
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/tickets/\d+/$"))
    number = page.url.rstrip("/").rpartition("/")[2]
    sent = sink.mail_about("Плановое обслуживание в декабре")
    body = sent.get_body(("plain",))
    assert body is not None
    assert f"Заявка № {number} принята" in body.get_content()
    assert [part.get_filename() for part in sent.iter_attachments()] == ["график.txt"]
    page.goto("/tickets/new/")
    expect(page.locator("[name=subject]")).to_have_value("")


def test_what_is_missing_is_said_and_the_letter_waits_for_its_time(agent: Visitor) -> None:
    page = agent.page
    page.goto("/tickets/new/?way=write&to=later@first.example")
    page.locator("[name=subject]").fill("Напоминание о договоре")
    page.locator(".letter__box .ProseMirror").click()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toast--bad")).to_contain_text("напишите")
    page.keyboard.type("Договор заканчивается.")
    page.locator("#send-later").click()
    page.get_by_role("button", name="Завтра утром").click()
    page.wait_for_url(re.compile(r"/tickets/\d+/$"))
    expect(page.locator(".waiting-reply")).to_contain_text("Договор заканчивается.")
    agent.complaints.clear()  # the browser itself names the 422


def test_letter_to_a_supplier_survives_a_reload_with_its_addressee(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    _open(page, desk, "Насос для мойки")
    page.goto(f"{page.url.partition('?')[0]}side/")
    page.locator("[name=to]").fill("nasos@parts.example")
    page.locator(".letter__box .ProseMirror").click()
    page.keyboard.type("Есть ли насос?")
    page.locator("[name=forward]").first.uncheck()
    expect(page.locator(".composer__state")).to_contain_text(SAVED)
    page.reload()
    expect(page.locator("[name=to]")).to_have_value("nasos@parts.example")
    expect(page.locator(".letter__box .ProseMirror")).to_have_text("Есть ли насос?")
    message = page.locator("[name=forward]").first
    expect(message).not_to_be_checked()
    page.goto(f"{page.url}?forward={message.get_attribute('value')}")  # the arrow of that message
    expect(page.locator(".letter__box .ProseMirror")).to_have_text("Есть ли насос?")
    expect(message).to_be_checked()
    page.locator(".letter__box .ProseMirror").click()
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/side/*/")
    page.locator("ok-letter .ProseMirror").click()
    page.keyboard.type("/уточнить")
    expect(page.locator(".sign-menu [role=option]").first).to_contain_text("Уточнить модель")
    page.keyboard.press("Enter")
    expect(page.locator("ok-letter .ProseMirror")).to_contain_text("серийный номер")
    expect(page.locator("ok-letter .ProseMirror")).not_to_contain_text("Клара")
    expect(page.locator(".composer__state")).to_contain_text(SAVED)
    page.reload()
    expect(page.locator("ok-letter .ProseMirror")).to_contain_text("серийный номер")


def test_change_of_a_note_survives_a_reload_and_the_time_is_corrected(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    _open(page, desk, "Заметка и время")
    page.keyboard.press("c")
    page.keyboard.type("Ключ у охраны")
    page.evaluate("document.querySelector('ok-timer').keep({ spent: 65 })")
    page.reload()
    face = page.locator("ok-timer summary")
    expect(face).to_contain_text("1:")  # the clock of the ticket goes on from where it was
    face.click()
    page.locator("[data-minutes]").fill("25")
    page.keyboard.press("Enter")
    page.locator("[data-when=note] .ProseMirror").click()
    page.keyboard.press("Control+Enter")
    note = page.locator(".note", has_text="Ключ у охраны")
    expect(note.locator(".message__spent")).to_contain_text("25 мин")

    note.locator(".message__spent").click()
    page.locator("[name=minutes]").fill("40")
    page.keyboard.press("Enter")
    expect(note.locator(".message__spent")).to_contain_text("40 мин")
    expect(page.locator("#thread-items")).to_contain_text("25 мин → 40 мин")

    note.hover()
    note.get_by_role("button", name="Изменить заметку").click()
    text = note.locator(".ProseMirror")
    text.click()
    page.keyboard.press("Control+End")
    page.keyboard.type(", вход со двора")
    expect(note.locator(".composer__state")).to_contain_text(SAVED)
    page.reload()
    note.hover()
    note.get_by_role("button", name="Изменить заметку").click()
    expect(text).to_have_text("Ключ у охраны, вход со двора")
    note.get_by_role("button", name="Сохранить заметку").click()
    expect(note.locator(".note__body")).to_have_text("Ключ у охраны, вход со двора")
