"""The pure parts: text, actor, errors, registry, secrets, problems, clock."""

import json
from datetime import UTC
from typing import Any

import pytest
from django.utils import translation
from hypothesis import example, given
from hypothesis import strategies as st

from otklik.core import secrets
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Busy, Conflict, DomainError, Forbidden, Invalid, NotFound, TooLarge
from otklik.core.problem import CONTENT_TYPE, problem, problem_of, problem_response
from otklik.core.registry import Registry
from otklik.core.text import normal_address, normal_form, printable, short_token


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Ёлка  И\tель", "елка и ель"), ("СТРАССЕ", "страссе"), ("Straße", "strasse"), ("ﬁn", "fin"),
        ("Е\u0308ж", "еж"),        ("a\x00b\u200bc", "abc"), ("\u202eevil", "evil"), ("  ", ""), ("ИЙ Й", "ий й"),
        ("Ⅷ", "viii"), ("\u00a0x\u2003y\n", "x y"),
    ],
)  # fmt: skip
def test_the_form_of_a_text(text: str, form: str) -> None:
    assert normal_form(text) == form


@given(st.text(max_size=200))
@example("ё" * 50)
@example("\u1fe4\u0345Ё\u0301")
def test_the_form_of_a_form_is_itself(text: str) -> None:
    form = normal_form(text)
    assert normal_form(form) == form
    assert form == form.strip()
    assert "ё" not in form
    assert normal_form(text.upper().lower()) == normal_form(text.lower().upper().lower())


def test_the_form_is_bounded() -> None:
    assert len(normal_form("ﷺ" * 50_000, limit=1000)) <= 1000
    assert len(normal_form("a" * 50_000)) == 10_000


@pytest.mark.parametrize(
    ("address", "form"),
    [
        (" Anna@Example.COM ", "anna@example.com"), ("клара@Берёзка.рф", "клара@xn--80abmip8a9h.xn--p1ai"),
        ("not an address", "not an address"), ("a@b@C.de", "a@b@c.de"), ("x@example.com.", "x@example.com"), ("", ""),
        ("x@пример.рф", "x@xn--e1afmkfd.xn--p1ai"), ("x@" + "я" * 80, "x@" + "я" * 80),
    ],
)  # fmt: skip
def test_the_form_of_an_address(address: str, form: str) -> None:
    assert normal_address(address) == form
    assert normal_address(form) == form


@pytest.mark.parametrize(
    ("text", "shown"),
    [("Витрина №5", "Витрина №5"), ("a\r\nb\tc", "a  b c"), ("x\u202e\x00y\u00a0z", "x  y z"), ("", "")],
)
def test_what_cannot_be_seen_becomes_a_space(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_tokens_are_long_and_never_the_same() -> None:
    tokens = {short_token() for _ in range(200)}
    assert len(tokens) == 200
    assert {len(token) for token in tokens} == {22}


def test_an_actor_is_a_value() -> None:
    anna, system = Actor(kind="user", id=5, name="Анна"), Actor.system()
    assert anna == Actor(kind="user", id=5, name="Анна")
    assert (anna.is_staff, anna.principal) == (True, "user:5")
    assert (system.is_staff, system.is_system, system.principal, system.id) == (False, True, "system:Otklik", None)
    assert Actor(kind="contact", id=5, name="Клара").is_contact
    assert now().tzinfo is UTC


@pytest.mark.parametrize(
    ("error", "status"),
    [(NotFound, 404), (Forbidden, 403), (Conflict, 409), (TooLarge, 413), (Busy, 503), (Invalid, 422)],
)
def test_errors_carry_a_status_and_a_sentence_in_the_readers_language(error: type[DomainError], status: int) -> None:
    assert error.status == status
    with translation.override("en"):
        english = str(error())
    assert english
    assert str(error("Так нельзя.")) == "Так нельзя."
    body = json.loads(problem_response(error()).content)
    assert (body["status"], body["errors"]) == (status, [])
    assert {"type", "title", "status", "detail", "errors"} <= set(body)


def test_invalid_names_its_fields() -> None:
    assert Invalid("x", field="name").errors == [("name", "x")]
    body = problem_of(Invalid("x", errors=[("name", "Пусто."), ("age", "Мало.")]))
    assert body["errors"] == [{"field": "name", "message": "Пусто."}, {"field": "age", "message": "Мало."}]
    assert problem_of(Conflict("x", current={"version": 3}))["current"] == {"version": 3}
    response = problem_response(Busy(retry_after=12.4))
    assert (response["Retry-After"], response["Content-Type"]) == ("12", CONTENT_TYPE)
    assert problem(418)["status"] == 418


def test_a_registry_gives_a_name_once() -> None:
    registry: Registry[Any] = Registry("things")
    first = registry.register("box.one", object())
    assert registry.register("box.one", first) is first
    with pytest.raises(ValueError, match="registered already"):
        registry.register("box.one", object())
    for bad in ("", "Box", "a b", "x" * 81, "é"):
        with pytest.raises(ValueError, match="not a key"):
            registry.register(bad, object())
    with pytest.raises(KeyError, match="things"):
        registry["nothing"]
    assert (registry.get("nothing"), len(registry), registry.keys(), list(registry)) == (None, 1, ["box.one"], [first])
    registry.unregister("box.one")
    assert "box.one" not in registry


def test_secrets_are_sealed_and_open_with_old_keys_too(settings: Any) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "first" * 10, []
    sealed = secrets.seal("пароль")
    assert "пароль" not in sealed
    assert sealed != secrets.seal("пароль")
    assert secrets.unseal(sealed) == "пароль"
    mac = secrets.sign("mail", b"42")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "second" * 10, ["first" * 10]
    assert secrets.unseal(sealed) == "пароль"
    assert secrets.verify("mail", b"42", mac)
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(secrets.SecretUnreadable):
        secrets.unseal(sealed)
    assert not secrets.verify("mail", b"42", mac)
    for damaged in ("", "x", sealed[:-2], "ы"):
        with pytest.raises(secrets.SecretUnreadable):
            secrets.unseal(damaged)


def test_a_signature_belongs_to_its_purpose_and_payload() -> None:
    mac = secrets.sign("mail", b"42")
    assert secrets.verify("mail", b"42", mac)
    assert secrets.verify("mail", b"42", mac[:10])
    assert not secrets.verify("mail", b"42", mac[:7])
    assert not secrets.verify("mail", b"42", mac + b"x")
    assert not secrets.verify("mail", b"43", mac)
    assert not secrets.verify("other", b"42", mac)
    assert not secrets.verify("mail", b"42", b"")
    assert secrets.key_for("mail") == secrets.keys_for("mail")[0]
    assert secrets.key_for("mail") != secrets.key_for("other")
