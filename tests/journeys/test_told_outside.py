"""What reaches a colleague outside the desk: push in his browser, mail that quiet hours hold, his answer to it."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from otklik.notifications.tests.push_server import FakeBrowser, PushServer, push_server
from otklik.testing.browser import Visitor, visitor
from otklik.testing.server import Desk, wait_until
from tests.journeys.conftest import AGENT, Sink, add_colleague, letter

pytestmark = pytest.mark.journey
SECRET = "a long secret of Nina 4"
CHECKED = "mx.demo.otklik.test"
# the browser's maker is not on this machine: what he would hand out comes from the test
SUBSCRIBED = """(() => {
    const kept = () => localStorage.getItem("held");
    const plain = (text) => atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    const bytes = (text) => Uint8Array.from(plain(text), (sign) => sign.charCodeAt(0));
    const held = () => kept() && {
        endpoint: "https://push.example/abc", options: { applicationServerKey: bytes(kept()).buffer },
        getKey: (name) => bytes({ p256dh: "P256DH", auth: "AUTH" }[name]).buffer, unsubscribe: async () => true };
    PushManager.prototype.getSubscription = async () => held();
    PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
        const key = btoa(String.fromCharCode(...applicationServerKey));
        localStorage.setItem("held", key.replace(/\\+/g, "-").replace(/\\//g, "_").replace(/=+$/, ""));
        return held();
    };
})()"""


@pytest.fixture
def headers(desk: Desk) -> dict[str, str]:
    """Speak to the API as the administrator."""
    token = desk.cli("token", "create", "--user", "admin@demo.otklik.test").stdout.decode().split()[-1]
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def _ask(desk: Desk, headers: dict[str, str], method: str, path: str, **fields: Any) -> Any:
    answer = desk.request(
        method, f"/api/v1/{path}", body=json.dumps(fields).encode() if fields else None, headers=headers
    )
    assert answer.status in {200, 201}, answer.text
    return json.loads(answer.body)


@pytest.fixture
def nina(desk: Desk, chromium_browser: Browser) -> Iterator[Visitor]:
    """A colleague whom no other journey knows."""
    with visitor(chromium_browser, desk.url) as person:
        person.email = add_colleague(desk, "Нина Тихая", "nina", SECRET)  # type: ignore[attr-defined]
        person.sign_in(person.email, SECRET)  # type: ignore[attr-defined]
        yield person
        assert person.complaints == []


def _point_at(desk: Desk, maker: PushServer) -> None:
    """Let the browser's address be that of the test's server: only a test has one without TLS."""
    (database,) = desk.data.glob("*.sqlite3")
    with contextlib.closing(sqlite3.connect(database, timeout=30)) as connection, connection:
        connection.execute("UPDATE notifications_browser SET endpoint = ?", [maker.url])


def test_push_is_switched_on_tried_and_shown(desk: Desk, nina: Visitor) -> None:
    fake, page = FakeBrowser(), nina.page
    nina.context.grant_permissions(["notifications"])
    nina.context.add_init_script(SUBSCRIBED.replace("P256DH", fake.p256dh).replace("AUTH", fake.auth))
    page.goto("/profile/notifications/")
    registered: list[str] = []
    session = nina.context.new_cdp_session(page)
    session.on("ServiceWorker.workerRegistrationUpdated", lambda told: registered.extend(
        row["registrationId"] for row in told["registrations"] if not row["isDeleted"]))  # fmt: skip
    session.send("ServiceWorker.enable")
    page.get_by_role("button", name="Включить здесь").click()
    expect(page.locator("ok-push")).to_contain_text("Этот браузер показывает уведомления")
    with push_server() as maker:
        _point_at(desk, maker)
        page.locator(".device-list").get_by_role("button", name="Проверить").click()
        wait_until(lambda: maker.got, what="the message at the browser's maker")
    session.send("ServiceWorker.deliverPushMessage", {
        "origin": desk.url, "registrationId": registered[-1], "data": fake.read(maker.got[0][1])})  # fmt: skip
    shown = "async () => (await (await navigator.serviceWorker.ready).getNotifications()).map((one) => one.title)"
    wait_until(lambda: page.evaluate(shown), what="the notification")
    assert page.evaluate(shown) == ["Всё работает"]
    page.locator(".device-list").get_by_role("button", name="Убрать").click()
    expect(page.locator(".device-list")).to_have_count(0)


def _save(page: Page) -> None:
    page.get_by_role("button", name="Сохранить").click()
    expect(page.locator(".toast", has_text="Сохранено")).to_be_visible()


def _hold(page: Page, way: str, *, on: bool) -> None:
    """Choose that mail waits, or that it does not any more."""
    page.goto("/profile/notifications/")
    if way == "quiet":
        page.locator("[name=quiet]").set_checked(on, force=True)
        if on:  # all day but for one minute, and that is not this one in any zone of whole hours
            minute = (datetime.now(UTC).minute + 30) % 59
            page.locator("[name=quiet_from]").fill(f"12:{minute + 1:02}")
            page.locator("[name=quiet_to]").fill(f"12:{minute:02}")
    else:
        page.locator(".segmented label", has_text="Раз в день" if on else "Сразу").click()
        if on:
            page.locator("#digest-at").fill(f"{(datetime.now(UTC).hour + 12) % 24:02}:30")
    _save(page)


def _call(desk: Desk, headers: dict[str, str], number: int) -> None:
    text = "@Нина Тихая и @Анна Лисицына, гляньте, пожалуйста"
    _ask(desk, headers, "POST", f"tickets/{number}/messages", kind="note", body_text=text)


def _told(sink: Sink, address: str, number: int) -> list[EmailMessage]:
    return [mail for mail in sink.mails if address in str(mail["To"]) and f"[#{number}]" in str(mail["Subject"])]


@pytest.fixture
def _at_once(desk: Desk, headers: dict[str, str]) -> Iterator[None]:
    """Mail that nothing holds leaves at once, and a server is trusted to say who wrote an answer."""
    boxes = _ask(desk, headers, "GET", "mailboxes")["items"]
    box = next(row["id"] for row in boxes if row["address"] == "support@demo.otklik.test")
    _ask(desk, headers, "PATCH", f"mailboxes/{box}", trusted_authserv=[CHECKED])
    _ask(desk, headers, "PATCH", "settings", values={"notifications_mail_delay": 0})
    yield
    _ask(desk, headers, "PATCH", "settings", values={"notifications_mail_delay": None})
    _ask(desk, headers, "PATCH", f"mailboxes/{box}", trusted_authserv=[])


@pytest.mark.usefixtures("_at_once")
def test_mail_waits_as_long_as_wished_and_is_answered(
    desk: Desk, nina: Visitor, sink: Sink, headers: dict[str, str]
) -> None:
    email, page = nina.email, nina.page  # type: ignore[attr-defined]
    for way in ("quiet", "digest"):
        _hold(page, way, on=True)
        opened = {"subject": f"Кому напишут ночью: {way}", "body_text": "Проверка"}
        made = _ask(desk, headers, "POST", "tickets", **opened, requester={"email": "night@kafe.example"})
        number = int(made["number"])

        def called(number: int = number) -> list[EmailMessage]:
            _call(desk, headers, number)  # until the settings are those of the process that tells
            return _told(sink, AGENT, number)

        wait_until(called, every=0.5, timeout=60, what="the mail to a colleague")
        assert not _told(sink, email, number)
        _hold(page, way, on=False)
        mail = wait_until(lambda: _told(sink, email, number), timeout=60, what="what was held")[-1]  # noqa: B023
    door = mail["Reply-To"].addresses[0].addr_spec
    answer = letter(
        f"Re: {mail['Subject']}", "Позвоню ему сама", sender=email, name="Нина Тихая",
        Authentication_Results=f"{CHECKED}; dmarc=pass header.from=demo.otklik.test",
    )  # fmt: skip
    page.goto(f"/tickets/{number}/")
    desk.send_mail(answer, sender=email, to=door)
    expect(page.locator(".note", has_text="Позвоню ему сама")).to_contain_text("Нина Тихая")
