"""Sessions, links of a password reset, and where a sign-in may lead: what an attacker tries with each of them."""

from datetime import timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import time_machine
from django.conf import settings as configured
from django.core.cache import cache
from django.test import Client

from otklik.accounts.models import Session, User
from otklik.channels.email.models import Delivery, Outgoing
from otklik.core.clock import now
from otklik.testing.people import PASSWORD, People

NEW = "another long secret 2"
COOKIE = configured.SESSION_COOKIE_NAME


@pytest.fixture(autouse=True)
def _own_mail(db: None, settings: Any) -> None:
    settings.MAILERS = {"default": {"BACKEND": "otklik.channels.email.backend.DeliveryBackend"}}
    cache.clear()


def _sign_in(client: Client, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/accounts/login/", {"login": "anna@desk.example", "password": password, **more})


def _replay(key: str) -> Client:
    """Return another browser with a session cookie that somebody kept."""
    thief = Client()
    thief.cookies[COOKIE] = key
    return thief


def _is_in(client: Client) -> bool:
    return bool(client.get("/profile/").status_code == 200)


def test_a_planted_session_is_not_the_one_after_sign_in(company: People, client: Client) -> None:
    session = client.session
    session["planted"] = 1
    session.save()
    planted = session.session_key
    client.cookies[COOKIE] = planted
    _sign_in(client)
    key = client.cookies[COOKIE].value
    assert key != planted
    assert _is_in(_replay(key))
    assert not _is_in(_replay(planted))
    assert not Session.objects.filter(session_key=planted).exists()


def test_the_session_is_dead_after_sign_out(company: People, client: Client) -> None:
    _sign_in(client)
    key = client.cookies[COOKIE].value
    client.post("/accounts/logout/")
    assert not _is_in(_replay(key))
    assert not Session.objects.filter(session_key=key).exists()


def test_cookies_are_for_our_pages_only(company: People, client: Client) -> None:
    cookie = _sign_in(client).cookies[COOKIE]
    assert cookie["httponly"]
    assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("Lax", "/", "")


def test_another_role_counts_from_the_next_request(company: People, client: Client) -> None:
    _sign_in(client)
    assert client.get("/mail/").status_code == 200
    User.objects.filter(pk=company.anna.pk).update(role="technician")
    assert client.get("/mail/").status_code == 404


def _link(address: str = "anna@desk.example", **extra: Any) -> str:
    """Ask for a new password and return the link of the mail."""
    Client(**extra).post("/accounts/password/reset/", {"email": address})
    text = Outgoing.objects.latest("pk").text
    return next(word for word in text.split() if "/password/reset/key/" in word)


def _path(link: str) -> str:
    return link[link.index("/accounts/") :]


def _use(path: str, password: str = NEW) -> bool:
    """Follow the link in a browser of its own and try to set a password; tell whether the link was taken."""
    browser = Client()
    page = browser.get(path, follow=True)
    here = page.redirect_chain[-1][0] if page.redirect_chain else path
    answer = browser.post(here, {"password1": password, "password2": password})
    return bool(answer.status_code == 302)


def test_a_link_works_once_and_ends_sessions(company: People, client: Client) -> None:
    _sign_in(client)
    path = _path(_link())
    assert _use(path)
    assert not _is_in(client)
    assert not _use(path, "a third secret, longer")
    assert _sign_in(Client(), NEW).status_code == 302


def test_a_link_ends_after_four_hours(company: People) -> None:
    path = _path(_link())
    made = now()
    with time_machine.travel((made + timedelta(hours=4, seconds=5)).timestamp(), tick=False):
        assert not _use(path)
    with time_machine.travel((made + timedelta(hours=3, minutes=59)).timestamp(), tick=False):
        assert _use(path)


def test_a_newer_password_ends_older_links(company: People) -> None:
    first = _path(_link())
    company.anna.set_password("something else entirely")
    company.anna.save()
    assert not _use(first)


@pytest.mark.parametrize("change", ["", "-", "0", "short", "set-password", "None", "%00", "a" * 400])
def test_keys_that_are_none_are_refused(company: People, change: str) -> None:
    uid = _path(_link()).split("/")[-2].partition("-")[0]
    assert not _use(f"/accounts/password/reset/key/{uid}-{change}/")
    assert _sign_in(Client()).status_code == 302


def test_a_link_is_its_owners(company: People) -> None:
    path = _path(_link())
    uid, _, key = path.split("/")[-2].partition("-")
    other = _path(_link("boris@desk.example")).split("/")[-2].partition("-")[0]
    assert uid != other
    assert not _use(f"/accounts/password/reset/key/{other}-{key}/")


def test_somebody_blocked_gets_no_link_and_his_old_one_is_dead(company: People) -> None:
    path = _path(_link())
    User.objects.filter(pk=company.anna.pk).update(is_active=False)
    assert not _use(path)
    before = Delivery.objects.count()
    Client().post("/accounts/password/reset/", {"email": company.anna.email})
    assert Delivery.objects.count() == before


def test_the_form_tells_nobody_who_exists(company: People) -> None:
    answers = set()
    for address in ("anna@desk.example", "nobody@desk.example", "clara@berezka.example"):
        browser = Client()
        answer = browser.post("/accounts/password/reset/", {"email": address})
        page = browser.get(answer["Location"]).content.decode()
        answers.add((answer.status_code, answer["Location"], page.replace(address, "")))
    assert len(answers) == 1
    assert Delivery.objects.count() == 1


@pytest.mark.parametrize("headers", [{"HTTP_X_FORWARDED_HOST": "evil.example"}, {"HTTP_HOST": "evil.example"}])
def test_the_link_has_the_configured_base(company: People, settings: Any, headers: dict[str, str]) -> None:
    settings.BASE_URL = "https://desk.example"
    settings.ALLOWED_HOSTS = ["*"]  # even then
    link = _link(**headers)
    assert link.startswith("https://desk.example/accounts/password/reset/key/")
    assert "evil" not in Outgoing.objects.get().text


def test_a_host_that_is_not_ours_gets_nothing(company: People, client: Client) -> None:
    answer = client.post("/accounts/password/reset/", {"email": "anna@desk.example"}, HTTP_HOST="evil.example")
    assert answer.status_code == 400
    assert not Delivery.objects.exists()
    _link(HTTP_X_FORWARDED_HOST="evil.example")
    assert "evil" not in Outgoing.objects.get().text


ELSEWHERE = (
    "//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example", "\\/evil.example",
    "https:evil.example", "https:/evil.example", "https://evil.example", "http:///evil.example",
    "HTTPS://EVIL.EXAMPLE",
    " //evil.example", "\t//evil.example", "/\t/evil.example", "/\n/evil.example", "/\r/evil.example",
    "\x00//evil.example",
    "https://testserver@evil.example", "https://testserver.evil.example", "https://evil.example/testserver",
    "https://evil.example#testserver", "https://evil.example?testserver", "https://evil.example\\@testserver",
    "//evil.example:80@testserver:x", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)",
    "data:text/html,x", "vbscript:x", "file:///etc/passwd", "ftp://evil.example", "mailto:x@evil.example",
    "//evil。example", "//evil%2eexample", "http://[::1]", "http://0x7f000001", "//2130706433",
    "https:\\\\evil.example", "http:evil.example", "/%5cevil.example", "/%2f/evil.example", "@evil.example",
    "https://evil.example:443/",
)  # fmt: skip


def test_no_next_leads_away(company: People) -> None:
    away = []
    for target in ELSEWHERE:
        browser = Client()
        answers = [_sign_in(browser, next=target), browser.get("/accounts/login/", {"next": target})]
        answers.append(browser.post("/accounts/logout/", {"next": target}))
        assert [answer.status_code for answer in answers] == [302, 302, 302], target
        away += [(target, answer["Location"]) for answer in answers if not _stays(answer["Location"])]
    assert away == []


def _stays(location: str) -> bool:
    """Tell whether a browser stays on this host; it drops blanks and controls and reads a backslash as a slash."""
    read = "".join(sign for sign in location if sign > " ").replace("\\", "/")
    parts = urlsplit(urljoin("http://testserver/accounts/login/", read))
    return (parts.scheme, parts.netloc) == ("http", "testserver")
