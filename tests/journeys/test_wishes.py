"""Notification rules: an administrator widens a colleague's, the colleague narrows them, and his bell rings by them."""

import json
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from otklik.testing.browser import visitor
from otklik.testing.server import Desk
from tests.journeys.conftest import AGENT, letter

pytestmark = pytest.mark.journey
_NEW = "Новые заявки: В системе"


def _save(page: Page, reach: str) -> None:
    page.get_by_label(_NEW).select_option(label=reach)
    page.get_by_role("button", name="Сохранить").click()
    expect(page.locator(".toast", has_text="Сохранено")).to_be_visible()


def _write(desk: Desk, subject: str) -> None:
    desk.send_mail(letter(subject, "Посмотрите, пожалуйста", sender="wishes@kafe.example", name="Кафе"))


def test_bell_rings_by_the_rules(desk: Desk, chromium_browser: Browser) -> None:
    with visitor(chromium_browser, desk.url) as admin:
        admin.sign_in("admin@demo.otklik.test")
        page = admin.page
        page.goto("/settings/people/")
        page.locator("main").get_by_role("link", name=re.compile("Тимур Хасанов")).click()
        page.get_by_role("link", name="О чём сообщать человеку").click()
        _save(page, "Все")
        assert admin.complaints == []
    with visitor(chromium_browser, desk.url) as timur:
        timur.sign_in("timur@demo.otklik.test")
        page = timur.page
        panel = page.locator("#bell-panel")
        rung = page.locator(".rail .bell__count")
        before = int(rung.text_content() or 0)
        _write(desk, "Термостат врёт на два градуса")
        expect(rung).to_have_text(str(before + 1))  # the rules of a colleague hold from here on, nobody loaded the page
        page.keyboard.press("b")
        expect(panel.locator("[data-notice]", has_text="Термостат врёт")).to_contain_text("Новая заявка")
        panel.get_by_role("link", name="Правила уведомлений").click()
        expect(page.get_by_label(_NEW)).to_have_value("all")
        expect(page.get_by_label("Коллега упоминает меня в заметке: В системе")).to_be_checked()
        _save(page, "Нет")
        _write(desk, "Петля витрины скрипит")
        page.goto("/tickets/?folder=open")
        row = page.locator(".ticket-row", has_text="Петля витрины скрипит")
        expect(row).to_be_visible()
        number = str(row.get_attribute("id")).removeprefix("t-")
        _mention(desk, number)
        expect(rung).to_have_text(str(before + 2))  # the letter rang for nobody, the mention did
        page.keyboard.press("b")
        told = panel.locator("[data-notice]", has_text="Петля витрины скрипит")
        expect(told).to_contain_text("Вас упомянули в заметке")
        expect(told).not_to_contain_text("Новая заявка")
        assert timur.complaints == []


def _mention(desk: Desk, number: str) -> None:
    token = desk.cli("token", "create", "--user", AGENT).stdout.decode().split()[-1]
    body = {"kind": "note", "body_text": "@Тимур Хасанов, гляньте, пожалуйста"}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    answer = desk.request("POST", f"/api/v1/tickets/{number}/messages", body=json.dumps(body).encode(), headers=headers)
    assert answer.status == 201, answer.text
