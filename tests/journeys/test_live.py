"""News in real browsers: one stream for all tabs, its substitutes, two people at one ticket."""

import re
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from otklik.testing.browser import Visitor
from otklik.testing.server import Desk, wait_until
from tests.journeys.conftest import letter, ready

pytestmark = pytest.mark.journey
WAYS: dict[str, str] = {
    "worker": "",
    "silent worker": "window.SharedWorker = class extends EventTarget { port = new MessageChannel().port1 }",
    "leader": "delete window.SharedWorker",
    "own": "delete window.SharedWorker; delete window.BroadcastChannel",
    "asking": "delete window.SharedWorker; delete window.BroadcastChannel; delete window.EventSource",
}


def _asked(page: Page) -> list[str]:
    """Return the list that fills with what a page asks for news by itself."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/live/?since=" in request.url else None)
    return asked


def _tab(context: BrowserContext, url: str = "/tickets/?folder=unassigned") -> tuple[Page, list[str]]:
    page = context.new_page()
    asked = _asked(page)
    with page.expect_response(lambda answer: "/live/?since=" in answer.url):
        page.goto(url)
    return page, asked


def _row(page: Page, subject: str) -> Any:
    return page.locator(".ticket-row", has_text=subject)


@pytest.mark.parametrize("way", WAYS)
def test_every_tab_hears_of_a_new_ticket(agent: Visitor, desk: Desk, way: str) -> None:
    agent.page.close()
    if WAYS[way]:
        agent.context.add_init_script(WAYS[way])
    tabs = [_tab(agent.context) for _ in range(2)]
    subject = f"Слышно во всех вкладках: {way}"
    desk.send_mail(letter(subject, "Проверка", sender=f"{way}@kafe.example"))
    for page, _ in tabs:
        page.bring_to_front()
        expect(_row(page, subject)).to_be_visible(timeout=15_000)
    if way == "worker":  # after its first question a tab asks nothing: the shared stream tells it
        assert [len(asked) for _, asked in tabs] == [1, 1]


def test_a_list_that_missed_much_is_read_anew_where_it_stands(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    subject = "Пропущено много"
    desk.send_mail(letter(subject, "Проверка", sender="much@kafe.example"))
    page.goto("/tickets/?folder=unassigned")
    expect(_row(page, subject)).to_be_visible()
    ready(page, "ok-list")
    page.locator(".ticket-row").nth(1).locator(".ticket-row__select").check()
    page.evaluate("""() => {
        window.sameList = true;
        document.querySelector(".ticket-row").remove();
        document.querySelector("ok-shell").changed({ refresh: true });
    }""")
    expect(_row(page, subject)).to_be_visible()
    expect(page.locator("[data-selected-count]")).to_have_text("1")
    assert page.evaluate("window.sameList")


def test_next_tab_goes_on_when_the_leading_one_closes(agent: Visitor, desk: Desk) -> None:
    agent.page.close()
    agent.context.add_init_script(WAYS["leader"])
    first, _ = _tab(agent.context)
    second, _ = _tab(agent.context)
    first.close()
    second.bring_to_front()
    wait_until(lambda: second.evaluate("navigator.locks.query().then((all) => all.held.length)") == 1)
    desk.send_mail(letter("Ведёт вторая вкладка", "Проверка", sender="next@kafe.example"))
    expect(_row(second, "Ведёт вторая вкладка")).to_be_visible()


def test_signing_out_in_one_tab_ends_the_others(agent: Visitor) -> None:
    other, _ = _tab(agent.context)
    agent.page.locator("form[action*=logout] button").click()
    other.bring_to_front()
    expect(other).to_have_url(re.compile("/accounts/login/"), timeout=15_000)
