"""Second factors: setting one up, signing in with it, being made to, losing it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from otklik.accounts import actions
from otklik.accounts.app_settings import SECOND_FACTOR_ROLES
from otklik.accounts.queries import actor_for
from otklik.accounts.readers import reader_of
from otklik.core import settings_store
from otklik.core.actor import Actor
from otklik.core.errors import Forbidden, Invalid
from otklik.core.events import Event
from otklik.testing.people import PASSWORD, People
from otklik.testing.tools import assert_statements, desk_client

COOKIE = settings.SESSION_COOKIE_NAME

type Committing = Callable[..., AbstractContextManager[Any]]


@pytest.fixture(autouse=True)
def _within_one_half_minute() -> Iterator[None]:
    """Let the clock stand: a code is of one half minute, which may end between reading and entering it."""
    with time_machine.travel("2026-11-25 09:30:10+00:00", tick=False):
        yield


@pytest.fixture
def committing(django_capture_on_commit_callbacks: Committing) -> Committing:
    """Run what waits for a commit, in a test whose transaction never commits."""
    return django_capture_on_commit_callbacks


@pytest.fixture(autouse=True)
def _no_limits_left(db: None) -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def _sign_in(client: Client, who: str = "anna") -> Any:
    return client.post("/accounts/login/", {"login": f"{who}@desk.example", "password": PASSWORD})


def _code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def _confirm(client: Client) -> None:
    """Enter the password once more, as every change of the factors asks for."""
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302


def _set_up(client: Client, committing: Committing) -> tuple[str, list[str]]:
    """Set up an authenticator app; return its secret and the recovery codes."""
    _confirm(client)
    page = client.get("/accounts/2fa/app/on/")
    secret = page.context["form"].secret
    assert client.post("/accounts/2fa/app/on/", {"code": "000000"}).status_code == 200
    with committing(execute=True):
        answer = client.post("/accounts/2fa/app/on/", {"code": _code(secret)})
    assert answer["Location"] == "/accounts/2fa/codes/"
    return secret, client.get("/accounts/2fa/codes/").context["unused_codes"]


def test_the_app_is_asked_for_at_the_next_sign_in(company: People, committing: Committing) -> None:
    first = Client()
    _sign_in(first)
    secret, codes = _set_up(first, committing)
    assert secret not in str(Authenticator.objects.filter(type="totp").values()[0])
    second = Client()
    assert _sign_in(second)["Location"].startswith("/accounts/2fa/authenticate/")
    assert second.get("/profile/").status_code == 302
    assert second.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert second.get("/profile/").status_code == 302
    assert second.post("/accounts/2fa/authenticate/", {"code": codes[0]}).status_code == 302
    assert second.get("/profile/").status_code == 200
    third = Client()
    _sign_in(third)
    third.post("/accounts/2fa/authenticate/", {"code": codes[0]})
    assert third.get("/profile/").status_code == 302
    assert Event.objects.filter(kind="user.factor_added").count() == 2


def test_no_cookie_from_before_the_second_factor_is_signed_in(company: People, committing: Committing) -> None:
    """One that was planted before the password, or between password and code, is dead afterwards (D-44)."""
    first = Client()
    _sign_in(first)
    _secret, codes = _set_up(first, committing)
    client = Client()
    client.get("/accounts/login/")
    keys = [client.session.session_key]
    _sign_in(client)
    keys.append(client.cookies[COOKIE].value)
    assert client.post("/accounts/2fa/authenticate/", {"code": codes[0]}).status_code == 302
    now_in = client.cookies[COOKIE].value
    assert now_in not in keys
    assert client.get("/profile/").status_code == 200
    for key in filter(None, keys):
        replay = Client()
        replay.cookies[COOKIE] = key
        assert replay.get("/profile/").status_code == 302


def test_guessing_codes_is_limited(company: People, committing: Committing) -> None:
    first = Client()
    _sign_in(first)
    _secret, codes = _set_up(first, committing)
    guesser = Client()
    _sign_in(guesser)
    for _try in range(12):
        guesser.post("/accounts/2fa/authenticate/", {"code": "000000"})
    guesser.post("/accounts/2fa/authenticate/", {"code": codes[0]})
    assert guesser.get("/profile/").status_code == 302


def test_setting_up_asks_for_the_password_again(company: People) -> None:
    client = desk_client(company.anna)
    for path in ("app/on/", "keys/new/", "codes/new/"):
        answer = client.get(f"/accounts/2fa/{path}")
        assert answer["Location"].startswith("/accounts/reauthenticate/")


def test_a_role_that_needs_it_sees_nothing_before(company: People, committing: Committing) -> None:
    settings_store.set_value(SECOND_FACTOR_ROLES, ["agent"], by=Actor.system())
    client = Client()
    _sign_in(client)
    for path in ("/", "/tickets/", "/profile/", "/profile/security/tokens/"):
        assert client.get(path)["Location"] == "/profile/security/"
    answer = client.post("/profile/security/tokens/", {"name": "x", "scopes": "read", "days": ""})
    assert answer["Location"] == "/profile/security/"
    assert client.get("/tickets/", headers={"HX-Request": "true"})["HX-Redirect"] == "/profile/security/"
    assert reader_of(client.session.session_key or "") is None
    assert "Вашей роли нужен второй фактор" in client.get("/profile/security/").content.decode()
    _set_up(client, committing)
    assert client.get("/tickets/").status_code == 200
    assert reader_of(client.session.session_key or "") is not None
    assert desk_client(company.vera).get("/tickets/").status_code == 200


def test_the_question_costs_a_page_no_statement(company: People, committing: Committing) -> None:
    settings_store.set_value(SECOND_FACTOR_ROLES, ["agent"], by=Actor.system())
    company.ticket()
    client = Client()
    _sign_in(client)
    _set_up(client, committing)
    client.get("/tickets/")
    with assert_statements(4):
        assert client.get("/tickets/").status_code == 200


def test_an_administrator_resets_what_was_lost(company: People, committing: Committing) -> None:
    client = Client()
    _sign_in(client)
    _set_up(client, committing)
    with pytest.raises(Forbidden):
        actions.reset_second_factor(company.anna, by=actor_for(company.vera))
    admin = desk_client(company.admin)
    assert "Сбросить" in admin.get(f"/settings/people/{company.anna.pk}/").content.decode()
    admin.post(f"/settings/people/{company.anna.pk}/second-factor/")
    assert not Authenticator.objects.exists()
    assert actions.reset_second_factor(company.anna, by=actor_for(company.admin)) is False
    assert Event.objects.filter(kind="user.factors_reset").count() == 1
    fresh = Client()
    _sign_in(fresh)
    assert fresh.get("/profile/").status_code == 200


def test_passkey_pages_offer_options_and_refuse_nonsense(company: People) -> None:
    client = Client()
    _sign_in(client)
    _confirm(client)
    page = client.get("/accounts/2fa/keys/new/").content.decode()
    assert '"challenge"' in page
    assert client.post("/accounts/2fa/keys/new/", {"name": "x", "credential": '{"id": 1}'}).status_code == 200
    stranger = Client()
    asked = stranger.get("/accounts/2fa/keys/login/", headers={"X-Requested-With": "XMLHttpRequest"})
    assert asked.json()["request_options"]["publicKey"]["challenge"]
    assert stranger.post("/accounts/2fa/keys/login/", {"credential": '{"id": "x"}'})["Location"] == "/accounts/login/"
    assert not Authenticator.objects.exists()


def test_roles_are_chosen_on_the_page_of_roles(company: People) -> None:
    client = desk_client(company.admin)
    client.post("/settings/roles/second-factor/", {"roles": ["supervisor"]})
    assert settings_store.get(SECOND_FACTOR_ROLES) == ["supervisor"]
    client.post("/settings/roles/second-factor/", {"roles": ["king"]})
    assert settings_store.get(SECOND_FACTOR_ROLES) == ["supervisor"]
    with pytest.raises(Invalid):
        settings_store.set_value(SECOND_FACTOR_ROLES, ["king"], by=Actor.system())
    assert desk_client(company.vera).post("/settings/roles/second-factor/", {}).status_code in {302, 404}
    assert settings_store.get(SECOND_FACTOR_ROLES) == ["supervisor"]
