"""Signing in with OAuth2: real token requests, real IMAP and SMTP dialogues, and the way to the provider and back."""

import base64
import contextlib
import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import signing
from django.test import Client

from otklik.channels.email import mailbox, oauth
from otklik.channels.email.actions import mailboxes as actions
from otklik.channels.email.client import SmtpClient
from otklik.channels.email.imap.client import ImapFolder
from otklik.channels.email.imap.errors import ImapError
from otklik.channels.email.mailbox import PLAIN, MailboxConfig, Server
from otklik.channels.email.oauth import OAuth, OAuthError
from otklik.channels.email.probe.client import probe_mailbox
from otklik.channels.email.smtp_answers import Passing
from otklik.channels.models import Connection
from otklik.testing.people import People
from otklik.testing.tools import desk_client

USER = "support@desk.example"


@dataclass
class Provider:
    """A provider of tokens: what it was asked, and what it answers."""

    url: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    status: int = 200
    answer: dict[str, Any] = field(default_factory=lambda: {"access_token": "at-1", "expires_in": 3600})

    def oauth(self, **changes: str) -> OAuth:
        values = {"client_id": "client", "client_secret": "hush", "refresh_token": "rt-1", "token_url": self.url}
        return OAuth("other", **(values | changes))


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    settings.OUTBOUND_NETWORKS_ALLOWED = ["127.0.0.0/8"]
    made = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            made.paths.append(self.path)
            made.asked.append({key: values[0] for key, values in parse_qs(body).items()})
            self.send_response(made.status)
            self.end_headers()
            self.wfile.write(json.dumps(made.answer).encode())

        def log_message(self, *_words: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_port}/token"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield made
        server.shutdown()
    oauth._kept.clear()
    oauth._followed.clear()


