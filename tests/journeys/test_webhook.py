"""By keys alone, a webhook from the page to the receiver: made, tested, its log filling, a refusal sent again."""

import pytest
from playwright.sync_api import Browser, Page, expect

from otklik.testing.browser import visitor
from otklik.testing.server import Desk, wait_until
from otklik.webhooks.signing import sign
from otklik.webhooks.tests.receiver import Receiver, receiver
from tests.journeys.by_keys import press_at, write_into
from tests.journeys.conftest import letter

pytestmark = pytest.mark.journey
REFUSED = "Failed to load resource: the server responded with a status of 422 (Unprocessable Content)"


def test_webhook_is_made_tested_and_told_of_a_ticket(desk: Desk, chromium_browser: Browser) -> None:
    with receiver() as hearer, visitor(chromium_browser, desk.url) as admin:
        admin.sign_in("admin@demo.otklik.test")
        page = admin.page
        secret = _made(page, hearer)
        log = page.locator("#log")
        expect(log).to_contain_text("Пока ничего не отправлялось")
        press_at(page, page.get_by_role("button", name="Проверить"))
        call = log.locator(".hook-log__call", has_text="Проверочный вызов")
        expect(call.locator(".chip")).to_have_text("Доставлено")  # nobody loaded the page anew
        headers, body = hearer.calls[0]
        moment = int(headers["otklik-signature"].removeprefix("t=").partition(",")[0])
        assert headers["otklik-signature"] == sign(secret, moment, body)
        desk.send_mail(letter("Витрина не включается", "Приезжайте", sender="hook@kafe.example", name="Кафе"))
        wait_until(
            lambda: any(b"ticket.opened" in got for _headers, got in hearer.calls), what="the call of the ticket"
        )
        hearer.answer = lambda number: 500
        page.reload()
        told = log.locator(".hook-log__call", has_text="Открыта заявка")
        expect(told.locator(".chip")).to_have_text("Доставлено")
        press_at(page, told.get_by_role("button", name="Отправить ещё раз"))
        expect(told.locator(".hook-log__bad")).to_contain_text("500")
        expect(told).to_contain_text("следующая попытка")
        press_at(page, page.get_by_role("button", name="Удалить"), backwards=True)
        expect(page.locator(".notice", has_text="Учёт работ")).to_be_visible()
        assert admin.complaints == [REFUSED]  # the address of the inner network


def _made(page: Page, hearer: Receiver) -> str:
    """Fill in the form, once with an address it refuses; return the secret that is shown once."""
    page.goto("/settings/webhooks/new/")
    write_into(page, page.get_by_label("Название"), "Учёт работ")
    write_into(page, page.get_by_label("Адрес получателя"), "http://10.0.0.1/hook")
    page.keyboard.press("Enter")
    expect(page.locator(".form-row__error", has_text="внутренней сети")).to_be_visible()
    write_into(page, page.get_by_label("Адрес получателя"), hearer.url)
    page.keyboard.press("Enter")
    secret = page.get_by_label("Секрет").input_value()
    press_at(page, page.get_by_role("link", name="К вебхуку"))
    return secret
