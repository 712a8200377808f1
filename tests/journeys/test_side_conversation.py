"""By keys alone: a supplier is asked beside the ticket, answers by mail, and the customer sees nothing of it."""

import pytest
from playwright.sync_api import expect

from otklik.testing.browser import Visitor
from otklik.testing.server import Desk
from tests.journeys.by_keys import open_ticket, press_at
from tests.journeys.conftest import Sink, choose, letter, ready, tab_to

pytestmark = pytest.mark.journey


def test_a_supplier_answers_beside_the_ticket(agent: Visitor, desk: Desk, sink: Sink) -> None:
    page = agent.page
    subject = "Камера не держит минус"
    open_ticket(agent, desk, subject, sender="clara@berezka.example", text="Добрый день! На шильдике ZB45KQ.")
    agent.press_russian("KeyM")
    choose(page, "Переслать третьей стороне")
    page.wait_for_url("**/side/")
    expect(page.locator("[name=to]")).to_be_focused()
    page.keyboard.type("sklad@detal.example")
    tab_to(page, page.locator("[name=subject]"))
    page.keyboard.press("Control+A")
    page.keyboard.type("Компрессор ZB45: есть?")
    tab_to(page, page.locator(".side-new .ProseMirror"))
    page.keyboard.type("Нужен такой же, срок и цена?")
    expect(page.locator("[name=forward]")).to_be_checked()
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/side/*/")
    side = page.url
    expect(page.locator(".message__body")).to_contain_text("На шильдике ZB45KQ")
    # the letter is held for ten seconds like every reply
    expect(page.locator(".delivery--done")).to_be_visible(timeout=30_000)

    asked = sink.mail_about("Компрессор ZB45")
    assert "clara" not in str(asked)
    back = str(asked["Reply-To"].addresses[0].addr_spec)
    desk.send_mail(
        letter(
            f"Re: {asked['Subject']}", "Есть, 61 000 р., завтра.", sender="sklad@detal.example", name="Склад Деталь",
            In_Reply_To=str(asked["Message-ID"]),
        ),
        sender="sklad@detal.example", to=back,
    )  # fmt: skip
    expect(page.locator(".message--customer .message__body")).to_contain_text("61 000")

    page.keyboard.press("Escape")
    expect(page.locator(".side-answer")).to_contain_text("Склад Деталь")
    expect(page.locator("#thread-items .message__body")).not_to_contain_text("61 000")
    with page.expect_response("**/seen/"):
        press_at(page, page.get_by_role("link", name="Прочитать ответ"))
    expect(page.locator("ok-letter .ProseMirror")).to_be_visible()
    press_at(page, page.locator(".message--customer").get_by_role("button", name="Процитировать в ответе клиенту"))
    expect(page.locator(".composer .ProseMirror blockquote")).to_contain_text("61 000")
    expect(page.locator(".side-answer")).to_have_count(0)

    page.goto(side)
    ready(page, "ok-card", "ok-letter", "ok-unseen")
    words = page.locator("ok-letter .ProseMirror")
    tab_to(page, words, most=40)
    page.keyboard.type("Берём")
    page.locator("ok-letter [name=seen]").evaluate("(field) => (field.value = 1)")  # as of before the answer
    page.keyboard.press("Control+Enter")
    expect(page.locator("ok-unseen")).to_contain_text("61 000")
    expect(words).to_have_text("Берём")
    assert "409" in agent.complaints.pop()
    press_at(page, page.get_by_role("button", name="Всё равно отправить"), backwards=True)
    expect(page.locator(".message--agent .message__body", has_text="Берём")).to_be_visible()
