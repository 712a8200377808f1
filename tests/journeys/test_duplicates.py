"""Two cards of one person: compared, merged, noted, parted again; and all that is kept of him goes out in one file."""

import zipfile

import pytest
from playwright.sync_api import Browser, Page, expect

from otklik.testing.browser import visitor
from otklik.testing.server import Desk, wait_until
from tests.journeys.conftest import letter

pytestmark = pytest.mark.journey
NAME = "Глафира Двойникова"
WORK, HOME = "glafira@dvoinik.example", "glafira@doma.example"


def _open_card(page: Page, address: str) -> None:
    page.goto(f"/contacts/?q={address}")
    page.locator(".directory__row", has_text=NAME).get_by_role("link").first.click()
    expect(page.locator("h1")).to_have_text(NAME)
    expect(page.locator(".address-list")).to_contain_text(address)


def test_merged_noted_parted_and_taken_out(desk: Desk, chromium_browser: Browser) -> None:
    for address, subject in ((WORK, "Двойник с работы"), (HOME, "Двойник из дома")):
        desk.send_mail(letter(subject, "Проверьте, пожалуйста", sender=address, name=NAME), sender=address)
    with visitor(chromium_browser, desk.url) as admin:
        admin.sign_in("admin@demo.otklik.test")
        page = admin.page
        wait_until(lambda: page.request.get(f"/contacts/?q={HOME}").text().count(NAME), what="the second card")
        _open_card(page, WORK)
        page.get_by_role("link", name="Объединить с…").click()
        page.get_by_role("searchbox", name="Поиск").last.press_sequentially("glafira@doma")
        page.locator("#merge-found").get_by_role("link", name=NAME).click()
        table = page.locator(".merge-table")
        expect(table.locator("tr", has_text=WORK).locator("td").last).to_contain_text(HOME)  # both stay
        page.get_by_role("button", name="Объединить").click()
        addresses, tickets = page.locator(".address-list"), page.locator("[data-history]")
        for address, subject in ((WORK, "Двойник с работы"), (HOME, "Двойник из дома")):
            expect(addresses).to_contain_text(address)
            expect(tickets).to_contain_text(subject)

        note = page.locator("#contact-note")
        for before, words in (("Добавить заметку", "Звонить после двух"), ("Изменить заметку", "Звонить до двух")):
            note.locator("summary", has_text=before).click()
            note.get_by_role("textbox", name="Заметка").fill(words)
            note.get_by_role("button", name="Сохранить").click()
            expect(note.locator("p.prewrap")).to_have_text(words)

        page.get_by_role("button", name="Выгрузить все данные").click()
        link = page.get_by_role("link", name="Скачать файл со всеми данными")
        wait_until(lambda: page.reload() is not None and link.count(), what="the file with all data")
        with page.expect_download() as given:
            link.click()
        with zipfile.ZipFile(given.value.path()) as archive:
            kept = archive.read("data.json").decode()
        for words in (WORK, HOME, "Двойник из дома", "Звонить до двух"):
            assert words in kept, words

        page.get_by_role("button", name="Разделить").click()
        expect(addresses).to_have_text(HOME)  # his card, as it was
        expect(tickets).to_contain_text("Двойник из дома")
        expect(note).not_to_contain_text("Звонить")
        _open_card(page, WORK)
        expect(addresses).to_have_text(WORK)
        expect(tickets).not_to_contain_text("Двойник из дома")
        expect(note).to_contain_text("Звонить до двух")
        assert admin.complaints == []
