"""Every page under axe: Russian and English, light and dark, no serious or critical finding, a title, a language.

The list of pages comes from the route table and from walking the desk, so that a new page cannot be forgotten.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from otklik.testing.browser import Visitor, visitor
from otklik.testing.server import Desk, wait_until
from tests.journeys.axe import faults as found_by_axe
from tests.journeys.walking import Walk, session_of
from tests.routes import ROWS

pytestmark = pytest.mark.journey
ADMIN = "admin@demo.otklik.test"

# Routes with GET that a walk reaches no whole page of: what they need is not in the demo company, or they only lead on.
ELSEWHERE = {
    "account_login", "account_reset_password_from_key", "account_set_password", "contacts:export-file", "desk:home",
    "email:mailbox-consent", "tickets:first", "tickets:next", "tickets:previous", "tickets:frame", "tickets:note",
    "tickets:note-versions", "tickets:outside-picture", "tickets:saved-filled", "tickets:saved-filled-new",
    "tickets:time-spent", "portal:file", "portal:new",
    "desk:settings-home", "portal:form", "portal:request", "desk:setting-sample",
    "contacts:import-refused", "desk:live", "account_logout", "tickets:attachment",
    "tickets:files-preview",
    # a second factor in use: test_second_factor.py and test_new_colleague.py have axe look at these
    *(name for name in ROWS if name.startswith("mfa_")),
}  # fmt: skip


@pytest.fixture(scope="module")
def begun(desk: Desk) -> list[str]:
    """Begin by the API what has a page of its own; return the addresses that no walk finds by itself."""
    token = desk.cli("token", "create", "--user", ADMIN).stdout.decode().split()[-1]

    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = desk.request("POST", f"/api/v1{path}", body=json.dumps(body).encode(), headers=headers)
        assert answer.status == 201, answer.text
        return dict(json.loads(answer.body))

    number = json.loads(desk.get("/api/v1/tickets?limit=1", headers=headers).body)["items"][0]["number"]
    question = {"subject": "Компрессор: есть?", "body_text": "Срок и цена?", "to": ["sklad@axe.example"]}
    side = post(f"/tickets/{number}/side-conversations", question)["id"]
    run = post("/bulk-runs", {"view": "open", "untags": ["никем не данная"]})["id"]
    post("/webhooks", {"name": "Учёт", "url": "http://127.0.0.1:9/otklik", "events": ["ticket.opened"]})
    post("/saved-replies", {"title": "Выезд", "body_text": "Приедем завтра до двух.", "sharing": "all"})
    return [f"/tickets/{number}/side/{side}/", f"/tickets/bulk/runs/{run}/"]


@pytest.fixture(scope="module")
def furnished(desk: Desk, chromium_browser: Browser) -> str:
    """Give the demo company one of what only pages make; return the address of a private page."""
    with visitor(chromium_browser, desk.url) as admin:
        admin.sign_in(ADMIN)
        page = admin.page
        page.goto("/settings/forms/new/")
        page.fill("#name", "Заявка с сайта")
        page.fill("#key", "axe")
        _save(page)
        page.goto("/settings/roles/new/")
        page.locator("main [name=name]").fill("Приёмщик")
        _save(page)
        page.goto("/contacts/import/")
        page.locator("main input[type=file]").set_input_files(
            {
                "name": "people.csv",
                "mimeType": "text/csv",
                "buffer": "Имя;Почта\nИван Петров;ivan@axe.example\n;нет\n".encode(),
            }
        )
        _save(page)
        page.goto("/settings/mailboxes/archives/")
        letter = b"From: ivan@axe.example\r\nSubject: Old\r\n\r\nOld words\r\n"
        page.locator("main input[type=file]").set_input_files(
            {"name": "old.eml", "mimeType": "message/rfc822", "buffer": letter}
        )
        _save(page)
    with visitor(chromium_browser, desk.url, java_script_enabled=False) as customer:
        page = customer.page
        page.goto("/portal/f/axe/")
        page.fill("#text", "Морозильник гудит")
        page.fill("#name", "Пётр Ильин")
        page.fill("#email", "petr@axe.example")

        def sent() -> bool:
            with page.expect_navigation():
                page.get_by_role("button", name="Отправить").click()
            return page.locator("#link").count() > 0

        wait_until(sent, what="the private page")
        return page.url.removeprefix(desk.url)


def _save(page: Page) -> None:
    with page.expect_navigation():
        page.locator("main form .button--primary").first.click()


@pytest.mark.parametrize(("language", "locale"), [("ru", "ru-RU"), pytest.param("en", "en-GB", marks=pytest.mark.soak)])
def test_no_page_has_a_serious_fault(
    desk: Desk, chromium_browser: Browser, begun: list[str], furnished: str, language: str, locale: str
) -> None:
    wanted = {name for name, row in ROWS.items() if "GET" in row.methods.split() and not name.startswith("api:")}
    faults: list[str] = []
    with visitor(chromium_browser, desk.url, bypass_csp=True) as admin:
        admin.sign_in(ADMIN)
        walk = Walk(desk, session_of(admin.context.cookies()))
        walk.follow(["/", "/tickets/?folder=open", *begun], wanted)
        assert wanted - set(walk.addresses) - ELSEWHERE == set(), "no way to these pages was found"
        assert len(walk.pages) > 40
        # the reference of the API knows no session and speaks the browser's language
        pages = [*sorted(walk.pages[name] for name in walk.pages if name != "api-docs"), "/tickets/999999/"]
        _speak(admin.page, language)
        for address in pages:
            faults += _looked_at(admin, address, language)
    outside = Walk(desk)
    outside.follow(["/accounts/login/", "/api/v1/docs", "/portal/f/axe/", furnished], set())
    assert {"account_login", "portal:form", "portal:request"} <= set(outside.pages)
    with visitor(chromium_browser, desk.url, bypass_csp=True, locale=locale) as stranger:
        for address in sorted(outside.pages.values()):
            faults += _looked_at(stranger, address, language)
    assert not faults, "\n".join(faults)


def _speak(page: Page, language: str) -> None:
    page.goto("/profile/")
    page.locator(f"[name=language][value={language}]").check(force=True)
    _save(page)


def _looked_at(person: Visitor, address: str, language: str) -> Iterator[str]:
    page = person.page
    page.goto(address)
    page.wait_for_function("!document.querySelector('.htmx-request')")
    yield from found_by_axe(page, language)
