"""The change log: what was just changed stands there first with what was and what is; it narrows to area and person."""

import pytest
from playwright.sync_api import Browser, expect

from otklik.testing.browser import visitor
from otklik.testing.server import Desk

pytestmark = pytest.mark.journey


def test_changes_stand_there_with_before_and_after(desk: Desk, chromium_browser: Browser) -> None:
    with visitor(chromium_browser, desk.url) as admin:
        admin.sign_in("admin@demo.otklik.test")
        page = admin.page
        page.goto("/settings/teams/")
        page.get_by_label("Название новой команды").fill("Склад")
        page.get_by_role("button", name="Добавить").click()
        page.locator("#name").fill("Склад запчастей")
        page.get_by_role("button", name="Сохранить").click()
        expect(page.locator(".toast", has_text="Сохранено")).to_be_visible()
        page.goto("/settings/desk/?q=Хранить уведомления")
        days = page.get_by_label("Хранить уведомления, дней")
        before = days.input_value()
        days.fill(str(int(before) + 5))
        page.get_by_role("button", name="Сохранить").click()
        expect(page.locator(".toast", has_text="Сохранено")).to_be_visible()
        page.get_by_role("link", name="Журнал изменений").click()
        rows = page.locator(".audit__row")
        expect(rows.nth(0)).to_contain_text("Хранить уведомления, дней")
        expect(rows.nth(0).locator(".audit__who")).to_have_text("Павел Громов")
        expect(rows.nth(0).locator(".audit__old")).to_have_text(before)
        expect(rows.nth(0).locator(".audit__new")).to_have_text(str(int(before) + 5))
        renamed = rows.filter(has_text="Склад запчастей").first.locator(".audit__change", has_text="Название")
        expect(renamed.locator(".audit__old")).to_have_text("Склад")
        page.get_by_role("link", name="Люди и права").click()
        expect(rows.filter(has_text="Хранить уведомления")).to_have_count(0)
        page.get_by_label("Кто менял").select_option(label="Вера Климова")
        page.get_by_role("button", name="Показать").click()
        expect(rows.filter(has_text="Склад")).to_have_count(0)
        page.goto("/settings/desk/?q=Хранить уведомления")
        page.get_by_role("button", name="Сбросить").click()
        expect(page.get_by_label("Хранить уведомления, дней")).to_have_value(before)
        assert admin.complaints == []
