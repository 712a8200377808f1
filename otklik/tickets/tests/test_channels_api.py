"""Programs that keep the directory of channels entered by hand."""

import json
from typing import Any

from django.test import Client

from otklik.accounts import actions as accounts
from otklik.accounts.models import User
from otklik.accounts.queries import actor_for
from otklik.core.events import Event
from otklik.testing.people import People
from otklik.tickets.models import Channel


def program(user: User, *scopes: str) -> Client:
    _row, plain = accounts.create_token(user, name="t", scopes=scopes, by=actor_for(user))
    return Client(headers={"authorization": f"Bearer {plain}"})


def send(client: Client, method: str, path: str, body: Any, **headers: str) -> tuple[int, Any]:
    answer = client.generic(method, f"/api/v1/{path}", json.dumps(body), "application/json", headers=headers)
    return answer.status_code, answer.json()


def test_a_channel_is_added_once_and_changed(company: People) -> None:
    admin, wanted = program(company.admin), {"kind": "call", "name": "Вторая линия", "team": company.desk.pk}
    status, made = send(admin, "POST", "channels", wanted, **{"Idempotency-Key": "c"})
    assert (status, made["team"], made["enabled"], made["address"]) == (201, company.desk.pk, True, None)
    assert send(admin, "POST", "channels", wanted, **{"Idempotency-Key": "c"}) == (201, made)
    path = f"channels/{made['id']}"
    status, changed = send(admin, "PATCH", path, {"enabled": False, "team": None})
    assert (status, changed["enabled"], changed["team"], changed["name"]) == (200, False, None, "Вторая линия")
    before = Event.objects.count()
    assert send(admin, "PATCH", path, {"enabled": False}) == (200, changed)
    assert Event.objects.count() == before
    for wrong in ({"kind": "email"}, {"name": " "}, {"team": 10**9}, {"wings": 1}):
        assert send(admin, "POST", "channels", wanted | wrong)[0] == 422


def test_strangers_and_other_kinds_are_refused(company: People) -> None:
    wanted = {"kind": "visit", "name": "Х"}
    for client in (program(company.vera), program(company.anna), program(company.admin, "settings:read")):
        assert send(client, "POST", "channels", wanted)[0] == 403
        assert send(client, "PATCH", f"channels/{company.mailbox.pk}", {"enabled": False})[0] == 403
    assert send(program(company.admin), "PATCH", f"channels/{company.mailbox.pk}", {"enabled": False})[0] == 404
    assert Channel.objects.get(pk=company.mailbox.pk).enabled
