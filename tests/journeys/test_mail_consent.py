"""A mailbox that signs in through its provider: asked for consent, refused, agreed to, and then it fetches mail."""

import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from otklik.channels.email.tests.test_oauth import Imap, talking
from otklik.testing.browser import Visitor
from otklik.testing.server import Desk
from tests.journeys.axe import look_at
from tests.journeys.conftest import signed_in

pytestmark = pytest.mark.journey
ADDRESS = "support@desk.example"  # whom the fake IMAP server knows
BACK = "/settings/mailboxes/consent/"


@dataclass
class Provider:
    """A provider with a page of consent: what its user decides, and what it was asked for."""

    url: str = ""
    agrees: bool = False
    consents: list[dict[str, str]] = field(default_factory=list)
    sold: list[dict[str, str]] = field(default_factory=list)

    def answer(self, kind: str) -> tuple[dict[str, Any], int]:
        """Sell tokens: for the code of the consent, then for the refresh token that it brought."""
        wanted = {"authorization_code": ("code", "c-7"), "refresh_token": ("refresh_token", "rt-7")}[kind]
        if self.sold[-1].get(wanted[0]) != wanted[1] or self.sold[-1].get("client_secret") != "hush":
            return {"error": "invalid_grant"}, 400
        more = {"refresh_token": "rt-7"} if kind == "authorization_code" else {}
        return {"access_token": "at-1", "expires_in": 3600, **more}, 200


@pytest.fixture
def provider(certificate: Path) -> Iterator[Provider]:
    """It, on this machine and by TLS."""
    made = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = dict(parse_qsl(urlsplit(self.path).query))
            made.consents.append(asked)
            told = {"code": "c-7"} if made.agrees else {"error": "access_denied"}
            self.send_response(302)
            self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(told | {'state': asked['state']})}")
            self.end_headers()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            made.sold.append(dict(parse_qsl(body)))
            answer, status = made.answer(made.sold[-1]["grant_type"])
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_words: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        made.url = f"https://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield made
        server.shutdown()


@pytest.fixture
def imap_port() -> Iterator[int]:
    """A mail server that takes the access token and nothing else."""

    class Scripts:
        """One dialogue for each connection: what is between two lines is its own."""

        def __init__(self) -> None:
            self.kept = threading.local()

        def __call__(self, line: str) -> str:
            if not hasattr(self.kept, "talk"):
                self.kept.talk = Imap()
            return str(self.kept.talk(line))

    with talking("* OK ready\r\n", Scripts()) as port:
        yield port


@pytest.fixture
def admin(desk: Desk, chromium_browser: Browser) -> Iterator[Visitor]:
    """The administrator, whose browser trusts the provider; the mailbox receives no more at the end."""
    with signed_in(desk, chromium_browser, "admin@demo.otklik.test", ignore_https_errors=True) as person:
        yield person
        person.page.get_by_role("switch", name="Принимать почту").set_checked(False, force=True)
        person.page.get_by_role("button", name="Сохранить", exact=True).click()
        expect(person.page.get_by_text("Сохранено", exact=True)).to_be_visible()


def _begin(page: Page) -> None:
    page.goto("/settings/mailboxes/new/")
    page.get_by_label("Адрес", exact=True).fill(ADDRESS)
    page.get_by_label("Название").fill("По согласию")
    page.get_by_text("Другой почтовый сервер").click()
    page.get_by_role("button", name="Дальше").click()
    expect(page.get_by_role("heading", name=ADDRESS)).to_be_visible()


def _set_up(page: Page, provider: Provider, imap_port: int) -> None:
    """Fill in servers and provider; what leads inside by plain http is refused with its field."""
    page.locator("#auth").select_option("oauth2")
    page.locator("#oauth-provider").select_option("microsoft")
    expect(page.get_by_label("Идентификатор или домен каталога")).to_be_visible()
    expect(page.locator("#oauth-url")).to_be_hidden()
    page.locator("#oauth-provider").select_option("other")
    expect(page.locator("#oauth-tenant")).to_be_hidden()
    page.locator("#imap-host").fill("127.0.0.1")
    page.locator("#imap-port").fill(str(imap_port))
    page.locator("#imap-security").select_option("none")
    page.locator("#imap-user").fill(ADDRESS)
    page.locator("#oauth-client").fill("client")
    page.locator("#oauth-secret").fill("hush")
    page.locator("#oauth-page").fill(f"{provider.url}/authorize")
    page.locator("#oauth-scope").fill("imap")
    page.locator("#oauth-url").fill(f"{provider.url.replace('https', 'http')}/token")
    page.get_by_role("button", name="Сохранить", exact=True).click()
    expect(page.locator("#oauth-url-error")).to_contain_text("https://")
    page.locator("#oauth-url").fill(f"{provider.url}/token")
    page.locator("#oauth-secret").fill("hush")
    page.get_by_role("button", name="Сохранить", exact=True).click()
    expect(page.get_by_text("Сохранено", exact=True)).to_be_visible()


def test_owner_refuses_then_agrees_and_mail_is_fetched(provider: Provider, imap_port: int, admin: Visitor) -> None:
    page, link = admin.page, admin.page.get_by_role("link", name="Войти у провайдера")
    _begin(page)
    _set_up(page, provider, imap_port)
    admin.complaints.clear()  # the browser itself names the refusal
    home = page.url
    link.click()
    expect(page.get_by_role("heading", name="Провайдер не дал согласия")).to_be_visible()
    page.get_by_role("link", name="К ящику").click()
    assert (page.url, provider.sold) == (home, [])
    asked = provider.consents[0]
    assert (asked["client_id"], asked["login_hint"], asked["scope"]) == ("client", ADDRESS, "imap")
    assert asked["redirect_uri"].endswith(BACK)

    provider.agrees = True
    link.click()
    expect(page.get_by_role("heading", name="Провайдер согласен")).to_be_visible()
    look_at(page)
    assert provider.sold == []  # to come back changes nothing; the button does
    page.get_by_role("button", name="Подключить ящик").click()
    expect(page.get_by_text("Провайдер пускает Отклик")).to_be_visible()
    assert provider.sold[0]["redirect_uri"] == asked["redirect_uri"]
    expect(page.locator("#oauth-refresh")).to_have_attribute("placeholder", "сохранён и не показывается")
    page.get_by_role("button", name="Сохранить и проверить").click()
    expect(page.get_by_text("Соединение работает")).to_be_visible()
    expect(page.get_by_role("switch", name="Принимать почту")).to_be_checked()
    assert provider.sold[1]["grant_type"] == "refresh_token"
    assert "hush" not in page.content()
