"""One browser, two colleagues one after the other: neither meets the other's unfinished text or time."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from otklik.testing.browser import Visitor
from otklik.testing.server import Desk
from tests.journeys.conftest import letter

pytestmark = pytest.mark.journey

BORIS = "supervisor@demo.otklik.test"


def _kept(page: Page) -> list[str]:
    return page.evaluate("Object.keys(localStorage).filter((key) => /^(draft|timer):/.test(key)).sort()")


def _sign_out(person: Visitor) -> None:
    person.page.get_by_role("button", name="Выйти").click()
    person.page.wait_for_url(re.compile(r"/login/|/accounts/"))


def test_nobody_meets_a_colleagues_words(desk: Desk, chromium_browser: Browser, agent: Visitor) -> None:
    page = agent.page
    desk.send_mail(letter("Общий компьютер", "Кто ответит?", sender="shared@kafe.example", name="Кафе Смена"))
    page.goto("/tickets/?folder=unassigned")
    page.locator(".ticket-row", has_text="Общий компьютер").locator(".ticket-row__open").click()
    page.wait_for_url("**/tickets/*/**")
    ticket = page.url
    page.evaluate("localStorage.setItem('draft:77:reply', 'старый ключ'); localStorage.setItem('timer:77', '{}')")
    page.locator("[data-when=reply] .ProseMirror").click()
    page.route("**/draft/**", lambda route: route.abort())  # these words never reach the server
    page.keyboard.type("Секрет Анны")
    expect(page.locator(".composer")).to_contain_text("Секрет Анны")
    page.wait_for_function("Object.keys(localStorage).some((key) => /^draft:u/.test(key))")
    page.goto("/tickets/")
    assert not any(":77" in key for key in _kept(page)), "what bears no name is nobody's"
    _sign_out(agent)
    agent.sign_in(BORIS)
    page.unroute("**/draft/**")
    page.goto(ticket)
    expect(page.locator("[data-when=reply] .ProseMirror")).to_be_visible()
    expect(page.locator(".composer")).not_to_contain_text("Секрет Анны")
    me = page.locator("ok-shell").get_attribute("data-person")
    assert [key for key in _kept(page) if key.split(":")[1] != f"u{me}"] == []
    page.locator("[data-when=reply] .ProseMirror").click()
    page.keyboard.type("Текст Бориса")
    expect(page.locator(".composer")).to_contain_text("охранён")
    _sign_out(agent)
    assert [key for key in _kept(page) if key.startswith("draft:")] == []
    agent.complaints.clear()  # the line that was cut on purpose
