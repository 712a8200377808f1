"""Sign-in through a provider: set up and tested by hand, in by keys alone, a plain word to whoever stays outside."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from otklik.accounts.tests.fake_provider import CLIENT, SECRET, FakeProvider, fake_provider
from otklik.testing.browser import Visitor, visitor
from otklik.testing.server import Desk
from tests.journeys.axe import look_at
from tests.journeys.conftest import add_colleague, signed_in

pytestmark = pytest.mark.journey
ADMIN = "admin@demo.otklik.test"
PAGE = "/settings/provider/"


@pytest.fixture
def fake() -> Iterator[FakeProvider]:
    """The company's provider, on this machine."""
    with fake_provider() as running:
        yield running


@pytest.fixture
def admin(desk: Desk, chromium_browser: Browser) -> Iterator[Page]:
    """The administrator's page; what he has switched on is off again at the end."""
    with signed_in(desk, chromium_browser, ADMIN) as person:
        yield person.page
        person.page.goto(PAGE)
        person.page.locator("[name=provider_on]").set_checked(False, force=True)
        person.page.get_by_role("button", name="Сохранить").click()
        expect(person.page.get_by_text("Сохранено", exact=True)).to_be_visible()


def _set_up(page: Page, fake: FakeProvider) -> None:
    """Fill in the page with a wrong secret, read what the test says, mend it, switch the sign-in on."""
    page.goto(PAGE)
    page.get_by_label("Адрес провайдера").fill(fake.issuer)
    page.get_by_label("Идентификатор").fill(CLIENT)
    page.get_by_label("Секрет").fill("не тот")
    page.get_by_label("Название на кнопке").fill("Полюс")
    page.get_by_role("button", name="Сохранить").click()
    page.get_by_role("button", name="Проверить").click()
    said = page.locator(".probe")
    expect(said.locator(".probe__bad")).to_contain_text("неверен идентификатор или секрет")
    page.get_by_label("Секрет").fill(SECRET)
    page.locator("[name=provider_on]").set_checked(True, force=True)
    page.get_by_role("button", name="Сохранить").click()
    page.get_by_role("button", name="Проверить").click()
    expect(said).to_contain_text("Провайдер знает Отклик")
    expect(said.locator(".probe__bad")).to_have_count(0)


def _stays_outside(person: Visitor, words: str) -> None:
    """Go to the provider and come back to a page that says why nobody was let in; then go back to the door."""
    page = person.page
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Войти через Полюс").click()
    expect(page.get_by_role("heading", name="Вход не выполнен")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text(words)
    page.get_by_role("link", name="Ко входу").click()
    expect(page.get_by_role("button", name="Войти через Полюс")).to_be_visible()
    page.goto("/tickets/")
    page.wait_for_url("**/accounts/login/**")


def test_company_signs_in_through_its_provider(
    desk: Desk, chromium_browser: Browser, fake: FakeProvider, admin: Page
) -> None:
    address = add_colleague(desk, "Ольга Входова", "olga.in", "a long secret of Olga 8")
    fake.person = {"sub": "olga", "email": address, "email_verified": True}
    _set_up(admin, fake)

    with visitor(chromium_browser, desk.url) as person:
        page = person.page
        page.goto("/tickets/?folder=snoozed")
        expect(page.get_by_role("button", name="Войти через Полюс")).to_be_visible()
        expect(page.get_by_role("button", name="Войти с ключом доступа")).to_be_visible()
        look_at(page)
        page.get_by_role("link", name="English").click()
        through = page.get_by_role("button", name="Sign in through Полюс")
        expect(through).to_be_visible()
        expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_visible()
        fake.refuses = "access_denied"
        through.click()
        expect(page.get_by_role("alert")).to_contain_text("The provider did not let you in")  # the language stays
        page.get_by_role("link", name="Русский").click()
        expect(page.get_by_role("button", name="Войти через Полюс")).to_be_visible()
        person.complaints.clear()  # the browser itself names the refusal

        fake.refuses = ""
        page.goto("/tickets/?folder=snoozed")
        page.keyboard.press("Shift+Tab")  # from the field of the address, which has the focus
        expect(page.get_by_role("button", name="Войти через Полюс")).to_be_focused()
        page.keyboard.press("Enter")
        page.wait_for_url("**/tickets/?folder=snoozed")
        expect(page.locator(".rail__profile")).to_contain_text("Ольга")
        assert person.complaints == []

    with visitor(chromium_browser, desk.url) as stranger:
        fake.person = {"sub": "dmitri", "email": "dmitri@elsewhere.example", "email_verified": True}
        _stays_outside(stranger, "нет человека с вашим адресом")
        fake.person = {"sub": "olga", "email": address, "email_verified": True}
        fake.signed_by = "two"
        _stays_outside(stranger, "нет ключа, подходящего к его подписи")
        fake.signed_by = "one"
        _block(admin, "Ольга Входова")
        _stays_outside(stranger, "отключена")


def _block(page: Page, name: str) -> None:
    page.goto("/settings/people/")
    page.get_by_role("link", name=name).click()
    page.get_by_role("button", name="Заблокировать").click()
    expect(page.get_by_role("button", name="Разблокировать")).to_be_visible()
