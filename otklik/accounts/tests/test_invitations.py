"""Invitations: the link works once, for seven days, and leaves as a delivery."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from otklik.accounts import actions
from otklik.accounts.models import User
from otklik.accounts.queries import actor_for
from otklik.channels.email.models import Outgoing
from otklik.core.clock import now
from otklik.core.errors import Conflict, Forbidden
from otklik.testing.people import People
from otklik.testing.tools import desk_client

NEW = "another long secret 2"


@pytest.fixture(autouse=True)
def _own_mail(db: None, settings: Any) -> None:
    settings.MAILERS = {"default": {"BACKEND": "otklik.channels.email.backend.DeliveryBackend"}}


def _invited(company: People) -> tuple[User, str]:
    """Return an invited person and the path of the link in his mail."""
    admin = actor_for(company.admin)
    user = actions.add_user("petr@desk.example", name="Пётр", role="agent", password=None, by=admin)
    actions.invite(user, by=admin, base="https://desk.example")
    return user, _link()


def _link() -> str:
    text = Outgoing.objects.latest("pk").text
    link = next(word for word in text.split() if "/accounts/invitation/" in word)
    assert link.startswith("https://desk.example/")
    return link.removeprefix("https://desk.example")


def _use(path: str, password: str = NEW, again: str | None = None) -> int:
    values = {"password1": password, "password2": password if again is None else again}
    return Client().post(path, values).status_code


def test_the_link_sets_a_password_once_and_signs_in(company: People) -> None:
    user, path = _invited(company)
    browser = Client()
    assert "Пётр" in browser.get(path).content.decode()
    assert browser.post(path, {"password1": NEW, "password2": NEW}).status_code == 302
    assert browser.get("/profile/").status_code == 200
    assert User.objects.get(pk=user.pk).invited_at is None
    assert Client().get(path).status_code == 404
    assert _use(path, "a third secret, longer") == 404
    with pytest.raises(Conflict):
        actions.invite(user, by=actor_for(company.admin), base="")


def test_weak_or_unequal_passwords_are_refused(company: People) -> None:
    _user, path = _invited(company)
    assert _use(path, "123") == 422
    assert _use(path, NEW, "other") == 422
    assert Client().post(path, {"password1": NEW, "password2": NEW, "role": "admin"}).status_code == 422
    assert _use(path) == 302


def test_a_link_ends_after_seven_days(company: People) -> None:
    _user, path = _invited(company)
    made = now()
    with time_machine.travel((made + timedelta(days=7, seconds=5)).timestamp(), tick=False):
        assert _use(path) == 404
    with time_machine.travel((made + timedelta(days=6, hours=23)).timestamp(), tick=False):
        assert _use(path) == 302


def test_a_newer_link_a_block_or_a_forged_one_ends_it(company: People) -> None:
    user, first = _invited(company)
    client = desk_client(company.admin)
    client.post(f"/settings/people/{user.pk}/invitation/")
    assert _use(first) == 404
    second = next(w for w in Outgoing.objects.latest("pk").text.split() if "/invitation/" in w).split("testserver")[1]
    assert Client().get(second).status_code == 200
    assert _use(second[:-3] + "xx/") == 404
    actions.block_user(user, by=actor_for(company.admin))
    assert _use(second) == 404


def test_the_page_of_the_person_shows_a_link_to_hand_over(company: People) -> None:
    user, _path = _invited(company)
    page = desk_client(company.admin).get(f"/settings/people/{user.pk}/").content.decode()
    start = page.index("/accounts/invitation/")
    assert _use(page[start : page.index('"', start)]) == 302


def test_only_who_manages_people_invites(company: People) -> None:
    user, _path = _invited(company)
    with pytest.raises(Forbidden):
        actions.invite(user, by=actor_for(company.vera), base="")
    with pytest.raises(Conflict):
        actions.invite(company.anna, by=actor_for(company.admin), base="")
