"""Old mail from archives: looked through first, taken in by a job, known mail not twice, a Maildir beside an mbox."""

import io
import zipfile
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from otklik.testing.server import Desk, wait_until
from tests.journeys.axe import look_at
from tests.journeys.conftest import letter, signed_in

pytestmark = pytest.mark.journey
OLD = {
    "Холодильник гудел весной": "Шумит компрессор.",
    "Витрина текла в мае": "Лужа под витриной.",
}


@pytest.fixture
def admin(desk: Desk, chromium_browser: Browser) -> Iterator[Page]:
    """The administrator's page."""
    with signed_in(desk, chromium_browser, "admin@demo.otklik.test") as person:
        yield person.page


def _letter(subject: str, text: str, day: int) -> bytes:
    return letter(subject, text, sender="old@kafe.example", name="Кафе", Date=f"Tue, {day:02} May 2026 10:00:00 +0300")


def _mbox(*mails: bytes) -> bytes:
    return b"".join(b"From old@kafe.example Tue May  5 10:00:00 2026\n" + mail + b"\n\n" for mail in mails)


def _maildir(*mails: bytes) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as box:
        box.writestr("Maildir/dovecot.index", b"\0")
        for number, mail in enumerate(mails):
            box.writestr(f"Maildir/{'cur' if number % 2 else 'new'}/{number}.host:2,S", mail)
    return kept.getvalue()


def _upload(page: Page, name: str, content: bytes) -> None:
    page.get_by_label("Файл").set_input_files(
        FilePayload(name=name, mimeType="application/octet-stream", buffer=content)
    )
    page.get_by_role("button", name="Отправить и просмотреть").click()
    expect(page.get_by_role("button", name="Загрузить", exact=True)).to_be_visible()  # by itself, when looked through


def _drop_others(page: Page) -> None:
    """Make room for an archive of one's own: the desk looks at one at a time, and another journey may have left one."""
    page.goto("/settings/mailboxes/archives/")
    newest = page.get_by_role("list", name="Прежние архивы").get_by_role("link").first
    if newest.count():
        newest.click()
        page.wait_for_url("**/archives/*/")
        if (left := page.get_by_role("button", name="Отменить архив")).count():
            left.click()
            expect(page.locator("#archive .chip")).to_have_text("Отменён")


def _sum(page: Page, name: str) -> str:
    return page.locator(f".archive__sums dt:text-is('{name}') + dd").inner_text()


def _take(page: Page) -> None:
    page.get_by_role("button", name="Загрузить", exact=True).click()
    expect(page.locator("#archive .chip")).to_have_text("Загружен")


def test_mbox_and_maildir_become_requests_once(admin: Page) -> None:
    page = admin
    first, second = (_letter(subject, text, 5 + 7 * place) for place, (subject, text) in enumerate(OLD.items()))
    astray = _letter("Куда писать", "Адрес не тот.", 5).replace(b"support@demo.otklik.test", b"a@elsewhere.example")
    _drop_others(page)
    page.goto("/settings/mailboxes/")
    page.get_by_role("link", name="Старая почта").click()
    _upload(page, "старое.mbox", _mbox(first, astray))
    assert (_sum(page, "Писем в нём"), _sum(page, "Написаны")) == ("2", "5 мая 2026")
    look_at(page)
    assert "гудел весной" not in page.request.get("/mail/").text(), "taken too early"
    _take(page)
    assert [_sum(page, name) for name in ("Новых", "Уже известных", "Отклонено")] == ["1", "0", "1"]
    page.get_by_text("Отклонённые письма").click()
    expect(page.locator(".archive__problems")).to_contain_text("старое.mbox#2")

    page.get_by_role("link", name="Все архивы").click()
    boxes = page.get_by_label("Письма, не адресованные нашим ящикам")
    boxes.select_option(label="принимать в support@demo.otklik.test")
    _upload(page, "Maildir.zip", _maildir(first, second, astray))
    assert (_sum(page, "Писем в нём"), _sum(page, "Написаны")) == ("3", "5 мая 2026 — 12 мая 2026")
    _take(page)
    assert [_sum(page, name) for name in ("Новых", "Уже известных", "Отклонено")] == ["2", "1", "0"]
    page.get_by_role("link", name="Открыть журнал почты").click()
    for subject in OLD:
        expect(page.locator("main").get_by_text(subject).first).to_be_visible()
    words = "/search/?q=витрина текла в мае статус:закрыта"
    wait_until(lambda: "Витрина текла в мае" in page.request.get(words).text(), what="the index of words")
    page.goto(words)  # it is history: dated in May, and over
    expect(page.locator(".ticket-row", has_text="Витрина текла в мае")).to_have_count(1)
