"""Notification rules: an administrator widens a colleague's, the colleague narrows them, and his bell rings by them."""

import json
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from otklik.testing.browser import visitor
from otklik.testing.server import Desk, wait_until
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
        # another process goes by the new rules within two seconds: the first letter may still ring by the old ones
        told = (_told_of_mention(page, desk, f"Петля витрины скрипит, {number}") for number in range(6))
        assert any("Новая заявка" not in words for words in told)
        assert timur.complaints == []


def _told_of_mention(page: Page, desk: Desk, subject: str) -> str:
    """Have a letter come and a colleague mention the reader there; return all he was told of that ticket."""
    _write(desk, subject)
    page.goto("/tickets/?folder=open")
    row = page.locator(".ticket-row", has_text=subject)
    expect(row).to_be_visible()
    _mention(desk, str(row.get_attribute("id")).removeprefix("t-"))
    told = page.locator("main [data-notice]", has_text=subject)

    def words() -> str:
        page.goto("/notifications/")
        return " ".join(told.all_text_contents())

    wait_until(lambda: "Вас упомянули в заметке" in words(), what="the mention")
    return words()


def _mention(desk: Desk, number: str) -> None:
    token = desk.cli("token", "create", "--user", AGENT).stdout.decode().split()[-1]
    body = {"kind": "note", "body_text": "@Тимур Хасанов, гляньте, пожалуйста"}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    answer = desk.request("POST", f"/api/v1/tickets/{number}/messages", body=json.dumps(body).encode(), headers=headers)
    assert answer.status == 201, answer.text
