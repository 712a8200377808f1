"""The command palette by keyboard alone: a folder in the wrong layout, a ticket by its number, a key of the page."""

import pytest
from playwright.sync_api import expect

from otklik.testing.browser import Visitor
from otklik.testing.server import Desk
from tests.journeys.conftest import letter

pytestmark = pytest.mark.journey

CALL = """() => document.dispatchEvent(
  new KeyboardEvent("keydown", {key: "л", code: "KeyK", ctrlKey: true, bubbles: true}))"""


def test_a_folder_in_the_wrong_layout(agent: Visitor) -> None:
    page = agent.page
    page.goto("/tickets/?folder=open")
    page.evaluate(CALL)  # the key that says «л» on a Russian keyboard
    field = page.get_by_role("combobox", name="Найти команду, заявку или человека")
    expect(field).to_be_focused()
    page.keyboard.type("jnkj;")  # «отлож» with the Latin layout on
    expect(page.locator("#palette [role=option]").first).to_have_text("Отложенные")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tickets/?folder=snoozed")


def test_a_ticket_by_its_number(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    desk.send_mail(letter("Палитра находит по номеру", "Проверка", sender="palette@kafe.example"))
    page.goto("/tickets/?folder=unassigned")
    row = page.locator(".ticket-row", has_text="Палитра находит по номеру")
    number = row.locator(".ticket-row__number").inner_text()
    page.keyboard.press("Control+k")
    page.keyboard.type(number)
    expect(page.locator("#palette [aria-selected=true]")).to_contain_text("Палитра находит по номеру")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/tickets/{number}/")


def test_escape_closes_it_and_nothing_happened(agent: Visitor) -> None:
    page = agent.page
    page.goto("/tickets/?folder=open")
    page.keyboard.press("Control+k")
    page.keyboard.type("нов")
    expect(page.locator("#palette [role=option]").first).to_contain_text("Новая заявка")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).not_to_be_visible()
    assert page.url.endswith("folder=open")


def test_a_section_of_the_settings(boss: Visitor) -> None:
    page = boss.page
    page.goto("/tickets/?folder=open")
    page.keyboard.press("Control+k")
    page.keyboard.type("bpvtyty")  # «изменен» with the Latin layout on
    page.locator("#palette [role=option]", has_text="Журнал изменений").click()
    page.wait_for_url("**/settings/log/")
    expect(page.locator("main [aria-current=page]", has_text="Журнал изменений")).to_be_visible()


def test_a_saved_reply_goes_into_the_answer(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    page.goto("/saved-replies/new/")
    page.locator("[name=title]").fill("Просьба о шильдике")
    page.locator(".ProseMirror").click()
    page.keyboard.type("Пришлите фото шильдика")
    page.get_by_role("button", name="Сохранить").click()
    page.wait_for_url("**/saved-replies/")
    desk.send_mail(letter("Палитра вставляет ответ", "Проверка", sender="palette@kafe.example"))
    page.goto("/tickets/?folder=unassigned")
    page.locator(".ticket-row", has_text="Палитра вставляет ответ").locator(".ticket-row__open").click()
    expect(page.locator(".composer .ProseMirror")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("просьба о")
    page.locator("#palette [data-saved]", has_text="Просьба о шильдике").click()
    expect(page.locator("#palette")).not_to_be_visible()
    expect(page.locator(".composer .ProseMirror")).to_contain_text("Пришлите фото шильдика")
