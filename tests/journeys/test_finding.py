"""Finding by mouse and by keyboard: live results, chips, the other layout, tags, the history of a person."""

import re

import pytest
from playwright.sync_api import Page, expect

from otklik.testing.browser import Visitor
from otklik.testing.server import Desk, wait_until
from tests.journeys.conftest import letter

pytestmark = pytest.mark.journey


def _rows(page: Page, line: str) -> int:
    page.goto(f"/search/?q={line}")
    return page.locator(".ticket-row").count()


def test_agent_finds_by_keyboard_alone(agent: Visitor) -> None:
    page = agent.page
    page.goto("/tickets/?folder=open")
    page.locator(".ticket-row").first.wait_for()
    page.keyboard.press("/")
    page.keyboard.type("холодильника")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=*")
    line = page.locator("#search-line")
    expect(line).to_be_focused()
    expect(page.locator("mark").first).to_have_text(re.compile("холодильник", re.IGNORECASE))
    page.keyboard.type(" -домашний статус:закрыта")
    expect(page.locator(".filter-chip")).to_have_count(2)
    expect(page).to_have_url(re.compile("%D1%81%D1%82%D0%B0%D1%82%D1%83%D1%81"))
    page.locator(".filter-chip a").last.click()
    expect(page.locator(".filter-chip")).to_have_count(1)
    expect(page.locator("#search-line")).to_be_focused()
    page.keyboard.press("ArrowDown")
    first = page.locator(".ticket-row").first.get_attribute("id")
    expect(page.locator(".ticket-row--focus")).to_have_attribute("id", str(first))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/tickets/{str(first).removeprefix('t-')}/**")
    assert agent.complaints == []


def test_words_typed_in_the_wrong_layout_are_understood(agent: Visitor) -> None:
    page = agent.page
    page.goto("/search/")
    expect(page.locator(".found__hints")).to_be_visible()
    page.locator("#search-line").fill("dbnhbyf")
    expect(page.locator(".found__note")).to_contain_text("витрина")
    page.locator("#search-line").fill("статус:никакой")
    expect(page.locator(".found__trouble code")).to_have_text("статус:никакой")
    page.locator("#search-line").fill("абракадабра")
    expect(page.locator(".found__empty")).to_be_visible()
    assert agent.complaints == []


def test_new_mail_is_found_within_seconds(agent: Visitor, desk: Desk) -> None:
    word = "Перфоглифоскоп"
    desk.send_mail(letter(f"{word} не включается", "Проверка"))
    page = agent.page
    wait_until(lambda: _rows(page, "перфоглифоскопа"), what="the new ticket among the found ones")
    expect(page.locator(".ticket-row__subject mark")).to_have_text(word)


def test_chip_of_a_tag_opens_its_folder(agent: Visitor) -> None:
    page = agent.page
    page.goto("/search/?q=холодильник")
    chip = page.locator(".ticket-row__tags a.chip").first
    name = str(chip.text_content())
    chip.click()
    page.wait_for_url("**/tickets/?tag=*")
    expect(page.locator("h1")).to_have_text(f"Метка: {name}")
    expect(page.locator(".ticket-row").first).to_be_visible()
    assert agent.complaints == []


def test_order_and_exact_phrase_are_chosen(agent: Visitor, desk: Desk) -> None:
    letters = {
        "Квазифризер в зале": "Квазифризер не морозит, квазифризер гудит",
        "Письмо без темы": "Спросите ещё, когда привезут новый квазифризер, а старый заберут",
    }
    for subject, text in letters.items():
        desk.send_mail(letter(subject, text, sender="order@kafe.example", name="Кафе"), sender="order@kafe.example")
    page = agent.page
    wait_until(lambda: _rows(page, "квазифризер") == 2, what="both tickets among the found ones")
    rows, orders = page.locator(".ticket-row__subject"), page.locator(".segments")
    newest = orders.get_by_role("link", name="Сначала новые")
    newest.click()
    expect(newest).to_have_attribute("aria-current", "true")
    expect(rows).to_have_text(["Письмо без темы", "Квазифризер в зале"])
    orders.get_by_role("link", name="Сначала подходящие").click()
    expect(rows).to_have_text(["Квазифризер в зале", "Письмо без темы"])
    page.reload()
    expect(rows).to_have_text(["Квазифризер в зале", "Письмо без темы"])
    newest.press("Enter")
    expect(rows).to_have_text(["Письмо без темы", "Квазифризер в зале"])
    line = page.locator("#search-line")
    line.fill("новый квазифризер")
    expect(rows).to_have_text(["Письмо без темы"])
    line.fill("квазифризер новый")
    expect(rows).to_have_text(["Письмо без темы"])
    line.fill('"квазифризер новый"')
    expect(page.locator(".found__empty")).to_be_visible()
    line.fill('"новый квазифризер"')
    expect(rows).to_have_text(["Письмо без темы"])
    assert agent.complaints == []


@pytest.mark.parametrize("address", ["/contacts/1/", "/organizations/1/"])
def test_history_of_a_person_and_of_an_organisation_is_searched(agent: Visitor, address: str) -> None:
    page = agent.page
    page.goto(address)
    rows = page.locator("[data-history] a")
    before = rows.count()
    page.locator(".panel-search input").fill("витрины")
    expect(rows).not_to_have_count(before)
    expect(rows.first).to_be_visible()
    page.locator(".panel-search input").fill("абракадабра")
    expect(page.locator("[data-history]")).to_contain_text("ничего не нашлось")
    assert agent.complaints == []
