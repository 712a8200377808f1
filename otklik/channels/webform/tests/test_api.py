"""Programs that set up web forms: what they may, what is refused, and two that change one at once."""

import json
from typing import Any

from django.test import Client

from otklik.accounts import actions as accounts
from otklik.accounts.models import User
from otklik.accounts.queries import actor_for
from otklik.channels.webform.models import WebForm
from otklik.core.events import Event
from otklik.testing.people import People

WANTED = {"name": "Сайт", "key": "site", "phone": "required", "intro": "Опишите поломку."}


def program(user: User, *scopes: str) -> Client:
    _row, plain = accounts.create_token(user, name="t", scopes=scopes, by=actor_for(user))
    return Client(headers={"authorization": f"Bearer {plain}"})


def send(client: Client, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    answer = client.generic(method, f"/api/v1/{path}", json.dumps(body or {}), "application/json", headers=headers)
    return answer.status_code, answer.json()


def test_a_form_is_added_once_and_changed(company: People) -> None:
    admin = program(company.admin)
    status, made = send(admin, "POST", "forms", WANTED | {"team": company.desk.pk}, **{"Idempotency-Key": "f"})
    assert (status, made["phone"], made["email"], made["enabled"]) == (201, "required", "optional", True)
    assert (made["url"].endswith("/portal/f/site/"), made["language"], made["team"]) == (True, "ru", company.desk.pk)
    assert send(admin, "POST", "forms", WANTED | {"team": company.desk.pk}, **{"Idempotency-Key": "f"}) == (201, made)
    assert send(admin, "POST", "forms", WANTED)[0] == 409
    path = f"forms/{made['id']}"
    status, changed = send(admin, "PATCH", path, {"thanks": "Спасибо!", "team": None, "version": made["version"]})
    assert (status, changed["thanks"], changed["team"], changed["intro"]) == (200, "Спасибо!", None, WANTED["intro"])
    status, late = send(admin, "PATCH", path, {"thanks": "Другое", "version": made["version"]})
    assert (status, late["current"]["thanks"]) == (409, "Спасибо!")
    before = Event.objects.count()
    assert send(admin, "PATCH", path, {"thanks": "Спасибо!"})[0] == 200
    assert Event.objects.count() == before
    assert Client().get("/portal/f/site/").status_code == 200
    assert send(admin, "PATCH", path, {"enabled": False})[1]["enabled"] is False
    assert Client().get("/portal/f/site/").status_code == 404
    assert admin.get("/api/v1/forms").json()["items"][0]["key"] == "site"


def test_what_cannot_be_used_names_the_field(company: People) -> None:
    admin = program(company.admin)
    for wrong, field in (
        ({"key": "Плохой ключ"}, "key"), ({"email": "off", "phone": "off"}, "email"), ({"name": " "}, "name"),
        ({"team": 10**9}, "team"), ({"phone": "maybe"}, "phone"), ({"wings": 1}, "wings"),
    ):  # fmt: skip
        status, refused = send(admin, "POST", "forms", WANTED | wrong)
        assert (status, refused["errors"][0]["field"]) == (422, field)
    assert not WebForm.objects.exists()


def test_strangers_see_no_forms(company: People) -> None:
    form = send(program(company.admin), "POST", "forms", WANTED)[1]
    for client in (program(company.vera), program(company.anna), program(company.admin, "settings:read")):
        assert client.get("/api/v1/forms").status_code == 403
        assert send(client, "POST", "forms", WANTED | {"key": "b"})[0] == 403
        assert send(client, "PATCH", f"forms/{form['id']}", {"enabled": False})[0] == 403
    assert send(program(company.admin), "PATCH", "forms/999999", {"enabled": False})[0] == 404
    assert WebForm.objects.count() == 1
