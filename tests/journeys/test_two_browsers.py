"""Two colleagues at one ticket in two browsers: they see each other, and neither goes over the other's work."""

import json
import re

import pytest
from playwright.sync_api import expect

from otklik.testing.browser import Visitor
from otklik.testing.server import Desk
from tests.journeys.by_keys import open_ticket, press_at
from tests.journeys.conftest import choose, letter

pytestmark = pytest.mark.journey


def _open(person: Visitor, desk: Desk, subject: str) -> str:
    """Have a customer write, open the ticket and return its address."""
    person.page.goto("/tickets/?folder=unassigned")
    desk.send_mail(letter(subject, "Посмотрите, пожалуйста", sender="two@kafe.example", name="Кафе"))
    person.page.locator(".ticket-row", has_text=subject).click()
    person.page.wait_for_url("**/tickets/*/**")
    return person.page.url


def test_each_sees_the_other_and_what_he_writes(agent: Visitor, boss: Visitor, desk: Desk) -> None:
    boss.page.goto(_open(agent, desk, "Видим друг друга"))
    mine, theirs = agent.page.locator("ok-presence"), boss.page.locator("ok-presence")
    expect(mine).to_contain_text("смотрит эту заявку")
    expect(theirs).to_contain_text("смотрит эту заявку")
    said: list[str] = []
    boss.page.on(
        "request", lambda sent: said.append(sent.url) if "/presence/" in sent.url and sent.method == "POST" else None
    )
    boss.page.locator(".composer .ProseMirror").click()
    boss.page.keyboard.type("Сейчас отвечу, одну минуту")
    expect(mine).to_contain_text("пишет ответ…")
    assert len(said) == 1, "a tab says that somebody writes, not each key"
    watching = agent.context.new_page()
    watching.goto("/tickets/?folder=unassigned")
    row = watching.locator(".ticket-row", has_text="Видим друг друга")
    expect(row.locator(".ticket-row__eyes--writing")).to_be_visible()
    boss.page.goto("/tickets/?folder=open")
    expect(mine).to_be_empty()
    expect(row.locator(".ticket-row__eyes")).to_have_count(0)


def test_property_changed_meanwhile_is_shown_and_set_only_when_asked_again(
    agent: Visitor, boss: Visitor, desk: Desk
) -> None:
    page = agent.page
    number = open_ticket(agent, desk, "Кто успел раньше", sender="two@kafe.example")
    boss.page.goto(f"/tickets/{number}/")
    press_at(page, page.locator("#prop-priority"))  # what she chooses from does not change under her hand
    boss.page.locator("#prop-priority").click()
    boss.page.locator("#ticket-properties").get_by_role("button", name="Срочный").click()
    expect(boss.page.locator("#prop-priority")).to_contain_text("Срочный")
    expect(page.locator(".event", has_text="Срочный")).to_be_visible()
    choose(page, "Низкий")
    notice = page.locator("ok-clash")
    expect(notice).to_contain_text("Коллега успел раньше")
    expect(notice).to_contain_text("Срочный")
    expect(boss.page.locator("#prop-priority")).to_contain_text("Срочный")
    expect(page.locator("#prop-priority")).to_contain_text("Срочный")
    press_at(page, notice.get_by_role("button", name="Поставить «Низкий»"))
    expect(notice).to_have_count(0)
    expect(page.locator("#prop-priority")).to_contain_text("Низкий")
    expect(boss.page.locator("#prop-priority")).to_contain_text("Низкий")
    agent.complaints.clear()  # the browser itself names the answer that was a clash


def test_reply_waits_until_what_came_meanwhile_was_read(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    number = open_ticket(agent, desk, "Пока пишется ответ", sender="two@kafe.example")
    agent.press_russian("KeyR")
    page.keyboard.type("Мастер выехал")
    _customer_adds(desk, number, "Отбой, заработало")
    expect(page.locator(".message", has_text="Отбой, заработало")).to_be_visible()
    page.keyboard.press("Control+Enter")
    unseen = page.locator("ok-unseen")
    expect(unseen).to_contain_text("Отбой, заработало")
    expect(page.locator(".message--agent")).to_have_count(0)
    expect(unseen.get_by_role("button", name="Вернуться к ответу")).to_be_focused()
    page.keyboard.press("Enter")
    expect(unseen).to_be_empty()
    expect(page.locator(".composer")).to_contain_text("Мастер выехал")
    agent.press_russian("KeyR")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message--agent .message__body")).to_contain_text("Мастер выехал")
    agent.complaints.clear()  # the browser itself names the answer that asked once more


def _customer_adds(desk: Desk, number: str, text: str) -> None:
    words = ("token", "create", "--user", "supervisor@demo.otklik.test", "--scope", "read", "--scope", "write")
    token = desk.cli(*words).stdout.decode().strip()
    answer = desk.request(
        "POST", f"/api/v1/tickets/{number}/messages",
        body=json.dumps({"kind": "incoming", "body_text": text}).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )  # fmt: skip
    assert answer.status in {200, 201}, answer.text


def test_row_dragged_while_a_colleague_took_it_stays_his(agent: Visitor, boss: Visitor, desk: Desk) -> None:
    subject = "Взята, пока её тянули"
    boss.page.goto(_open(agent, desk, subject))
    page = agent.page
    page.goto("/tickets/?folder=open")
    row = page.locator(".ticket-row", has_text=subject)
    row.hover()
    page.mouse.down()
    page.mouse.move(720, 420, steps=3)
    target = page.locator("ok-drop-tray [data-drop^='assignee=']", has_text="Борис")
    expect(target).to_be_visible()
    boss.page.locator("#prop-assignee").click()  # she holds the row that nobody had
    boss.page.locator("details[open] .menu__item").first.click()
    expect(boss.page.locator("#prop-assignee .avatar")).not_to_have_class(re.compile("avatar--none"))
    expect(boss.page.locator(".event", has_text="исполнител")).to_be_visible()
    target.hover()
    page.mouse.up()
    notice = page.locator("#list-clash ok-clash")
    expect(notice).to_contain_text("Коллега успел раньше")
    number = row.get_attribute("id").removeprefix("t-")  # type: ignore[union-attr]
    expect(notice.get_by_role("link", name=f"№ {number}")).to_be_visible()
    notice.get_by_role("button", name="Поставить «Борис").click()
    expect(notice).to_have_count(0)
    expect(row.locator(".ticket-row__assignee")).to_have_attribute("title", re.compile("Борис"))
