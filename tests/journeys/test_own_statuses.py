"""A workspace adds a status of its own, an agent gives it to a ticket and finds the ticket by it."""

import re

import pytest
from playwright.sync_api import Browser, expect

from otklik.testing.browser import Visitor
from otklik.testing.server import Desk
from tests.journeys.conftest import signed_in

pytestmark = pytest.mark.journey
NAME = "Ждём запчасть"


@pytest.fixture(scope="module")
def part(desk: Desk, chromium_browser: Browser) -> str:
    """The administrator adds it by keys alone, and moves it above the built-in one of its category."""
    with signed_in(desk, chromium_browser, "admin@demo.otklik.test") as admin:
        page = admin.page
        page.goto("/settings/statuses/")
        fresh = page.locator("form.entry-line").last
        fresh.locator("[name=name_ru]").focus()
        page.keyboard.type(NAME)
        page.keyboard.press("Tab")
        page.keyboard.type("Waiting for a part")
        page.keyboard.press("Tab")
        fresh.locator("[name=category]").select_option("on_hold")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        line = page.locator("form.entry-line", has=page.locator(f"[value='{NAME}']"))
        expect(line).to_have_count(1)
        line.get_by_role("button", name=f"Поднять «{NAME}» выше").click()
        group = page.locator(".entries__group", has=page.locator(f"[value='{NAME}']"))
        expect(group.locator("form [name=name_ru]").first).to_have_value(NAME)
    return NAME


def test_the_agent_gives_it_and_finds_by_it(agent: Visitor, part: str) -> None:
    page = agent.page
    page.goto("/tickets/?folder=open")
    page.locator(".ticket-row__open").first.click()
    page.wait_for_url(re.compile(r"/tickets/\d+/"))
    number = re.search(r"/tickets/(\d+)/", page.url)
    assert number
    menu = page.locator("#status-menu")
    menu.click()
    page.locator("details[open] .menu__item", has_text=part).click()
    expect(menu).to_contain_text(part)  # not only in the list of the menu: it is the ticket's
    page.goto(f"/search/?q=status:«{part}»")
    expect(page.locator(".ticket-row", has_text=number[1])).to_have_count(1)
