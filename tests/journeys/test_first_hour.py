"""An administrator's first hour by keys: from the printed address to settings, a sample request and a backup."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from otklik.testing.browser import visitor
from otklik.testing.server import running_desk, wait_until
from tests.journeys.axe import look_at
from tests.journeys.by_keys import press_at, write_into
from tests.journeys.conftest import Sink, tab_to

pytestmark = pytest.mark.journey
PRINTED = re.compile(r"/setup/\S+/")


def test_from_nothing_to_a_desk_with_a_backup(tmp_path: Path, chromium_browser: Browser, sink: Sink) -> None:
    env = {"OTKLIK_SMTP_URL": f"smtp://127.0.0.1:{sink.port}"}
    with running_desk(tmp_path, env=env) as desk, visitor(chromium_browser, desk.url) as anna:
        address = wait_until(lambda: PRINTED.search(desk.log()), what="the printed address")[0]
        page = anna.page
        page.goto("/accounts/login/")
        expect(page.get_by_text("Войти пока некому")).to_be_visible()
        page.goto(address)
        look_at(page)
        write_into(page, page.get_by_label("Компания"), "Полюс")
        write_into(page, page.get_by_label("Ваше имя"), "Анна Лебедева")
        write_into(page, page.get_by_label("Почта"), "anna@polus.example")
        write_into(page, page.get_by_label("Пароль"), "снег идёт с утра")
        tab_to(page, page.get_by_label("Часовой пояс"))
        page.keyboard.type("Asia/Om")
        expect(page.get_by_label("Часовой пояс")).to_have_value("Asia/Omsk")
        press_at(page, page.get_by_role("button", name="Начать"))

        expect(page.get_by_role("heading", name="Первые шаги")).to_be_visible()
        expect(page).to_have_title(re.compile("· Полюс$"))
        press_at(page, page.get_by_role("button", name="Создать пример"))
        expect(page.locator("h1")).to_contain_text("Пример: не холодит витрина")

        press_at(page, page.get_by_role("link", name="Настройки").first)
        press_at(page, page.get_by_role("link", name="Почтовые ящики").last)
        press_at(page, page.get_by_role("link", name="Добавить ящик").first)
        write_into(page, page.get_by_label("Адрес", exact=True), "help@polus.example")
        expect(page.get_by_label("Адрес", exact=True)).to_have_value("help@polus.example")
        press_at(page, page.get_by_role("link", name="Правила работы"), backwards=True)
        write_into(page, page.get_by_label("Найти настройку"), "pfrhsdfnm")  # «закрывать» with the English layout on
        expect(page.locator(".setting")).to_have_count(1)
        write_into(page, page.get_by_label("Закрывать решённые заявки через, дней"), "99999")
        page.keyboard.press("Enter")
        expect(page.locator("#error-close_after_days")).to_be_visible()
        write_into(page, page.get_by_label("Закрывать решённые заявки через, дней"), "21")
        page.keyboard.press("Enter")
        expect(page.get_by_text("По умолчанию: 14")).to_be_visible()

        press_at(page, page.get_by_role("link", name="Журнал изменений"))
        row = page.locator(".audit__row", has_text="Закрывать решённые")
        expect(row).to_contain_text("14")
        expect(row).to_contain_text("21")
        press_at(page, page.get_by_role("link", name="Состояние системы"))
        expect(page.get_by_role("heading", name="Фоновая работа")).to_be_visible()

        page.goto("/tickets/?folder=open")
        press_at(page, page.get_by_role("button", name="Убрать"))
        expect(page.locator("#first-steps")).to_have_count(0)
        page.reload()
        expect(page.locator("#first-steps")).to_have_count(0)
        complaints = [text for text in anna.complaints if "422" not in text]  # the refused value, on purpose
        assert complaints == []

        desk.cli("backup", str(tmp_path / "first.tar.gz"))
        assert desk.stop() == 0
        desk.cli("restore", "--force", str(tmp_path / "first.tar.gz"))
        desk.start()
        page.goto("/settings/desk/")
        expect(page.get_by_label("Закрывать решённые заявки через, дней")).to_have_value("21")
