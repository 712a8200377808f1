"""Where a reply goes is what its author chose, whatever colleagues do to the ticket meanwhile."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from otklik.testing.browser import Visitor
from otklik.testing.server import Desk
from tests.journeys.conftest import AGENT, Sink, letter, signed_in

pytestmark = pytest.mark.journey
ELSEWHERE = "buh@berezka.example"


def _open(person: Visitor, desk: Desk, subject: str) -> str:
    """Have a customer write, open the ticket and return its number."""
    desk.send_mail(letter(subject, "Пришлите счёт", sender="choice@berezka.example", name="Ольга Выборова"))
    person.page.goto("/tickets/?folder=unassigned")
    person.page.locator(".ticket-row", has_text=subject).click()
    person.page.wait_for_url("**/tickets/*/**")
    return person.page.url.split("/tickets/")[1].split("/")[0]


def _make_urgent(boss: Visitor, agent: Visitor, number: str) -> None:
    """Change the ticket from another browser and wait until the first one shows it."""
    boss.page.goto(f"/tickets/{number}/")
    boss.page.locator("#prop-priority").click()
    boss.page.locator("#ticket-properties").get_by_role("button", name="Срочный").click()
    expect(agent.page.locator("#prop-priority")).to_contain_text("Срочный")


def test_chosen_address_survives_a_colleagues_change(agent: Visitor, boss: Visitor, desk: Desk, sink: Sink) -> None:
    page, subject = agent.page, "Счёт в бухгалтерию"
    number = _open(agent, desk, subject)
    chip = page.locator("#choose-recipient")
    expect(chip).to_have_text("Ольга Выборова")
    chip.click()
    page.get_by_label("Другой адрес").fill(ELSEWHERE)
    page.keyboard.press("Enter")
    expect(chip).to_have_text(ELSEWHERE)
    page.locator(".composer .ProseMirror").click()
    page.keyboard.type("Счёт во вложении")
    page.locator(".thread").click(position={"x": 5, "y": 5})  # nobody's part of the page may be kept by the caret alone
    _make_urgent(boss, agent, number)
    expect(chip).to_have_text(ELSEWHERE)
    page.reload()
    expect(page.locator(".composer .ProseMirror")).to_contain_text("Счёт во вложении")
    expect(chip).to_have_text(ELSEWHERE)
    chip.click()
    expect(page.get_by_label("Другой адрес")).to_have_value(ELSEWHERE)
    page.keyboard.press("Escape")
    send = page.get_by_role("button", name="Отправить и ждать клиента")
    send.click()
    expect(page.locator(".message--agent")).to_contain_text("Счёт во вложении")
    expect(chip).to_have_text("Ольга Выборова")  # the next reply goes where replies usually go
    page.keyboard.press("z")  # taken back, it has its address again
    expect(page.locator(".composer .ProseMirror")).to_contain_text("Счёт во вложении")
    expect(chip).to_have_text(ELSEWHERE)
    send.click()
    expect(page.locator(".message--agent")).to_contain_text("Счёт во вложении")
    assert str(sink.mail_about(subject)["To"]).endswith(f"{ELSEWHERE}>")


def test_chosen_address_is_there_on_another_machine(agent: Visitor, desk: Desk, chromium_browser: Browser) -> None:
    page = agent.page
    number = _open(agent, desk, "Счёт с другой машины")
    page.locator("#choose-recipient").click()
    page.get_by_label("Другой адрес").fill(ELSEWHERE)
    page.keyboard.press("Enter")
    page.locator(".composer .ProseMirror").click()
    page.keyboard.type("Счёт готов")
    expect(page.locator(".composer__state")).to_contain_text("Черновик сохранён в")
    with signed_in(desk, chromium_browser, AGENT) as elsewhere:
        elsewhere.page.goto(f"/tickets/{number}/")
        expect(elsewhere.page.locator(".composer .ProseMirror")).to_contain_text("Счёт готов")
        expect(elsewhere.page.locator("#choose-recipient")).to_have_text(ELSEWHERE)
        elsewhere.page.locator("#choose-recipient").click()
        elsewhere.page.locator("[data-choice] [data-usual][name=choose_to]").check()
        elsewhere.page.keyboard.press("Escape")
        expect(elsewhere.page.locator("#choose-recipient")).to_have_text("Ольга Выборова")
        expect(elsewhere.page.locator(".composer__state")).to_contain_text("Черновик сохранён в")
    page.reload()
    expect(page.locator(".composer .ProseMirror")).to_contain_text("Счёт готов")
    expect(page.locator("#choose-recipient")).to_have_text("Ольга Выборова")


@pytest.fixture
def second_mailbox(desk: Desk) -> Iterator[str]:
    """Another mailbox of the company for the time of a test."""
    name = "Бухгалтерия"
    rows = "from otklik.tickets.models import Channel; from otklik.core.clock import now; "
    added = f"Channel.objects.create(kind='email', name='{name}', address='money@demo.otklik.test', created_at=now())"
    desk.cli("manage", "shell", "-c", rows + added)
    yield name
    desk.cli("manage", "shell", "-c", f"{rows}Channel.objects.filter(name='{name}').update(enabled=False)")


def test_chosen_mailbox_survives_it_as_well(
    agent: Visitor, boss: Visitor, desk: Desk, sink: Sink, second_mailbox: str
) -> None:
    page, subject = agent.page, "Ответить от бухгалтерии"
    number = _open(agent, desk, subject)
    chip = page.locator("#choose-recipient")
    chip.click()
    page.locator("[data-choice]").get_by_text(second_mailbox).click()
    page.keyboard.press("Escape")
    expect(chip).to_have_text(f"Ольга Выборова, с ящика «{second_mailbox}»")
    _make_urgent(boss, agent, number)
    expect(chip).to_have_text(f"Ольга Выборова, с ящика «{second_mailbox}»")
    page.locator(".composer .ProseMirror").click()
    page.keyboard.type("Счёт оплачен")
    page.get_by_role("button", name="Отправить и ждать клиента").click()
    assert "money@demo.otklik.test" in str(sink.mail_about(subject)["From"])


def test_ticks_of_linked_tickets_survive_it_too(agent: Visitor, boss: Visitor, desk: Desk, sink: Sink) -> None:
    page = agent.page
    other = _open(agent, desk, "Привязанная к общему сбою")
    number = _open(agent, desk, "Общий сбой")
    page.locator("#more-menu").click()
    page.get_by_label("Номер другой заявки").fill(other)
    page.keyboard.press("Enter")
    page.locator(".linked__also").click()
    tick = page.locator("[name=also]")
    expect(tick).to_be_checked()
    expect(page.locator("[data-also]")).to_contain_text(other)
    boss.page.goto(f"/tickets/{other}/")
    boss.page.locator("#status-menu").click()
    boss.page.locator("#ticket-head").get_by_role("button", name="Ждём других").click()
    expect(boss.page.locator("#status-menu")).to_contain_text("Ждём других")
    _make_urgent(boss, agent, number)
    expect(page.locator(".linked .dot")).to_have_attribute("title", "Ждём других")  # the panel is a fresh one
    expect(tick).to_be_checked()
    expect(page.locator("[data-also]")).to_contain_text(other)
    page.locator(".composer .ProseMirror").click()
    page.keyboard.type("Сбой устранён у всех")
    page.get_by_role("button", name="Отправить и ждать клиента").click()
    body = sink.mail_about("Привязанная к общему сбою").get_body(("plain",))
    assert body is not None
    assert "Сбой устранён у всех" in body.get_content()
    expect(page.locator("[data-also]")).to_be_hidden()
    expect(tick).not_to_be_checked()  # the next reply goes to this ticket alone
