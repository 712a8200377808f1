"""A letter to spam teaches: nothing more comes from its address, until the letter is restored."""

import pytest
from playwright.sync_api import Page, expect

from otklik.testing.browser import Visitor
from otklik.testing.server import Desk
from tests.journeys.conftest import letter

pytestmark = pytest.mark.journey
SPAMMER = "zarabotok@skoro-bogat.example"


def _write(desk: Desk, subject: str, sender: str = SPAMMER) -> None:
    desk.send_mail(letter(subject, "Проверка", sender=sender, name="Быстрый заработок"), sender=sender)


def _arrived(page: Page, desk: Desk, mark: str) -> None:
    """Show the folder of what nobody has, with everything in it that was sent until now: another's letter closes it."""
    page.goto("/tickets/?folder=unassigned")
    _write(desk, mark, "chestny@kafe.example")
    expect(page.locator(".ticket-row", has_text=mark)).to_be_visible()


def test_what_a_letter_taught_is_forgotten_when_it_is_restored(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    row = page.locator(".ticket-row", has_text="Миллион к вечеру")
    _write(desk, "Миллион к вечеру")
    _arrived(page, desk, "Честное письмо: раз")
    row.click()
    page.wait_for_url("**/tickets/*/**")
    number = page.locator("ok-card").get_attribute("data-number")
    page.locator("#more-menu").click()
    page.get_by_role("button", name="Спам, и больше не принимать с этого адреса").click()
    page.wait_for_url("**/tickets/?folder=*")

    _write(desk, "Второй миллион")
    _arrived(page, desk, "Честное письмо: два")
    page.reload()
    expect(page.locator(".ticket-row", has_text="Честное письмо: два")).to_be_visible()
    expect(row).to_have_count(0)
    expect(page.locator(".ticket-row", has_text="Второй миллион")).to_have_count(0)

    page.goto(f"/tickets/{number}/")
    shelved = page.locator(".waiting-reply", has_text="Удалится навсегда")
    shelved.get_by_role("button", name="Восстановить").click()
    expect(shelved).to_have_count(0)
    _write(desk, "Третий миллион")
    _arrived(page, desk, "Честное письмо: три")
    expect(row).to_be_visible()
    expect(page.locator(".ticket-row", has_text="Третий миллион")).to_be_visible()
    expect(page.locator(".ticket-row", has_text="Второй миллион")).to_have_count(0)
