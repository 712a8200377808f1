"""A person is erased for ever: only by his name typed, and nothing of him is found on any page afterwards."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from otklik.testing.browser import visitor
from otklik.testing.server import Desk, wait_until
from tests.journeys.conftest import letter

pytestmark = pytest.mark.journey
_REFUSED = "Failed to load resource: the server responded with a status of 422 (Unprocessable Content)"
NAME, ADDRESS = "Зоя Крылатова", "zoya@erasure.example"


def test_erased_person_is_found_nowhere(desk: Desk, chromium_browser: Browser) -> None:
    text = "Пароль от калитки — сорок два. Зоя Крылатова"
    desk.send_mail(letter("Калитка у Зои не закрывается", text, sender=ADDRESS, name=NAME), sender=ADDRESS)
    with visitor(chromium_browser, desk.url) as admin:
        admin.sign_in("admin@demo.otklik.test")
        page = admin.page
        page.goto("/tickets/?folder=open")
        row = page.locator(".ticket-row", has_text="Калитка у Зои")
        expect(row).to_be_visible()
        number = str(row.get_attribute("id")).removeprefix("t-")
        page.goto(f"/contacts/?q={ADDRESS}")
        page.locator(".directory__row", has_text=NAME).get_by_role("link").first.click()
        page.get_by_role("link", name="Стереть данные…").click()
        _type(page, "Зоя")
        expect(page.locator(".form-error")).to_contain_text("Введите имя так")
        _type(page, NAME)
        expect(page.get_by_role("heading", name="Удалённый контакт")).to_be_visible()
        expect(page.get_by_text("Данные этого человека стёрты")).to_be_visible()
        expect(page.get_by_role("link", name="Стереть данные…")).to_have_count(0)

        def forgotten() -> bool:
            told = page.request.get(f"/tickets/{number}/").text()
            return not re.search(r"Крылатова|калитк|erasure\.example", told, re.IGNORECASE)

        wait_until(forgotten, what="the ticket without the person")
        assert "Калитка" not in page.request.get("/search/?q=калитка").text()
        assert page.request.get(f"/tickets/{number}/").status == 200, "the ticket itself stays, for the figures"
        assert ADDRESS not in page.request.get(f"/contacts/?q={NAME}").text()
        assert admin.complaints == [_REFUSED]  # the name half typed


def _type(page: Page, name: str) -> None:
    page.get_by_label("Для подтверждения введите имя").fill(name)
    page.get_by_role("button", name="Стереть навсегда").click()
