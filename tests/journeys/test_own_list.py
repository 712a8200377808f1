"""How one wants the list to look is remembered: the columns by the desk, the density of the rows by the browser."""

import re

import pytest
from playwright.sync_api import expect

from otklik.testing.browser import Visitor
from tests.journeys.conftest import ready

pytestmark = pytest.mark.journey
FOLDER = "/tickets/?folder=open"


def test_columns_and_density_survive_a_reload(agent: Visitor) -> None:
    page = agent.page
    page.goto(FOLDER)
    row = page.locator(".ticket-row").first
    expect(row).to_be_visible()
    expect(page.locator(".cell--organization")).to_have_count(0)
    page.locator("#columns-menu").click()
    menu = page.locator(".columns-menu")
    menu.get_by_label("Организация", exact=True).check()
    menu.get_by_label("Приоритет и метки", exact=True).uncheck()
    menu.get_by_label("Только в этой папке").check()
    with page.expect_navigation():
        menu.get_by_role("button", name="Применить").click()
    for _look in ("at once", "after a reload"):
        expect(row.locator(".cell--organization")).to_be_visible()
        expect(row.locator(".cell--tags")).to_have_count(0)
        page.reload()
    page.goto("/tickets/?folder=all")
    expect(row).to_be_visible()
    expect(page.locator(".cell--organization")).to_have_count(0)  # it was for one folder

    page.goto(FOLDER)
    ready(page, "ok-list")
    dense, root = page.get_by_role("button", name="Строки в одну линию"), page.locator("html")
    expect(dense).to_have_attribute("aria-pressed", "false")
    agent.press_russian("KeyD")
    for _look in ("at once", "after a reload"):
        expect(dense).to_have_attribute("aria-pressed", "true")
        expect(root).to_have_attribute("data-density", "compact")
        page.reload()
    ready(page, "ok-list")
    dense.click()
    page.reload()
    expect(dense).to_have_attribute("aria-pressed", "false")
    expect(root).not_to_have_attribute("data-density", re.compile("compact"))

    page.locator("#columns-menu").click()
    with page.expect_navigation():
        menu.get_by_role("button", name="Как обычно").click()
    expect(row).to_be_visible()
    expect(page.locator(".cell--organization")).to_have_count(0)
