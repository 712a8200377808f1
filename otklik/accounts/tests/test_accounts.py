"""Users, rights, tokens and sessions."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from otklik.accounts import actions, policies
from otklik.accounts.models import ApiToken, User
from otklik.accounts.queries import actor_for, actor_for_token, any_token, visible_to
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict, Forbidden, Invalid
from otklik.core.events import Event
from otklik.testing.people import PASSWORD, People


@pytest.mark.parametrize("permission", sorted(policies.PERMISSIONS))
def test_nobody_and_customers_hold_no_right_of_the_desk(permission: str) -> None:
    assert not policies.can(None, permission)
    assert not policies.can(Actor(kind="contact", id=1, name="Клара"), permission)
    assert policies.can(Actor.system(), permission)


def test_unknown_right_is_a_mistake_of_the_program() -> None:
    with pytest.raises(KeyError):
        policies.can(None, "tickets.teleport")


@pytest.mark.parametrize(
    ("scopes", "permission", "allowed"),
    [
        ({"read"}, "tickets.view", True),
        ({"read"}, "tickets.reply", False),
        ({"write"}, "tickets.reply", True),
        ({"tickets:read"}, "tickets.view", True),
        ({"tickets:read"}, "contacts.view", False),
        ({"tickets:write"}, "tickets.view", True),
        ({"contacts:write"}, "tickets.reply", False),
        (set(), "tickets.view", False),
    ],
)
def test_scopes_limit_a_token(scopes: set[str], permission: str, *, allowed: bool) -> None:
    actor = Actor(kind="user", id=1, name="x", role="admin", scopes=frozenset(scopes))
    assert policies.can(actor, permission) is allowed


def test_only_an_administrator_adds_users(company: People) -> None:
    for user in (company.anna, company.vera, company.observer, company.technician):
        with pytest.raises(Forbidden):
            actions.add_user("x@desk.example", name="X", role="admin", password=None, by=actor_for(user))
    assert actions.add_user("X@Desk.example", name="X", role="agent", password=None, by=actor_for(company.admin)).pk


def test_second_user_with_an_address_is_refused(company: People) -> None:
    before = (User.objects.count(), Event.objects.count())
    with pytest.raises(Conflict):
        actions.add_user("ANNA@desk.example", name="Анна", role="agent", password=None, by=Actor.system())
    assert (User.objects.count(), Event.objects.count()) == before


@pytest.mark.parametrize(
    ("email", "role", "password", "field"),
    [
        ("none", "agent", None, "email"),
        ("a@b.example", "king", None, "role"),
        ("a@b.example", "agent", "1", "password"),
    ],
)
def test_bad_user_names_the_field(company: People, email: str, role: str, password: str | None, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        actions.add_user(email, name="X", role=role, password=password, by=Actor.system())
    assert refused.value.field == field


def test_token_is_kept_as_a_digest_and_limited(company: People) -> None:
    anna = actor_for(company.anna)
    token, plain = actions.create_token(company.anna, name="Учёт", scopes=["tickets:read"], by=anna)
    assert plain not in str(ApiToken.objects.filter(pk=token.pk).values()[0])
    actor = actor_for_token(plain)
    assert actor is not None
    assert (actor.id, actor.scopes) == (company.anna.pk, frozenset({"tickets:read"}))
    assert all(plain not in str(event.data) for event in Event.objects.all())


def test_token_that_is_no_token_finds_nobody(company: People) -> None:
    token, plain = actions.create_token(company.anna, name="x", scopes=[], by=actor_for(company.anna))
    for wrong in ("", "otk_", plain[:-1], plain + "x", plain.upper(), token.digest, "ключ", "otk_" + "я" * 10):
        assert actor_for_token(wrong) is None


@pytest.mark.django_db(transaction=True)
def test_revoked_expired_and_blocked_tokens_die(company: People) -> None:
    anna = actor_for(company.anna)
    assert not any_token()
    token, plain = actions.create_token(company.anna, name="x", scopes=[], by=anna)
    assert actor_for_token(plain) is not None
    assert any_token()
    assert actions.revoke_token(token, by=anna)
    assert not actions.revoke_token(token, by=anna)
    assert actor_for_token(plain) is None
    assert not any_token()
    _, short = actions.create_token(company.anna, name="y", scopes=[], by=anna, expires_at=now() - timedelta(seconds=1))
    assert actor_for_token(short) is None
    _, third = actions.create_token(company.anna, name="z", scopes=[], by=anna)
    User.objects.filter(pk=company.anna.pk).update(is_active=False)
    assert actor_for_token(third) is None
    assert not any_token()


def test_blocked_user_with_a_token_in_use_is_out_within_seconds(company: People) -> None:
    _, plain = actions.create_token(company.anna, name="x", scopes=[], by=actor_for(company.anna))
    assert actor_for_token(plain) is not None
    User.objects.filter(pk=company.anna.pk).update(is_active=False)
    with time_machine.travel(now() + timedelta(seconds=6)):
        assert actor_for_token(plain) is None


def test_nobody_makes_tokens_for_others_or_with_a_token(company: People) -> None:
    for by in (actor_for(company.boris), actor_for(company.anna, scopes=frozenset({"write"}))):
        with pytest.raises(Forbidden):
            actions.create_token(company.anna, name="x", scopes=[], by=by)
    with pytest.raises(Invalid):
        actions.create_token(company.anna, name="x", scopes=["root"], by=actor_for(company.anna))


def test_profile_is_changed_by_its_owner_only(company: People) -> None:
    values = {"name": "Анна Л.", "language": "en", "theme": "dark", "time_zone": "Asia/Omsk", "signature": "А. Л."}
    with pytest.raises(Forbidden):
        actions.change_profile(company.anna, by=actor_for(company.boris), **values)
    assert set(actions.change_profile(company.anna, by=actor_for(company.anna), **values)) == set(values)
    assert actions.change_profile(company.anna, by=actor_for(company.anna), **values) == []
    with pytest.raises(Invalid) as refused:
        actions.change_profile(company.anna, by=actor_for(company.anna), **values | {"time_zone": "Moon/Crater"})
    assert refused.value.errors[0][0] == "time_zone"


def test_colleagues_are_seen_by_staff_only(company: People) -> None:
    assert visible_to(actor_for(company.anna)).count() == 6
    assert not visible_to(company.contact_actor(company.clara)).exists()
    assert not visible_to(None).exists()


def _sign_in(client: Client, password: str = PASSWORD) -> int:
    return client.post("/accounts/login/", {"login": "anna@desk.example", "password": password}).status_code


def test_sign_in_changes_the_session(company: People, client: Client) -> None:
    client.get("/accounts/login/")
    before = client.session.session_key
    assert _sign_in(client) == 302
    assert client.session.session_key != before
    assert client.get("/profile/").status_code == 200


def test_new_password_ends_other_sessions(company: People, client: Client) -> None:
    other = Client()
    assert _sign_in(client) == _sign_in(other) == 302
    new = "another long secret 2"
    answer = client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert answer.status_code == 302
    assert other.get("/profile/").status_code == 302
    assert _sign_in(Client(), PASSWORD) == 200
    assert _sign_in(Client(), new) == 302


def test_blocked_user_is_out_at_once(company: People, client: Client) -> None:
    _sign_in(client)
    User.objects.filter(pk=company.anna.pk).update(is_active=False)
    assert client.get("/profile/").status_code == 302
    again = Client()
    _sign_in(again)
    assert again.get("/profile/").status_code == 302


@pytest.mark.parametrize("target", ["//evil.example", "https:evil.example", "https://evil.example/", "/\\evil.example"])
def test_next_stays_here(company: People, client: Client, target: str) -> None:
    answer = client.post("/accounts/login/", {"login": "anna@desk.example", "password": PASSWORD, "next": target})
    assert answer["Location"] == "/"


def test_nobody_signs_up(client: Client, db: None) -> None:
    assert client.get("/accounts/signup/").status_code == 404


def test_team_is_made_once(company: People) -> None:
    first = actions.ensure_team("  Мастерская ", by=Actor.system())
    assert actions.ensure_team("Мастерская", by=Actor.system()) == first
    assert Event.objects.filter(kind="team.added").count() == 1
    with pytest.raises(Forbidden):
        actions.ensure_team("Чужая", by=actor_for(company.anna))
