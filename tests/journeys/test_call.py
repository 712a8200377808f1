"""A call is entered by hand: through a channel of the directory, in the words of a person who is found by his phone."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from otklik.testing.browser import Visitor
from otklik.testing.server import Desk
from tests.journeys.conftest import ready, signed_in

pytestmark = pytest.mark.journey
LINE, TEAM = "Горячая линия", "Выездной сервис"


@pytest.fixture(scope="module")
def line(desk: Desk, chromium_browser: Browser) -> str:
    """A line of its own in the directory, answered for a team."""
    with signed_in(desk, chromium_browser, "admin@demo.otklik.test") as admin:
        page = admin.page
        page.goto("/settings/channels/")
        fresh = page.locator("form.channel-line").last
        fresh.locator("[name=kind]").select_option("call")
        fresh.locator("[name=name]").fill(LINE)
        fresh.locator("[name=team]").select_option(label=TEAM)
        fresh.get_by_role("button").click()
        expect(page.locator(f"form.channel-line [name=name][value='{LINE}']")).to_be_visible()
    return LINE


def _say(page: Page, subject: str, words: str, line: str) -> None:
    """Enter what the customer says and open the ticket."""
    page.locator("[name=subject]").fill(subject)
    page.locator(".letter__box .ProseMirror").click()
    page.keyboard.type(words)
    page.get_by_text(line, exact=True).click()
    page.get_by_role("button", name="Открыть заявку").click()
    page.wait_for_url(re.compile(r"/tickets/\d+/$"))


def test_who_called_before_is_found_by_his_phone(agent: Visitor, line: str) -> None:
    page = agent.page
    page.goto("/tickets/new/")
    ready(page, "ok-requester", "ok-letter")
    page.locator("[name=requester_name]").fill("Захар Звонарёв")
    page.locator("[name=requester_phone]").fill("8 (931) 270-11-22")
    _say(page, "Сломался замок", "Дверь не запирается.", line)

    page.goto("/tickets/new/?way=record")
    ready(page, "ok-requester", "ok-letter")
    page.locator("[name=requester_phone]").click()
    page.keyboard.type("8931270")
    known = page.get_by_role("listbox", name="Известные люди").get_by_role("option")
    expect(known).to_have_text(re.compile("Захар Звонарёв"))
    page.keyboard.press("Enter")
    expect(page.locator("[name=requester_name]")).to_have_value("Захар Звонарёв")
    expect(page.locator("[name=subject]")).to_be_focused()
    _say(page, "Замок опять", "Заедает, приезжайте до обеда.", line)

    said = page.locator(".message")
    expect(said).to_have_count(1)
    expect(said).to_have_class(re.compile("message--customer"))
    expect(said).to_contain_text("Захар Звонарёв")
    expect(said).to_contain_text("Заедает, приезжайте до обеда.")
    expect(page.locator("#ticket-properties")).to_contain_text(line)
    expect(page.locator("#prop-team")).to_contain_text(TEAM)
