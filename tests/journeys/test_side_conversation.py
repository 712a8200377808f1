"""A supplier is asked beside the ticket, answers by mail, and the customer sees nothing of it."""

import pytest
from playwright.sync_api import expect

from otklik.testing.browser import Visitor
from otklik.testing.server import Desk
from tests.journeys.conftest import Sink, letter, ready

pytestmark = pytest.mark.journey


def test_a_supplier_answers_beside_the_ticket(agent: Visitor, desk: Desk, sink: Sink) -> None:
    page = agent.page
    subject = "Камера не держит минус"
    page.goto("/tickets/?folder=unassigned")
    desk.send_mail(letter(subject, "Добрый день! На шильдике ZB45KQ."))
    row = page.locator(".ticket-row", has_text=subject)
    row.click()
    page.locator("#more-menu").click()
    page.locator(".menu__item", has_text="Переслать третьей стороне").click()

    page.locator("[name=to]").fill("sklad@detal.example")
    page.locator("[name=subject]").fill("Компрессор ZB45: есть?")
    page.locator(".side-new .ProseMirror").click()
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

    page.locator("[data-back]").click()
    expect(page.locator(".side-answer")).to_contain_text("Склад Деталь")
    expect(page.locator("#thread-items .message__body")).not_to_contain_text("61 000")
    with page.expect_response("**/seen/"):
        page.get_by_role("link", name="Прочитать ответ").click()
    page.locator(".message--customer").hover()
    page.get_by_role("button", name="Процитировать в ответе клиенту").last.click()
    expect(page.locator(".composer .ProseMirror blockquote")).to_contain_text("61 000")
    expect(page.locator(".side-answer")).to_have_count(0)

    page.goto(side)
    ready(page, "ok-card", "ok-letter", "ok-unseen")
    words = page.locator("ok-letter .ProseMirror")
    words.click()
    page.keyboard.type("Берём")
    page.locator("ok-letter [name=seen]").evaluate("(field) => (field.value = 1)")  # as of before the answer
    page.keyboard.press("Control+Enter")
    expect(page.locator("ok-unseen")).to_contain_text("61 000")
    expect(words).to_have_text("Берём")
    assert "409" in agent.complaints.pop()
    page.get_by_role("button", name="Всё равно отправить").click()
    expect(page.locator(".message--agent .message__body", has_text="Берём")).to_be_visible()
