"""Who may do what: sessions seen and ended, a role of one's own and what it shows, a factor it asks for, a block."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from otklik.testing.browser import Visitor, visitor
from otklik.testing.server import Desk
from tests.journeys.conftest import add_colleague, letter
from tests.journeys.test_second_factor import code_of, enter

pytestmark = pytest.mark.journey
SECRET = "a long secret of Rita 8"


def _sign_in(person: Visitor, email: str) -> None:
    """Give the password where the desk may ask for more, or not let one in."""
    page = person.page
    page.goto("/accounts/login/")
    page.locator(".signin__fields [name=login]").fill(email)
    with page.expect_navigation():
        enter(page, "password", SECRET)


def _card(page: Page, name: str) -> None:
    page.goto("/settings/people/")
    page.locator("main").get_by_role("link", name=re.compile(name)).click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def test_sessions_are_listed_and_ended(desk: Desk, chromium_browser: Browser) -> None:
    email = add_colleague(desk, "Рита Сеансова", "rita", SECRET)
    with visitor(chromium_browser, desk.url) as here, visitor(chromium_browser, desk.url) as there:
        here.sign_in(email, SECRET)
        there.sign_in(email, SECRET)
        page = here.page
        page.goto("/profile/security/")
        devices = page.locator(".device-list li", has_text="127.0.0.1")
        expect(devices).to_have_count(2)
        expect(devices.filter(has_text="это устройство")).to_have_count(1)
        devices.get_by_role("button", name="Завершить").click()
        expect(devices).to_have_count(1)
        there.page.wait_for_url("**/accounts/login/**")  # by itself, the list was open there
        page.goto("/tickets/")
        expect(page.locator(".rail")).to_be_visible()
        assert here.complaints == []


def test_role_of_the_table_shows_what_it_allows_asks_for_a_factor_and_ends_with_a_block(
    desk: Desk, chromium_browser: Browser
) -> None:
    email = add_colleague(desk, "Роман Ролев", "roman", SECRET)
    subject = "Что видно по роли"
    desk.send_mail(letter(subject, "Проверка", sender="role@kafe.example", name="Кафе"))
    with visitor(chromium_browser, desk.url) as admin, visitor(chromium_browser, desk.url) as roman:
        admin.sign_in("admin@demo.otklik.test")
        page = admin.page
        page.goto("/settings/roles/")
        page.get_by_role("link", name="Добавить роль").click()
        page.get_by_label("Название").fill("Хранитель заметок")
        page.get_by_label("Видит заявки как").select_option(label="Оператор")
        for box in page.locator("[name=rights]").all():
            box.set_checked(box.get_attribute("value") in {"tickets.view", "tickets.note"})
        page.get_by_role("button", name="Сохранить").click()
        expect(page.locator(".people-row--role", has_text="Хранитель заметок")).to_contain_text("прав: 2")
        _card(page, "Роман Ролев")
        page.get_by_label("Роль").select_option(label="Хранитель заметок")
        page.get_by_role("button", name="Сохранить").click()
        expect(page.locator(".person-head")).to_contain_text("Хранитель заметок")

        _sign_in(roman, email)
        roman.page.goto("/tickets/?folder=unassigned")
        expect(roman.page.locator(".rail__link", has_text="Клиенты")).to_have_count(0)
        expect(roman.page.get_by_role("link", name="Новая заявка")).to_have_count(0)
        roman.page.locator(".ticket-row", has_text=subject).click()
        expect(roman.page.locator("[data-when=note] .ProseMirror")).to_be_visible()  # a note is all he may write
        expect(roman.page.get_by_label("Ответ клиенту")).to_be_hidden()
        expect(roman.page.locator(".rail__profile")).to_contain_text("Хранитель заметок")
        expect(roman.page.get_by_role("link", name="Всё о человеке")).to_have_count(0)
        for menu in ("#status-menu", "#prop-priority[data-key]", "#prop-assignee[data-key]", "#edit-subject"):
            expect(roman.page.locator(menu)).to_have_count(0)
        assert roman.page.request.get("/contacts/").status == 404

        page.goto("/settings/roles/")
        page.locator(".people-row--role", has_text="Хранитель заметок").click()
        page.locator("label", has_text="Нужен второй фактор").click()
        page.get_by_role("button", name="Сохранить").click()
        expect(page.locator(".people-row--role", has_text="Хранитель заметок")).to_contain_text("второй фактор")
        roman.context.clear_cookies()
        _sign_in(roman, email)
        expect(roman.page.get_by_role("heading", name="Вашей роли нужен второй фактор")).to_be_visible()
        roman.page.goto("/tickets/")
        expect(roman.page.get_by_role("heading", name="Вашей роли нужен второй фактор")).to_be_visible()
        roman.page.get_by_role("link", name="Настроить").click()
        enter(roman.page, "password", SECRET)
        enter(roman.page, "code", code_of(roman.page.locator("#secret").input_value()))
        roman.page.wait_for_url("**/accounts/2fa/codes/")
        roman.page.goto("/tickets/?folder=unassigned")
        expect(roman.page.locator(".ticket-row", has_text=subject)).to_be_visible()

        _card(page, "Роман Ролев")
        page.get_by_role("button", name="Заблокировать").click()
        expect(page.locator(".person-head")).to_contain_text("Заблокирован")
        roman.page.wait_for_url("**/accounts/login/**")
        roman.complaints.clear()
        _sign_in(roman, email)
        expect(roman.page.get_by_role("heading", name="Учётная запись отключена")).to_be_visible()
        _card(page, "Роман Ролев")
        page.get_by_role("button", name="Разблокировать").click()
        expect(page.locator(".person-head")).not_to_contain_text("Заблокирован")
        assert admin.complaints == []
