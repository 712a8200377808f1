"""Sign-in through a provider: who gets in, who does not, and what a broken or hostile provider can do: nothing."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from threading import Barrier
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.db import connections
from django.http import HttpResponse
from django.test import Client

from otklik.accounts import actions
from otklik.accounts.models import ExternalIdentity, Session, User
from otklik.accounts.provider import client as asking
from otklik.accounts.provider.config import Provider
from otklik.accounts.provider.problems import ProviderError
from otklik.accounts.provider.tokens import Identity, identity_of
from otklik.accounts.queries import actor_for
from otklik.accounts.tests.fake_provider import CLIENT, CODE, SECRET, FakeProvider, fake_provider
from otklik.core.actor import Actor
from otklik.core.errors import Invalid, NotFound
from otklik.core.events import Event
from otklik.core.secrets import seal
from otklik.core.settings_store import set_value
from otklik.testing.people import PASSWORD, People, people
from otklik.testing.tools import desk_client

SYSTEM = Actor.system()


@pytest.fixture
def fake(settings: Any, company: People) -> Iterator[FakeProvider]:
    """A provider on this machine that the desk is connected to."""
    settings.OUTBOUND_NETWORKS_ALLOWED = ["127.0.0.1"]
    asking.forget()
    with fake_provider() as running:
        base = {"issuer": running.issuer, "client": CLIENT, "secret": SECRET, "label": "Полюс", "on": True}
        actions.change_provider({f"provider_{key}": value for key, value in base.items()}, by=SYSTEM)
        yield running


def begin(fake: FakeProvider, browser: Client, target: str = "") -> str:
    """Begin at the sign-in page; return the state with which the provider sends the person back."""
    page = browser.post("/accounts/provider/", {"next": target})
    assert page.status_code == 200, page.content.decode()
    url = unescape(page.content.decode().partition('content="0;url=')[2].partition('"')[0])
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == "http://testserver/accounts/provider/callback/"
    fake.nonce = asked["nonce"]
    return asked["state"]


def come_back(fake: FakeProvider, browser: Client, **more: str) -> HttpResponse:
    """Go the whole way to the provider and back."""
    return browser.get("/accounts/provider/callback/", {"code": CODE, "state": begin(fake, browser)} | more)


def who(browser: Client) -> str | None:
    """Return the id of whoever is signed in."""
    return browser.session.get("_auth_user_id")


def test_person_comes_in_by_verified_mail_and_later_by_number(company: People, fake: FakeProvider) -> None:
    browser = desk_client()
    assert "Войти через Полюс" in browser.get("/accounts/login/").content.decode()
    state = begin(fake, browser, "/profile/")
    answer = browser.get("/accounts/provider/callback/", {"code": CODE, "state": state})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/profile/")
    assert who(browser) == str(company.anna.pk)
    assert len(fake.asked[0]["code_verifier"]) >= 43
    again = browser.get("/accounts/provider/callback/", {"code": CODE, "state": state})
    assert again.status_code == 403
    fake.person = {"sub": "77", "email": "new-name@desk.example", "email_verified": False}
    other = desk_client()
    assert come_back(fake, other).status_code == 302
    assert who(other) == str(company.anna.pk)
    assert Event.objects.filter(kind="user.provider_linked").count() == 1


HOSTILE: dict[str, Callable[[dict[str, Any]], None]] = {
    "other issuer": lambda claims: claims.update(iss="https://evil.example"),
    "other audience": lambda claims: claims.update(aud="another"),
    "many audiences": lambda claims: claims.update(aud=[CLIENT, "another"]),
    "other party": lambda claims: claims.update(azp="another"),
    "party of another kind": lambda claims: claims.update(azp=["another"]),
    "half a character for a nonce": lambda claims: claims.update(nonce="\ud800"),
    "no number for an end": lambda claims: claims.update(exp=float("nan")),
    "a huge number for a beginning": lambda claims: claims.update(nbf=10**400),
    "half a character in the mail": lambda claims: claims.update(email="anna\ud800@desk.example"),
    "other nonce": lambda claims: claims.update(nonce="x"),
    "no nonce": lambda claims: claims.pop("nonce"),
    "run out": lambda claims: claims.update(exp=claims["iat"] - 61),
    "of tomorrow": lambda claims: claims.update(iat=claims["iat"] + 90000),
    "no end": lambda claims: claims.pop("exp"),
    "nobody": lambda claims: claims.update(sub=""),
    "odd number": lambda claims: claims.update(sub="7\x007"),
    "unverified": lambda claims: claims.update(email_verified=False),
    "verified in words": lambda claims: claims.update(email_verified="true"),
    "no mail": lambda claims: claims.pop("email"),
    "stranger": lambda claims: claims.update(email="dmitri@elsewhere.example"),
}


def test_wrong_words_let_nobody_in(company: People, fake: FakeProvider) -> None:
    browser = desk_client()
    for how, spoil in HOSTILE.items():
        fake.spoil = spoil
        answer = come_back(fake, browser)
        assert answer.status_code == 403, how
        assert "Вход не выполнен" in answer.content.decode()
        assert who(browser) is None, how
    assert not ExternalIdentity.objects.exists()


@pytest.mark.parametrize("algorithm", ["none", "HS256", "foreign key", "forged"])
def test_wrong_signatures_let_nobody_in(company: People, fake: FakeProvider, algorithm: str) -> None:
    if algorithm in {"none", "HS256"}:
        fake.algorithm = algorithm
    else:
        fake.signed_by = "two"
    if algorithm == "forged":
        original = fake.keys
        fake.keys = lambda: {"keys": [original()["keys"][0] | {"kid": "two"}]}  # type: ignore[method-assign]
    browser = desk_client()
    assert come_back(fake, browser).status_code in {403, 502}
    assert who(browser) is None


def test_new_keys_are_fetched_when_the_old_do_not_fit(company: People, fake: FakeProvider) -> None:
    assert come_back(fake, desk_client()).status_code == 302
    fake.signed_by = fake.shown = "two"
    assert come_back(fake, desk_client()).status_code == 302


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys", "/token", "/me"])
def test_rubbish_is_a_clear_page(company: People, fake: FakeProvider, path: str) -> None:
    fake.spoil = lambda claims: claims.pop("email")
    browser = desk_client()
    for body in (b"<html>hello</html>", b"[]", b"\xff\xfe", b'{"issuer": 7, "keys": 3}', b"[" * 90000):
        asking.forget()
        fake.answers[path] = body
        page = browser.post("/accounts/provider/")
        if path != "/.well-known/openid-configuration":
            page = come_back(fake, browser)
        assert page.status_code in {403, 502}
        assert "Вход не выполнен" in page.content.decode()
        assert who(browser) is None


def test_token_that_is_no_header_is_a_clear_page(company: People, fake: FakeProvider) -> None:
    fake.spoil = lambda claims: claims.pop("email")
    fake.access = "a\r\nX-Evil: 1"
    assert come_back(fake, desk_client()).status_code == 502
    fake.access, fake.more = "ok", {"sub": "77", "email": "anna@desk.example", "email_verified": True}
    assert come_back(fake, desk_client()).status_code == 302


def test_slow_or_dead_provider_is_a_clear_page(
    company: People, fake: FakeProvider, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr(asking, "SECONDS", 0.2)
    fake.held.clear()
    slow = desk_client().post("/accounts/provider/")
    fake.held.set()
    assert slow.status_code == 502
    assert "слишком долго" in slow.content.decode()
    settings.OUTBOUND_NETWORKS_ALLOWED = []
    assert desk_client().post("/accounts/provider/").status_code == 502


def test_answer_of_another_browser_is_refused(company: People, fake: FakeProvider) -> None:
    state = begin(fake, desk_client())
    stranger = desk_client()
    begin(fake, stranger)
    assert stranger.get("/accounts/provider/callback/", {"code": CODE, "state": state}).status_code == 403
    assert come_back(fake, stranger, error="access_denied").status_code == 403
    assert come_back(fake, stranger, iss="https://evil.example").status_code == 403
    assert desk_client().get("/accounts/provider/").status_code == 405


def test_other_language_of_a_problem_is_the_sign_in_page(company: People, fake: FakeProvider) -> None:
    """The page of a problem has no address of its own: what was posted or used up cannot be asked for again."""
    fake.answers["/.well-known/openid-configuration"] = b"[]"
    browser = desk_client()
    for problem in (browser.post("/accounts/provider/"), browser.get("/accounts/provider/callback/?state=x")):
        assert 'href="/accounts/login/?lang=en"' in problem.content.decode()


def test_mail_of_another_account_takes_nobody_over(company: People, fake: FakeProvider) -> None:
    assert come_back(fake, desk_client()).status_code == 302
    fake.person = fake.person | {"sub": "78"}
    browser = desk_client()
    assert come_back(fake, browser).status_code == 403
    assert who(browser) is None
    actions.unlink_identities(company.anna, by=actor_for(company.admin))
    assert come_back(fake, browser).status_code == 302
    actions.block_user(company.anna, by=actor_for(company.admin))
    assert come_back(fake, desk_client()).status_code == 403


def test_unknown_people_are_added_by_the_settings(company: People, fake: FakeProvider) -> None:
    fake.person = {"sub": "9", "email": "Olga@desk.example", "email_verified": True, "name": "Ольга С."}
    assert come_back(fake, desk_client()).status_code == 403
    values = {
        "provider_unknown": "create", "provider_domains": ["desk.example"], "provider_role": "observer",
        "provider_team": company.field.name, "provider_claim": "realm_access.roles",
        "provider_roles": ["chiefs = supervisor", "dispatchers = agent"],
    }  # fmt: skip
    actions.change_provider(values, by=SYSTEM)
    fake.person["realm_access"] = {"roles": ["x", "dispatchers"]}
    assert come_back(fake, desk_client()).status_code == 302
    made = User.objects.get(email="olga@desk.example")
    assert (made.role, [team.pk for team in made.teams.all()]) == ("agent", [company.field.pk])
    fake.person["realm_access"] = {"roles": ["chiefs"]}
    assert come_back(fake, desk_client()).status_code == 302
    assert User.objects.get(pk=made.pk).role == "supervisor"
    fake.person = {"sub": "10", "email": "x@elsewhere.example", "email_verified": True}
    assert come_back(fake, desk_client()).status_code == 403


def test_only_the_provider_but_for_administrators(company: People, fake: FakeProvider) -> None:
    actions.change_provider({"provider_only": True, "provider_leave": True}, by=SYSTEM)
    anna, admin = desk_client(), desk_client()
    anna.post("/accounts/login/", {"login": company.anna.email, "password": PASSWORD})
    assert who(anna) is None
    assert "только администраторы" in anna.get("/accounts/login/").content.decode()
    admin.post("/accounts/login/", {"login": company.admin.email, "password": PASSWORD})
    assert who(admin) == str(company.admin.pk)
    assert come_back(fake, anna).status_code == 302
    left = anna.post("/accounts/logout/")
    assert left.headers["Location"] == "/accounts/provider/left/"
    assert f"{fake.issuer}/out?client_id=otklik" in anna.get("/accounts/provider/left/").content.decode()
    actions.change_provider({"provider_only": False, "provider_on": False}, by=SYSTEM)
    assert desk_client().post("/accounts/provider/").status_code == 404


def test_second_factor_may_be_the_providers(company: People, fake: FakeProvider) -> None:
    set_value("second_factor_roles", ["agent"], by=SYSTEM)
    browser = desk_client()
    come_back(fake, browser)
    assert browser.get("/profile/").headers["Location"] == "/profile/security/"
    Authenticator.objects.create(user=company.anna, type=Authenticator.Type.TOTP, data={"secret": seal("A" * 32)})
    other = desk_client()
    assert come_back(fake, other).headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert who(other) is None
    actions.change_provider({"provider_strong": True}, by=SYSTEM)
    come_back(fake, browser)
    assert browser.get("/profile/").status_code == 200


def test_program_unties_a_person_once_and_ends_his_sessions(company: People, fake: FakeProvider) -> None:
    browser = desk_client()
    come_back(fake, browser)
    assert who(browser) == str(company.anna.pk)
    path = f"/api/v1/users/{company.anna.pk}/identities"

    def ask(user: User, method: str, scope: str = "users:write") -> tuple[int, Any]:
        _row, plain = actions.create_token(user, name="n", scopes=[scope], by=actor_for(user))
        answer = getattr(desk_client(), method)(path, headers={"Authorization": f"Bearer {plain}"})
        return answer.status_code, answer.json()

    status, told = ask(company.admin, "get")
    assert (status, [row["issuer"] for row in told["items"]]) == (200, [fake.issuer])
    assert ask(company.admin, "delete", "users:read")[0] == 403
    for stranger in (company.anna, company.vera):
        assert ask(stranger, "delete", "write")[0] == 403
    assert ask(company.admin, "delete") == (200, {"untied": 1})
    assert browser.get("/tickets/").status_code == 302
    assert ask(company.admin, "delete") == (200, {"untied": 0})
    assert Event.objects.filter(kind="user.provider_unlinked").count() == 1


def test_settings_page_saves_tests_and_keeps_the_secret(company: People, fake: FakeProvider) -> None:
    admin = desk_client(company.admin)
    page = admin.get("/settings/provider/").content.decode()
    assert SECRET not in page
    assert "http://testserver/accounts/provider/callback/" in page
    form = {
        "provider_on": "on", "provider_issuer": f"{fake.issuer}/.well-known/openid-configuration",
        "provider_client": CLIENT, "provider_label": "П", "provider_unknown": "refuse", "provider_role": "agent",
    }  # fmt: skip
    assert admin.post("/settings/provider/", form | {"x": "1"}).status_code == 422
    assert admin.post("/settings/provider/", form | {"provider_unknown": "create"}).status_code == 422
    assert admin.post("/settings/provider/", form).status_code == 302
    report = admin.post("/settings/provider/", {"test": "1"}).content.decode()
    assert "Провайдер знает Отклик" in report
    actions.change_provider({"provider_secret": "wrong"}, by=SYSTEM)
    assert "неверен идентификатор или секрет" in admin.post("/settings/provider/", {"test": "1"}).content.decode()
    assert desk_client(company.vera).get("/settings/provider/").status_code == 404
    assert not [event for event in Event.objects.filter(kind="setting.changed") if "wrong" in str(event.data)]
    with pytest.raises(NotFound):
        actions.change_provider({"provider_on": False}, by=actor_for(company.anna))
    with pytest.raises(Invalid):
        actions.change_provider({"provider_issuer": "ftp://x"}, by=SYSTEM)


def test_what_the_provider_tells_of_somebody_else_is_worth_nothing() -> None:
    claims = {"sub": "1"}
    assert identity_of(claims, {"sub": "2", "email": "a@b.c", "email_verified": True}, issuer="i", claim="").email == ""
    told = identity_of(claims, {"sub": "1", "email": "a@b.c", "email_verified": True}, issuer="i", claim="")
    assert (told.email, told.verified) == ("a@b.c", True)
    mixed = identity_of(claims | {"email": "x@y.z"}, {"sub": "1", "email_verified": True}, issuer="i", claim="")
    assert mixed.verified is False


@pytest.mark.django_db(transaction=True)
def test_two_first_visits_at_once_make_one_person() -> None:
    people()
    rules = Provider(issuer="i", client="c", secret="s", label="l", creates=True)
    identity = Identity(issuer="i", subject="1", email="new@desk.example", verified=True, name="Н")
    start = Barrier(2)

    def come(_number: int) -> int:
        start.wait()
        try:
            return actions.enter(identity, rules).pk
        except ProviderError as error:
            return -len(error.reason)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        found = set(pool.map(come, range(2)))
    assert len(found) == 1
    assert User.objects.filter(email="new@desk.example").count() == 1
    assert ExternalIdentity.objects.count() == 1
    assert not Session.objects.exists()
