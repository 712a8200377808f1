"""The bell in a real browser: it rings at once, leads to the ticket, and what is read goes out by itself."""

import re

import pytest
from playwright.sync_api import Browser, expect

from otklik.testing.browser import Visitor
from otklik.testing.server import Desk

pytestmark = pytest.mark.journey
_NOTE = """async (number) => {
  const body = new FormData();
  body.append("mode", "note");
  body.append("note_text", "@Анна Лисицына, гляньте, пожалуйста");
  const token = document.cookie.match(/otklik_csrf=([^;]+)/)[1];
  const answer = await fetch(`/tickets/${number}/notes/`, { method: "POST", body, headers: { "X-CSRFToken": token } });
  return answer.status;
}"""


def test_bell_rings_at_once_and_what_is_opened_is_read(agent: Visitor, desk: Desk, chromium_browser: Browser) -> None:
    other = Visitor(chromium_browser, desk.url)
    other.sign_in("supervisor@demo.otklik.test")
    page = agent.page
    page.goto("/tickets/?folder=open")
    bell = page.locator(".rail .bell__count")
    number = page.locator(".ticket-row").first.get_attribute("id").removeprefix("t-")  # type: ignore[union-attr]
    assert other.page.evaluate(_NOTE, number) in {200, 201, 204}
    expect(bell).not_to_have_text("")
    page.keyboard.press("b")
    panel = page.locator("#bell-panel")
    line = panel.locator("[data-notice]").first
    expect(line).to_contain_text("Вас упомянули в заметке")
    panel.locator("[data-bell-read] button").click()
    expect(bell).to_have_text("")
    page.get_by_role("button", name="Отменить").click()
    expect(bell).not_to_have_text("")
    rung = bell.text_content() or ""
    page.keyboard.press("b")  # the press beside it has closed it
    expect(line).to_be_focused()
    assert other.page.evaluate(_NOTE, number) in {200, 201, 204}
    expect(bell).to_have_text(str(int(rung) + 1))  # and what is open is filled anew
    expect(panel.locator(".bell-item__line--unread", has_text="Вас упомянули").nth(1)).to_be_visible()
    line.press("Enter")
    expect(page).to_have_url(re.compile(rf"/tickets/{number}/"))
    left = str(int(rung) - 1) if int(rung) > 1 else ""
    expect(page.locator(".rail .bell__count")).to_have_text(left)
    assert agent.complaints == []
    other.context.close()
