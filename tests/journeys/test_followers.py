"""Followers of a ticket: oneself and a colleague by mouse and by keys, what they hear, who may not choose them."""

import pytest
from playwright.sync_api import Browser, expect

from otklik.testing.browser import Visitor, visitor
from otklik.testing.server import Desk
from tests.journeys.conftest import letter, tab_to

pytestmark = pytest.mark.journey
SUBJECT, TEXT = "Лёд на испарителе", "Растёт каждый день"


def _written_again(desk: Desk) -> None:
    """Have the customer write once more on the same ticket."""
    first = letter(SUBJECT, TEXT).decode().partition("Message-ID: ")[2].partition("\n")[0].strip()
    desk.send_mail(
        letter(f"Re: {SUBJECT}", "Уже с палец", sender="frost@kafe.example", name="Кафе Лёд", In_Reply_To=first),
        sender="frost@kafe.example",
    )


def test_followers_are_chosen_and_told(agent: Visitor, boss: Visitor, desk: Desk, chromium_browser: Browser) -> None:
    page = agent.page
    page.goto("/tickets/?folder=unassigned")
    desk.send_mail(letter(SUBJECT, TEXT, sender="frost@kafe.example", name="Кафе Лёд"), sender="frost@kafe.example")
    page.locator(".ticket-row", has_text=SUBJECT).click()
    page.wait_for_url("**/tickets/*/**")
    number = page.url.split("/tickets/")[1].split("/")[0]
    shown = page.locator("#prop-followers")
    menu = page.locator("#prop-followers + .popover")
    expect(shown).to_have_text("никто")
    shown.click()
    mine = menu.locator(".menu__item").first  # oneself stands first
    expect(mine).to_contain_text("Анна Лисицына")
    mine.click()
    expect(shown).to_have_text("Анна Лисицына")
    expect(page.locator(".event", has_text="Анна Лисицына")).to_be_visible()

    with visitor(chromium_browser, desk.url) as technician:
        technician.sign_in("maxim@demo.otklik.test")
        asks = technician.context.request
        assert asks.get(f"/tickets/{number}/").status == 404
        tab_to(page, page.locator("#prop-team"))  # the way goes on from the menu that has closed
        page.keyboard.press("Shift+Tab")
        expect(shown).to_be_focused()
        # by the arrows, and at once with the English layout on
        for keys, wanted in ((("марин", "ArrowDown"), "Марина Ветрова"), (("vfrcbv",), "Максим Рудаков")):
            page.keyboard.press("Enter")
            expect(page.get_by_role("searchbox", name="Найти коллегу")).to_be_focused()
            page.keyboard.type(keys[0])
            for key in (*keys[1:], "Enter"):
                page.keyboard.press(key)
            expect(shown).to_contain_text(wanted)
            expect(shown).to_be_focused()
        assert asks.get(f"/tickets/{number}/").status == 200  # who follows sees it

    boss.page.goto("/tickets/?folder=open")
    _written_again(desk)
    boss.page.keyboard.press("b")
    line = boss.page.locator("#bell-panel [data-notice]", has_text=SUBJECT)
    expect(line).to_contain_text("Кафе Лёд")
    line.click()
    boss.page.wait_for_url(f"**/tickets/{number}/**")
    boss.page.locator("#prop-followers").click()
    boss.page.locator("#prop-followers + .popover .menu__item[aria-current]", has_text="Марина").click()
    expect(boss.page.locator("#prop-followers")).not_to_contain_text("Марина")
    expect(shown).not_to_contain_text("Марина")  # the colleague's card says it too

    with visitor(chromium_browser, desk.url) as observer:
        observer.sign_in("observer@demo.otklik.test")
        observer.page.goto(f"/tickets/{number}/")
        expect(observer.page.locator("#ticket-properties")).to_contain_text("Анна Лисицына")
        expect(observer.page.locator("#prop-followers")).to_have_count(0)
        assert observer.context.request.get(f"/tickets/{number}/followers/").status in {403, 404}
        assert observer.complaints == []
