"""Tags as folders: from the rail by mouse, by keys alone in the Russian layout, guided work, and whole searches."""

import re

import pytest
from playwright.sync_api import Page, expect

from otklik.testing.browser import Visitor
from otklik.testing.server import Desk
from tests.journeys.conftest import letter, ready, undo

pytestmark = pytest.mark.journey


def _tag(page: Page, subject: str, tag: str) -> None:
    """Give a ticket a tag from the list, with the bar."""
    page.goto("/tickets/?folder=open")
    page.locator(".ticket-row", has_text=subject).locator(".ticket-row__select").check()
    page.locator("#bulk-more").click()
    page.get_by_label("Добавить метки").fill(tag)
    page.get_by_label("Добавить метки").press("Enter")
    expect(page.locator(".ticket-row", has_text=subject).locator(".chip", has_text=tag)).to_be_visible()


def _leave_line(page: Page) -> None:
    """Give the keys from the search line to the page, once the script of the line is there."""
    ready(page, "ok-search", "ok-list")
    page.locator("#search-line").press("Escape")


def test_tag_is_pinned_and_worked_in_by_mouse(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    subject = "Компрессор на складе стучит"
    desk.send_mail(letter(subject, "Приезжайте, пожалуйста", sender="tags@kafe.example", name="Кафе"))
    page.goto("/tickets/?folder=open")
    expect(page.locator(".ticket-row", has_text=subject)).to_be_visible()
    _tag(page, subject, "стук")
    page.locator(".rail__link", has_text="Метки").click()
    page.wait_for_url("**/tags/")
    page.get_by_role("button", name="Закрепить в меню: стук").click()
    pin = page.locator(".rail__link", has_text="стук")
    expect(pin.locator(".rail__count")).to_have_text("1")
    pin.click()
    expect(page.locator("h1")).to_have_text("Метка: стук")
    expect(pin).to_have_attribute("aria-current", "page")
    row = page.locator(".ticket-row", has_text=subject)
    row.locator(".ticket-row__select").check()
    page.locator("#bulk-more").click()
    page.get_by_label("Снять метки").fill("СТУК")
    page.get_by_label("Снять метки").press("Enter")
    expect(page.locator(".ticket-list__empty")).to_be_visible()  # drawn in place: the way back stays
    expect(page.locator(".ticket-list")).to_be_hidden()
    undo(page, "Изменена 1 заявка")
    expect(row).to_be_visible()
    expect(page.locator(".ticket-list__empty")).to_have_count(0)
    expect(page.get_by_role("link", name="Первая")).to_be_visible()
    expect(pin.locator(".rail__count")).to_have_text("1")
    page.reload()  # the row came, went and came back: from here it stands still
    row.locator(".ticket-row__select").check()
    page.locator("#bulk-more").click()
    page.get_by_label("Снять метки").fill("стук")
    page.get_by_label("Снять метки").press("Enter")
    expect(row).to_have_count(0)  # the folder is live: nobody loaded it anew
    expect(pin.locator(".rail__count")).to_have_text("")
    page.get_by_role("button", name="Убрать из меню").click()
    expect(page.locator(".rail__link", has_text="стук")).to_have_count(0)
    assert agent.complaints == []


def test_tag_is_gone_through_by_keys_alone(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    for word in ("Левая", "Правая"):
        desk.send_mail(letter(f"{word} дверца не держит", "Проверьте", sender="tags@kafe.example", name="Кафе"))
        page.goto("/tickets/?folder=open")
        expect(page.locator(".ticket-row", has_text=f"{word} дверца")).to_be_visible()
        _tag(page, f"{word} дверца", "дверцы")
    page.goto("/tickets/?tag=дверцы")
    expect(page.locator(".ticket-row")).to_have_count(2)
    ready(page, "ok-list")
    agent.press_russian("KeyJ")
    expect(page.locator(".ticket-row--focus")).to_contain_text("Правая дверца")
    agent.press_russian("KeyX")
    expect(page.locator("[data-selected-count]")).to_have_text("1")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.locator(".ticket-card__title")).to_contain_text("Правая дверца")
    ready(page, "ok-card")
    page.locator("body").press("Escape")
    expect(page.locator("h1")).to_have_text("Метка: дверцы")
    ready(page, "ok-list")
    agent.press_russian("KeyQ")
    page.wait_for_url("**walk=1")
    expect(page.locator("ok-walk")).to_contain_text("из папки «дверцы»")
    first = str(page.locator(".ticket-card__title").text_content())
    ready(page, "ok-walk", "ok-card")
    agent.press_russian("KeyG")
    expect(page.locator(".ticket-card__title")).not_to_contain_text(first)
    ready(page, "ok-walk")
    page.locator("body").press("Escape")
    expect(page.locator("h1")).to_have_text("Метка: дверцы")
    assert agent.complaints == []


def test_what_was_found_is_gone_through_and_changed_as_a_whole(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    page.goto("/search/?q=status:active")
    expect(page.locator(".ticket-row").first).to_be_visible()
    _leave_line(page)
    agent.press_russian("KeyQ")
    page.wait_for_url("**walk=1")
    expect(page.locator("ok-walk")).to_contain_text("из того, что найдено")
    ready(page, "ok-walk")
    page.locator("body").press("Escape")
    page.wait_for_url("**/search/?q=status*")
    _leave_line(page)
    page.keyboard.press("Shift+KeyA")
    whole = page.get_by_role("button", name="Все найденные:")
    expect(whole).to_be_visible()
    # a letter that comes meanwhile changes the numbers of the rail and leaves the offer alone
    before = page.locator(".rail [data-count=unassigned]").text_content()
    desk.send_mail(letter("Пришло между делом", "Позвоните", sender="between@kafe.example", name="Кафе"))
    expect(page.locator(".rail [data-count=unassigned]")).not_to_have_text(str(before))
    count = str(whole.text_content()).rpartition(" ")[2]
    whole.click()
    expect(page.locator("[data-selected-count]")).to_have_text(count)
    page.locator("#bulk-more").click()
    page.get_by_label("Добавить метки").fill("обход")
    page.get_by_label("Добавить метки").press("Enter")
    strip = page.locator(".run-strip")
    changed = int(count) + 1  # the whole is what is found at the moment of the act, the letter between included
    expect(strip).to_contain_text(re.compile(rf"Изменен[аыо] {changed} заяв"))
    strip.get_by_role("button", name="Отменить всё").click()
    expect(strip).to_contain_text("как прежде")
    assert agent.complaints == []


def test_supervisor_merges_tags(desk: Desk, agent: Visitor) -> None:
    page = agent.page
    page.goto("/tags/")
    expect(page.get_by_role("button", name="Переименовать")).to_have_count(0)
    page.goto("about:blank")  # a page that finds itself signed out goes to the sign-in by itself
    agent.context.clear_cookies()
    agent.sign_in("supervisor@demo.otklik.test")
    page.goto("/tags/")
    row = page.locator(".tag-list > li").first
    name = str(row.locator("b").text_content())
    row.locator("summary").click()
    row.get_by_label("Новое название").fill(f"{name} у клиента")
    row.get_by_label("Новое название").press("Enter")
    expect(page.locator(".run-strip")).to_contain_text("Изменен")
    renamed = page.locator(".tag-list > li", has_text=f"{name} у клиента")
    expect(renamed).to_be_visible()
    renamed.locator("a").click()
    expect(page.locator(".ticket-row").first.locator(".ticket-row__tags")).to_contain_text("у клиента")
