"""A customer who calls a second time: what he said is written down on the ticket by keys alone; a colleague sees it."""

import pytest
from playwright.sync_api import expect

from otklik.testing.browser import Visitor
from otklik.testing.server import Desk
from tests.journeys.conftest import letter, ready

pytestmark = pytest.mark.journey


def test_second_call_is_written_down_by_keys_and_opens_the_ticket(agent: Visitor, boss: Visitor, desk: Desk) -> None:
    page, subject = agent.page, "Позвонили второй раз"
    page.goto("/tickets/?folder=unassigned")
    desk.send_mail(letter(subject, "Посмотрите, пожалуйста", sender="call@kafe.example", name="Кафе"))
    page.locator(".ticket-row", has_text=subject).click()
    page.wait_for_url("**/tickets/*/**")
    ready(page, "ok-card", "ok-composer")
    page.locator(".ticket-card__actions").get_by_role("button", name="Решить").click()
    expect(page.locator("#status-menu")).to_contain_text("Решена")
    boss.page.goto(page.url)
    agent.press_russian("KeyV")
    composer = page.locator("form.composer")
    expect(composer).to_contain_text("Станет сообщением клиента, ничего не отправляется")
    expect(composer.get_by_role("button", name="Отправить и ждать клиента")).to_be_hidden()
    page.keyboard.type("Shumit silnee, chem utrom")
    expect(boss.page.locator("ok-presence")).to_contain_text("записывает слова клиента")
    page.locator("[name=incoming_channel]").select_option(label="Визит")
    expect(page.locator(".composer__state")).to_contain_text("Черновик сохранён")
    page.reload()
    expect(page.locator("[name=incoming_channel] option:checked")).to_have_text("Визит")
    ready(page, "ok-card", "ok-composer")
    agent.press_russian("KeyV")
    page.keyboard.type(" vchera")
    page.keyboard.press("Control+Enter")
    for reader in (page, boss.page):
        said = reader.locator(".message--customer", has_text="Shumit silnee, chem utrom vchera")
        expect(said).to_contain_text("Визит · записано: Анна")
        expect(reader.locator("#status-menu")).to_contain_text("В работе")
    expect(page.locator("[name=mode][value=reply]")).to_be_checked()
    expect(page.locator("[name=incoming_text]")).to_have_value("")
