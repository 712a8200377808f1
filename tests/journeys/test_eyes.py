"""Who has a ticket open shows wherever its row does: in what a search found, in later rows, and without a stream."""

import pytest
from playwright.sync_api import expect

from otklik.testing.browser import Visitor
from otklik.testing.server import Desk
from tests.journeys.conftest import letter

pytestmark = pytest.mark.journey


def _written(desk: Desk, agent: Visitor, subject: str) -> str:
    """Have a customer write and return the number of the ticket."""
    desk.send_mail(letter(subject, "Проверка", sender="eyes@kafe.example", name="Кафе"))
    agent.page.goto("/tickets/?folder=unassigned")
    return agent.page.locator(".ticket-row", has_text=subject).locator(".ticket-row__number").inner_text()


def test_found_rows_are_marked_also_when_they_come_later(agent: Visitor, boss: Visitor, desk: Desk) -> None:
    page = agent.page
    number = _written(desk, agent, "Кондиционер на глазах")
    boss.page.goto(f"/tickets/{number}/")
    page.goto(f"/search/?q={number}")
    mark = page.locator(f"#t-{number} .ticket-row__eyes")
    expect(mark).to_have_text("1")
    page.locator("#search-line").fill("такого нет нигде")
    expect(mark).to_have_count(0)
    page.locator("#search-line").fill(number)
    expect(mark).to_have_text("1")
    boss.page.goto("/tickets/?folder=open")
    expect(mark).to_have_count(0)


def test_list_is_marked_where_no_stream_passes(agent: Visitor, boss: Visitor, desk: Desk) -> None:
    agent.context.add_init_script(
        "delete window.SharedWorker; delete window.BroadcastChannel; delete window.EventSource"
    )
    number = _written(desk, agent, "Без потока видно тоже")
    mark = agent.page.locator(f"#t-{number} .ticket-row__eyes")
    boss.page.goto(f"/tickets/{number}/")
    expect(mark).to_have_text("1")
    boss.page.locator(".composer .ProseMirror").click()
    boss.page.keyboard.type("Пишу")
    expect(agent.page.locator(f"#t-{number} .ticket-row__eyes--writing")).to_be_visible()
    boss.page.goto("/tickets/?folder=open")
    expect(mark).to_have_count(0)