@contextlib.contextmanager
def talking(greeting: str, script: Callable[[str], str]) -> Iterator[int]:
    """A server that answers each line by a script; yields its port."""

    class Talk(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(greeting.encode())
            for line in self.rfile:
                self.wfile.write(script(line.decode().rstrip("\r\n")).encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def heard(line: str) -> bool:
    """Tell whether a line is the sign-in of our user with the good token."""
    with contextlib.suppress(ValueError):
        return base64.b64decode(line, validate=True).decode() == f"user={USER}\x01auth=Bearer at-1\x01\x01"
    return False


class Imap:
    """An IMAP server that takes XOAUTH2 only; a refusal comes as a challenge that wants an empty line."""

    def __init__(self) -> None:
        self.tag, self.refused = "", False

    def __call__(self, line: str) -> str:
        if not line and self.refused:
            return f"{self.tag} NO [AUTHENTICATIONFAILED] invalid token\r\n"
        if heard(line):
            return f"{self.tag} OK in\r\n"
        tag, _, command = line.partition(" ")
        verb = command.split(" ")[0].upper()
        if verb == "AUTHENTICATE":
            self.tag = tag
            return "+ \r\n"
        if verb == "CAPABILITY":
            return f"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\n{tag} OK done\r\n"
        if verb in {"SELECT", "EXAMINE"}:
            return f"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 4] x\r\n{tag} OK done\r\n"
        if verb == "LOGOUT":
            return f"* BYE\r\n{tag} OK\r\n"
        self.refused = True
        return "+ eyJzdGF0dXMiOiI0MDEifQ==\r\n"


def smtp(line: str) -> str:
    verb, _, rest = line.partition(" ")
    if verb == "ehlo":
        return "250-there\r\n250 AUTH XOAUTH2\r\n"
    if verb == "AUTH":
        return "235 2.7.0 in\r\n" if heard(rest.partition(" ")[2]) else "334 eyJzdGF0dXMiOiI0MDEifQ==\r\n"
    return {"": "535 5.7.8 no\r\n", "QUIT": "221 bye\r\n"}.get(verb, "250 ok\r\n")


def test_a_token_is_bought_once_and_bought_anew_when_refused(provider: Provider) -> None:
    access = provider.oauth()
    assert oauth.access_token(access) == oauth.access_token(access) == "at-1"
    (asked,) = provider.asked
    assert asked == {
        "grant_type": "refresh_token", "refresh_token": "rt-1", "client_id": "client", "client_secret": "hush",
    }  # fmt: skip
    oauth.forget(access)
    oauth.access_token(access)
    assert len(provider.asked) == 2
    assert "hush" not in repr(access)
    assert "rt-1" not in repr(access)


@pytest.mark.parametrize(
    ("status", "answer", "code"),
    [
        (400, {"error": "invalid_grant"}, "oauth_refused"),
        (500, {}, "oauth_unreachable"),
        (200, {"access_token": 5}, "oauth_unreachable"),
        (200, [], "oauth_unreachable"),
    ],
)
def test_what_a_provider_may_answer(provider: Provider, status: int, answer: Any, code: str) -> None:
    provider.status, provider.answer = status, answer
    with pytest.raises(OAuthError) as raised:
        oauth.access_token(provider.oauth())
    assert raised.value.code == code


def test_an_inner_address_is_not_asked(provider: Provider, settings: Any) -> None:
    settings.OUTBOUND_NETWORKS_ALLOWED = []
    with pytest.raises(OAuthError) as raised:
        oauth.access_token(provider.oauth())
    assert (raised.value.code, provider.asked) == ("oauth_unreachable", [])


def test_imap_signs_in_by_token_and_names_a_refusal(provider: Provider) -> None:
    with talking("* OK ready\r\n", Imap()) as port:
        server = Server("127.0.0.1", port, PLAIN, USER, oauth=provider.oauth())
        with ImapFolder(server, "INBOX", writable=False, timeout=10) as folder:
            assert folder.uidvalidity == 7
        assert probe_mailbox(MailboxConfig(imap=server), USER, None).ok("imap")
    provider.answer = {"access_token": "stale", "expires_in": 3600}
    oauth.forget(provider.oauth())
    with talking("* OK ready\r\n", Imap()) as port:
        server = Server("127.0.0.1", port, PLAIN, USER, oauth=provider.oauth())
        with pytest.raises(ImapError) as raised, ImapFolder(server, "INBOX", writable=False, timeout=10):
            pass
    assert raised.value.code == "oauth_refused"
    asked = len(provider.asked)
    oauth.access_token(provider.oauth())
    assert len(provider.asked) == asked + 1  # the refused token is not used again


def test_smtp_signs_in_by_token_and_names_a_refusal(provider: Provider) -> None:
    with talking("220 ready\r\n", smtp) as port:
        server = Server("127.0.0.1", port, PLAIN, USER, oauth=provider.oauth())
        client = SmtpClient(server)
        client.check(USER)
        client.close()
        provider.answer = {"access_token": "stale"}
        oauth.forget(provider.oauth())
        with pytest.raises(Passing) as raised:
            SmtpClient(server).check(USER)
    assert (raised.value.code, raised.value.server_down) == ("oauth_refused", True)


def settings_with(provider: Provider) -> MailboxConfig:
    access = provider.oauth()
    return MailboxConfig(imap=Server("imap.x.example", 993, user=USER, oauth=access), oauth=access)


@pytest.mark.django_db
def test_a_replaced_refresh_token_is_kept_and_followed(provider: Provider, company: People) -> None:
    config, secret = mailbox.dump(settings_with(provider))
    assert "rt-1" not in json.dumps(config) + secret
    row = Connection.objects.create(channel=company.mailbox, config=config, secret=secret)
    provider.answer = {"access_token": "at-1", "refresh_token": "rt-2"}
    oauth.access_token(provider.oauth())
    row.refresh_from_db()
    kept = mailbox.read(row)
    assert kept.oauth is not None
    assert kept.imap is not None
    assert (kept.oauth.refresh_token, kept.imap.oauth, row.version) == ("rt-2", kept.oauth, 1)
    oauth.forget(provider.oauth())
    oauth.access_token(provider.oauth())
    assert provider.asked[-1]["refresh_token"] == "rt-2"


def test_secrets_stay_only_with_the_same_client_and_address(provider: Provider) -> None:
    old = settings_with(provider)
    for changes, kept in (({}, "rt-1"), ({"client_id": "x"}, ""), ({"token_url": "https://evil.example/t"}, "")):
        fresh = provider.oauth(client_secret="", refresh_token="", **changes)
        found = mailbox.keep_passwords(MailboxConfig(imap=old.imap, oauth=fresh), old)
        assert found.oauth is not None
        assert found.imap is not None
        assert (found.oauth.refresh_token, found.imap.oauth) == (kept, found.oauth)


@pytest.mark.django_db
def test_the_way_to_the_provider_and_back(provider: Provider, company: People, monkeypatch: Any) -> None:
    admin = company.actor(company.admin)
    access = OAuth("google", "client", client_secret="hush")
    facts = actions.MailboxFacts("new@desk.example", "Новый", None, "ru")
    servers = MailboxConfig(imap=Server("imap.gmail.com", 993, user="new@desk.example", oauth=access), oauth=access)
    channel = actions.add_mailbox(facts, servers, enabled=False, by=admin)
    browser: Client = desk_client(company.admin)
    page = browser.get(f"/settings/mailboxes/{channel.pk}/").content.decode()
    assert "https://accounts.google.com/o/oauth2/v2/auth?" in page
    assert "hush" not in page
    link = next(part for part in page.split('"') if part.startswith("https://accounts.google.com")).replace(
        "&amp;", "&"
    )
    state = parse_qs(urlsplit(link).query)["state"][0]
    known = oauth.Endpoints("https://x.example", provider.url, "all")
    monkeypatch.setitem(oauth.KNOWN, "google", known)
    back = browser.get("/settings/mailboxes/consent/", {"state": state, "code": "c-1"})
    assert (back.status_code, provider.asked) == (200, [])
    provider.answer = {"access_token": "at-1", "refresh_token": "rt-9"}
    answer = browser.post("/settings/mailboxes/consent/", {"state": state, "code": "c-1"})
    assert answer["Location"] == f"/settings/mailboxes/{channel.pk}/"
    assert (provider.asked[0]["code"], provider.asked[0]["grant_type"]) == ("c-1", "authorization_code")
    kept = mailbox.read(Connection.objects.get(channel=channel))
    assert kept.oauth is not None
    assert kept.oauth.refresh_token == "rt-9"


@pytest.mark.parametrize(
    ("provider", "page", "scope"),
    [
        ("yandex", "https://oauth.yandex.ru/authorize", "mail:imap_full mail:smtp"),
        ("mailru", "https://o2.mail.ru/login", "mail.imap"),
        ("google", "https://accounts.google.com/o/oauth2/v2/auth", "https://mail.google.com/"),
    ],
)
def test_known_providers_are_asked_for_their_own_rights(provider: str, page: str, scope: str) -> None:
    link = urlsplit(
        oauth.consent_url(OAuth(provider, "id"), address=USER, state="s", redirect_uri="https://d.example/")
    )
    asked = parse_qs(link.query)
    assert f"{link.scheme}://{link.netloc}{link.path}" == page
    assert (asked["scope"], asked["login_hint"], asked["client_id"]) == ([scope], [USER], ["id"])


@pytest.mark.django_db
def test_another_provider_is_led_to_by_its_own_addresses(provider: Provider, company: People) -> None:
    browser = desk_client(company.admin)
    url = f"/settings/mailboxes/{company.mailbox.pk}/"
    values = {
        "address": USER, "name": "", "team": "", "language": "ru", "way_in": "imap", "imap_host": "imap.x.example",
        "imap_user": USER, "auth": "oauth2", "oauth_provider": "other", "oauth_client_id": "client",
        "oauth_token_url": "https://id.x.example/token", "oauth_authorize_url": "https://id.x.example/login?tenant=7",
        "oauth_scope": "imap smtp",
    }  # fmt: skip
    for wrong in ({"oauth_authorize_url": "javascript:alert(1)"}, {"oauth_authorize_url": "http://id.x.example/"},
                  {"oauth_scope": "почта"}, {"oauth_token_url": ""}):  # fmt: skip
        assert browser.post(url, values | wrong).status_code == 422
    assert browser.post(url, values).status_code == 302
    kept = mailbox.read(Connection.objects.get()).oauth
    assert kept == OAuth("other", "client", values["oauth_token_url"], values["oauth_authorize_url"], "imap smtp")
    page = browser.get(url).content.decode()
    assert "https://id.x.example/login?tenant=7&amp;client_id=client" in page
    assert browser.post(url, values | {"version": "1", "oauth_authorize_url": ""}).status_code == 302
    assert "id.x.example/login" not in browser.get(url).content.decode()


def test_the_token_of_another_provider_is_bought_by_the_guarded_client(provider: Provider, settings: Any) -> None:
    access = provider.oauth(authorize_url="https://id.x.example/login", scope="imap")
    provider.answer = {"access_token": "at", "refresh_token": "rt-5"}
    assert oauth.exchange(access, "code", "https://desk.example/") == "rt-5"
    settings.OUTBOUND_NETWORKS_ALLOWED = []
    with pytest.raises(OAuthError) as raised:
        oauth.exchange(access, "code", "https://desk.example/")
    assert raised.value.code == "oauth_unreachable"


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["", "made-up", "other"])
def test_a_state_of_somebody_else_leads_nowhere(company: People, state: str) -> None:
    if state == "other":
        state = signing.dumps([company.mailbox.pk, 999_999], salt="email.consent")
    answer = desk_client(company.admin).post("/settings/mailboxes/consent/", {"state": state, "code": "c"})
    assert answer.status_code == 404


OWN = "7f6c5a1e-0000-4000-8000-1234567890ab"


def test_a_directory_of_ones_own_is_asked_in_place_of_any(provider: Provider, monkeypatch: Any) -> None:
    """Consent and tokens both: an application of a single organization is not known under the common address."""
    common, own = OAuth("microsoft", "id"), OAuth("microsoft", "id", refresh_token="rt-1", tenant=OWN)
    base = "https://login.microsoftonline.com"
    assert common.endpoint == f"{base}/common/oauth2/v2.0/token"
    assert own.endpoint == f"{base}/{OWN}/oauth2/v2.0/token"
    assert own.endpoints.scope == common.endpoints.scope
    link = oauth.consent_url(own, address=USER, state="s", redirect_uri="https://d.example/")
    assert link.startswith(f"{base}/{OWN}/oauth2/v2.0/authorize?")
    place = provider.url.rpartition("/")[0]
    monkeypatch.setitem(oauth.KNOWN, "microsoft", oauth.Endpoints(f"{place}/common/a", f"{place}/common/t", "mail"))
    assert oauth.access_token(own) == "at-1"
    assert provider.paths == [f"/{OWN}/t"]
    assert provider.asked[0]["scope"] == "mail"


def microsoft(**changes: str) -> dict[str, str]:
    return {
        "address": USER, "name": "", "team": "", "language": "ru", "way_in": "imap",
        "imap_host": "outlook.office365.com", "imap_user": USER, "auth": "oauth2", "oauth_provider": "microsoft",
        "oauth_client_id": "client", **changes,
    }  # fmt: skip


@pytest.mark.django_db
def test_the_directory_is_set_with_the_mailbox(company: People) -> None:
    """It is read strictly, shown again, told in the change log, and nobody else's business."""
    browser, url = desk_client(company.admin), f"/settings/mailboxes/{company.mailbox.pk}/"
    for wrong in ("../common", "a/b", "a?b=c", "a b", "компания", "-x", "@x.example", "a" * 254):
        answer = browser.post(url, microsoft(oauth_tenant=wrong))
        assert (answer.status_code, 'id="oauth-tenant-error"' in answer.content.decode()) == (422, True)
    assert browser.post(url, microsoft(oauth_tenant=OWN.upper(), oauth_client_secret="hush")).status_code == 302
    assert mailbox.read(Connection.objects.get()).oauth == OAuth(
        "microsoft", "client", client_secret="hush", tenant=OWN
    )
    page = browser.get(url).content.decode()
    assert f"https://login.microsoftonline.com/{OWN}/oauth2/v2.0/authorize?" in page
    assert f'name="oauth_tenant" value="{OWN}"' in page
    assert OWN in browser.get("/settings/log/", {"area": "channels"}).content.decode()
    # of another provider it is no part
    assert browser.post(url, microsoft(oauth_provider="google", oauth_tenant=OWN, version="1")).status_code == 302
    assert mailbox.read(Connection.objects.get()).oauth == OAuth("google", "client")
    assert desk_client(company.vera).post(url, microsoft(oauth_tenant=OWN)).status_code == 404


def test_another_directory_keeps_the_secret_and_loses_the_consent() -> None:
    """The secret belongs to the application, and goes to the same provider; the consent was another directory's."""
    old = MailboxConfig(oauth=OAuth("microsoft", "client", client_secret="hush", refresh_token="rt", tenant="common"))
    for changes, kept in (({}, ("hush", "rt")), ({"tenant": OWN}, ("hush", "")), ({"client_id": "x"}, ("", ""))):
        fresh = OAuth(**({"provider": "microsoft", "client_id": "client", "tenant": "common"} | changes))
        found = mailbox.keep_passwords(MailboxConfig(oauth=fresh), old).oauth
        assert found is not None
        assert (found.client_secret, found.refresh_token) == kept


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["https://127.0.0.1/token", "https://169.254.169.254/token", "https://[::1]/token"])
def test_an_inner_address_for_tokens_is_not_saved(company: People, url: str) -> None:
    """The page says so at once, by the same guard that would refuse the request later."""
    values = microsoft(oauth_provider="other", oauth_token_url=url)
    answer = desk_client(company.admin).post(f"/settings/mailboxes/{company.mailbox.pk}/", values)
    assert answer.status_code == 422
    assert 'id="oauth-url-error"' in answer.content.decode()
    assert not Connection.objects.exists()
