"""Hands on the list: going through a folder by keys alone in the Russian layout, and dragging rows to a person."""

import re

import pytest
from playwright.sync_api import expect

from otklik.testing.browser import Visitor
from otklik.testing.server import Desk
from tests.journeys.conftest import choose, letter, ready, undo

pytestmark = pytest.mark.journey


def test_walk_by_keys_and_drag_by_mouse(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    page.goto("/tickets/?folder=unassigned")
    for word in ("Первое", "Второе", "Третье"):
        desk.send_mail(letter(f"{word} в разборе", "Посмотрите, пожалуйста", sender="hands@kafe.example", name="Кафе"))
        expect(page.locator(".ticket-row", has_text=f"{word} в разборе")).to_be_visible()
    agent.press_russian("KeyQ")
    page.wait_for_url("**walk=1")
    bar = page.locator("ok-walk")
    expect(bar).to_contain_text("Разбор: 1 из папки «Без исполнителя»")
    expect(page.locator(".ticket-card__title")).to_contain_text("Третье в разборе")
    agent.press_russian("KeyP")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")  # “information is missing”
    expect(page.locator(".ticket-card__title")).to_contain_text("Второе в разборе")
    expect(bar).to_contain_text("Разбор: 2")
    agent.press_russian("KeyR")
    page.keyboard.type("Всё сделаем сегодня")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".ticket-card__title")).to_contain_text("Первое в разборе")
    expect(page.locator(".toast")).to_contain_text("Отменить")  # the reply can be taken back on the next ticket
    shown = page.locator("ok-card .popover form[action$='/snooze/'] [name=was]")
    shown.evaluate_all("(fields) => fields.forEach((field) => (field.value = '2030-01-01T09:00:00+00:00'))")
    ready(page, "ok-card", "ok-clash", "ok-walk")
    agent.press_russian("KeyH")
    choose(page, "До завтра")
    expect(page.locator("#card-clash")).to_contain_text("Отложена: до 1 янв. 2030")  # and nothing goes on
    assert "409" in agent.complaints.pop()
    expect(page.locator(".ticket-card__title")).to_contain_text("Первое в разборе")
    page.locator("#card-clash [data-dismiss]").press("Enter")
    page.locator("body").press("Escape")
    page.wait_for_url("**/tickets/?folder=unassigned")

    row = page.locator(".ticket-row", has_text="Третье в разборе")
    row.hover()
    page.mouse.down()
    page.mouse.move(720, 420, steps=3)
    target = page.locator("ok-drop-tray [data-drop^='assignee=']", has_text="Борис")
    expect(target).to_be_visible()
    expect(page.locator(".rail__link.drop-no", has_text="Все открытые")).to_be_visible()
    target.hover()
    page.mouse.up()
    expect(row).to_have_count(0)
    undo(page, "Изменена 1 заявка")
    expect(row).to_be_visible()


def test_rows_are_dragged_onto_a_folder(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    page.goto("/tickets/?folder=unassigned")
    rows = []
    for word in ("Верхняя", "Нижняя"):
        desk.send_mail(letter(f"{word} строка едет", "Посмотрите", sender="drag@kafe.example", name="Кафе"))
        rows.append(page.locator(".ticket-row", has_text=f"{word} строка едет"))
        expect(rows[-1]).to_be_visible()
    ready(page, "ok-list", "ok-toasts")
    for row in rows:
        row.locator(".ticket-row__select").check(force=True)
    rows[0].hover()
    page.mouse.down()
    page.mouse.move(720, 420, steps=3)
    mine = page.locator(".rail__link.drop-yes", has_text="Мои")
    expect(mine).to_be_visible()
    for place in (10, 30):  # into it and over it
        mine.hover(position={"x": place, "y": 10})
    expect(mine).to_have_class(re.compile("drop-over"))
    page.mouse.up()
    for row in rows:
        expect(row).to_have_count(0)
    page.locator(".rail__link", has_text="Мои").click()
    for row in rows:
        expect(row).to_be_visible()
