"""A new colleague: added by the administrator, invited by mail, in with a password, then with a passkey alone."""

import re

import pytest
from playwright.sync_api import Browser, expect

from otklik.testing.browser import visitor
from otklik.testing.server import Desk
from tests.journeys.axe import look_at
from tests.journeys.conftest import Sink

pytestmark = pytest.mark.journey

SECRET = "a long secret of Peter 5"
KEY = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


def test_from_the_invitation_to_a_passkey(desk: Desk, chromium_browser: Browser, sink: Sink) -> None:
    with visitor(chromium_browser, desk.url) as admin:
        admin.sign_in("admin@demo.otklik.test")
        page = admin.page
        page.goto("/settings/people/new/")
        page.get_by_label("Имя").fill("Пётр Новиков")
        page.get_by_label("Почта").fill("petr@demo.otklik.test")
        page.get_by_role("button", name="Добавить и пригласить").click()
        expect(page.get_by_role("heading", name="Пётр Новиков")).to_be_visible()
        assert admin.complaints == []
    text = sink.mail_about("Приглашение").get_content()
    link = next(word for word in text.split() if "/accounts/invitation/" in word)
    here = desk.url.replace("127.0.0.1", "localhost")  # a passkey belongs to a name, not to a number
    with visitor(chromium_browser, here) as petr:
        page = petr.page
        page.goto(link[link.index("/accounts/") :])
        look_at(page)
        page.get_by_label("Пароль").fill("мало")
        page.get_by_label("Ещё раз").fill("мало")
        page.get_by_role("button", name="Сохранить и войти").click()
        refusal = re.compile(re.escape(page.locator(".form-row__error").inner_text()))
        expect(page.get_by_label("Пароль")).to_have_accessible_description(refusal)
        look_at(page)
        petr.complaints.clear()  # the browser itself names the refusal
        page.get_by_label("Пароль").fill(SECRET)
        page.get_by_label("Ещё раз").fill(SECRET)
        page.get_by_role("button", name="Сохранить и войти").click()
        page.wait_for_url("**/tickets/**")
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        session.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
        page.goto("/accounts/2fa/keys/new/")
        page.locator("input[name=password]").fill(SECRET)
        page.locator("form .button--primary").click()
        page.get_by_role("button", name="Добавить").click()
        page.wait_for_url("**/accounts/2fa/codes/")
        expect(page.locator(".recovery-codes li")).to_have_count(10)
        page.goto("/accounts/2fa/keys/confirm/")
        look_at(page)
        page.goto("/profile/security/")
        page.get_by_role("link", name="Убрать").click()
        look_at(page)
        page.goto("/accounts/logout/")
        page.locator("form .button--primary").click()
        page.wait_for_url("**/accounts/login/**")
        page.get_by_role("button", name="Войти с ключом доступа").click()
        page.wait_for_url("**/tickets/**")
        assert petr.complaints == []
