"""Somebody goes away and names a stand-in, who has the work among his own until the other is back."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from otklik.testing.browser import Visitor, visitor
from otklik.testing.server import Desk
from tests.journeys.conftest import add_colleague, letter, tab_to

pytestmark = pytest.mark.journey
SECRET = "a long secret of Zoya 8"
STAND_IN = "Марина Ветрова"


def _by_mouse(page: Page) -> None:
    page.get_by_role("link", name="Указать отсутствие и замещающего").click()
    page.get_by_label("Причина").fill("Учёба")
    page.get_by_label("Замещающий").select_option(label=STAND_IN)
    page.get_by_role("button", name="Записать").click()


def _by_keys(page: Page) -> None:
    tab_to(page, page.get_by_role("link", name="Указать отсутствие и замещающего"), most=80)
    page.keyboard.press("Enter")
    reason, chosen = page.get_by_label("Причина"), page.get_by_label("Замещающий")
    expect(reason).to_be_visible()
    tab_to(page, reason, most=80)
    page.keyboard.type("Учёба")
    tab_to(page, chosen)
    for _step in range(chosen.locator("option").count()):
        if chosen.evaluate("(field) => field.selectedOptions[0].text") == STAND_IN:
            break
        page.keyboard.press("ArrowDown")
    tab_to(page, page.get_by_role("button", name="Записать"))
    page.keyboard.press("Enter")


@pytest.mark.parametrize(("enter", "name"), [(_by_mouse, "Зоя Мышкина"), (_by_keys, "Зоя Ключева")])
def test_the_work_is_lent_until_the_absent_one_is_back(
    boss: Visitor, desk: Desk, chromium_browser: Browser, enter: Callable[[Page], None], name: str
) -> None:
    subject = f"Стоит в очереди, {name}"
    desk.send_mail(letter(subject, "Проверка", sender="stand-in@kafe.example", name="Кафе"))
    row = boss.page.locator(".ticket-row", has_text=subject)
    with visitor(chromium_browser, desk.url) as zoya:
        page = zoya.page
        zoya.sign_in(add_colleague(desk, name, "zoya", SECRET), SECRET)
        page.goto("/tickets/?folder=unassigned")
        page.locator(".ticket-row", has_text=subject).click()
        page.get_by_role("button", name="Взять себе").click()
        expect(page.locator("#prop-assignee")).to_contain_text(name)

        page.goto("/profile/")
        enter(page)
        own = page.locator(".absence-row", has_text=name)
        expect(own).to_contain_text("Учёба")
        expect(own).to_contain_text(STAND_IN)
        boss.page.goto("/tickets/?folder=mine")
        expect(row.locator(".chip", has_text=f"за: {name}")).to_be_visible()

        own.get_by_role("button", name="Я на месте").click()
        expect(own).to_have_count(0)
        boss.page.goto("/tickets/?folder=mine")
        expect(boss.page.get_by_role("heading", level=1)).to_have_text("Мои")
        expect(row).to_have_count(0)
        boss.page.goto("/tickets/?folder=open")
        expect(row).to_be_visible()
        assert zoya.complaints == []
