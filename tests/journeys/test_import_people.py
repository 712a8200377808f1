"""People from a spreadsheet: looked through before anything is written, taken over, the refused lines sent again."""

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from otklik.testing.browser import Visitor

pytestmark = pytest.mark.journey
FILE = (
    "Имя;Почта;Должность\n"
    "Нина Горелова;nina@import.example;управляющая\n"
    "Клим Ветров;klim@import.example;\n"
    "Без адреса;;повар\n"
    "Опечатка;oleg@@import.example;бармен\n"
)


def _choose(page: Page, name: str, text: str) -> None:
    page.locator("main input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
    )
    page.get_by_role("button", name="Посмотреть").click()


def test_file_is_looked_at_taken_over_and_its_refused_lines_come_back(agent: Visitor, tmp_path: Path) -> None:
    page = agent.page
    page.goto("/contacts/")
    page.get_by_role("link", name="Из файла").click()
    _choose(page, "кафе.csv", FILE)
    expect(page.locator(".import__tab", has_text="Новых людей").locator("b")).to_have_text("2")
    assert page.request.get("/contacts/?q=nina@import.example").text().count("Нина Горелова") == 0, "written too early"
    page.locator(".import__tab", has_text="Будут отклонены").click()
    expect(page.locator(".table--import tbody tr")).to_have_count(2)
    expect(page.locator(".table--import")).to_contain_text("Нет адреса почты")
    page.get_by_role("button", name="Загрузить 2 строки").click()
    expect(page.locator(".import__end")).to_be_visible()  # by itself
    expect(page.locator(".import__sums div", has_text="Отклонено").locator("dd")).to_have_text("2")
    with page.expect_download() as download:
        page.get_by_role("link", name="Скачать эти строки").click()
    back = tmp_path / "refused.csv"
    download.value.save_as(back)
    rows = list(csv.reader(io.StringIO(back.read_text("utf-8-sig")), delimiter=";"))
    assert [row[3] for row in rows[1:]] == ["4", "5"]
    assert all(row[4] for row in rows[1:])
    rows[1][1], rows[2][1] = "povar@import.example", "oleg@import.example"
    mended = "\n".join(";".join(row) for row in rows)
    page.get_by_role("link", name="Выбрать исправленный файл").click()
    expect(page.locator(".directory__row", has_text="кафе.csv").first).to_contain_text("отклонено 2")
    _choose(page, "исправлено.csv", mended)
    page.get_by_role("button", name="Загрузить 2 строки").click()
    expect(page.locator(".import__sums div", has_text="Новых людей").locator("dd")).to_have_text("2")
    page.goto("/contacts/?q=oleg@import.example")
    expect(page.locator(".directory__row", has_text="Опечатка")).to_be_visible()
    assert agent.complaints == []
