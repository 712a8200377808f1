"""A second factor from setting it up to signing in with the app's code and with a recovery code; its pages under axe.

So are the doors that are shut to strangers. The pages of a passkey are looked at where one is in use:
test_new_colleague.py.
"""

import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from playwright.sync_api import Browser, Page, expect

from otklik.testing.browser import visitor
from otklik.testing.server import Desk, wait_until
from tests.journeys.axe import look_at
from tests.journeys.conftest import add_colleague

pytestmark = pytest.mark.journey
SECRET = "a long secret of Olga 7"


@pytest.fixture
def olga(desk: Desk) -> str:
    """A colleague whom no other journey knows."""
    return add_colleague(desk, "Ольга Кодова", "olga", SECRET)


def test_codes_of_an_app_and_recovery_codes_by_keys_alone(desk: Desk, chromium_browser: Browser, olga: str) -> None:
    with visitor(chromium_browser, desk.url) as person:
        page = person.page
        person.sign_in(olga, SECRET)
        page.goto("/accounts/2fa/app/on/")
        expect(page.get_by_role("heading", name="Подтвердите, что это вы")).to_be_visible()
        look_at(page)
        enter(page, "password", SECRET)
        key = page.locator("#secret").input_value()
        look_at(page)
        enter(page, "code", "000000")
        expect(page.locator("input[name=code]")).to_have_accessible_description("Код не подошёл. Возьмите самый новый.")
        expect(page.locator("input[name=code]")).to_be_focused()
        look_at(page)
        enter(page, "code", code_of(key))
        page.wait_for_url("**/accounts/2fa/codes/")
        codes = page.locator(".recovery-codes li").all_inner_texts()
        assert len(set(codes)) == 10
        look_at(page)
        for address in ("codes/new/", "app/off/", "keys/new/", "reauthenticate/"):
            page.goto(f"/accounts/2fa/{address}")
            look_at(page)
        page.goto("/profile/security/")
        look_at(page)
        assert person.complaints == []
    for number, answer in enumerate((code_of, codes[0])):
        with visitor(chromium_browser, desk.url) as person:
            page = person.page
            _give_password(page, olga)
            page.goto("/tickets/")
            expect(
                page.get_by_role("heading", name="Второй фактор")
            ).to_be_visible()  # the password alone opens nothing
            if not number:
                look_at(page)
            enter(page, "code", answer if isinstance(answer, str) else answer(key))
            page.wait_for_url("**/tickets/**")
            page.goto("/profile/security/")
            expect(page.locator(".device-list li", has_text="Запасные коды")).to_contain_text(
                f"осталось: {10 - number}"
            )
            assert person.complaints == []


def enter(page: Page, field: str, words: str) -> None:
    page.locator(f".signin__fields input[name={field}]:visible").fill(words)
    page.keyboard.press("Enter")


def _give_password(page: Page, email: str) -> None:
    page.goto("/accounts/login/")
    page.locator(".signin__fields [name=login]").fill(email)
    enter(page, "password", SECRET)
    page.wait_for_url("**/accounts/2fa/authenticate/**")


def code_of(key: str) -> str:
    """Return what the app shows now, once there is time enough left to enter it: a code is of one half minute."""
    wait_until(lambda: time.time() % 30 < 25, what="the next half minute")
    return format_hotp_value(hotp_value(key, next(iter(yield_hotp_counters_from_time()))))


@pytest.mark.parametrize(
    "address",
    ["/accounts/invitation/wrong/", "/setup/wrong/", "/portal/f/closed/", "/portal/r/xxxxxxxxxxxxxxxxxxxxxx/"],
)
def test_doors_that_are_shut_are_readable(desk: Desk, chromium_browser: Browser, address: str) -> None:
    with visitor(chromium_browser, desk.url) as stranger:
        stranger.page.goto(address)
        expect(stranger.page.locator("h1")).to_be_visible()
        look_at(stranger.page)
