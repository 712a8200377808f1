"""Programs that administer: business settings, the change log, the state of the installation."""

import json
from typing import Any

from django.test import Client

from otklik.accounts import actions as accounts
from otklik.accounts.models import User
from otklik.accounts.queries import actor_for
from otklik.core import settings_store
from otklik.core.events import Event
from otklik.core.settings_store import set_value
from otklik.testing.people import People


def program(user: User, *scopes: str) -> Client:
    _row, plain = accounts.create_token(user, name="t", scopes=scopes, by=actor_for(user))
    return Client(headers={"authorization": f"Bearer {plain}"})


def change(client: Client, values: dict[str, Any]) -> tuple[int, Any]:
    body = json.dumps({"values": values})
    answer = client.generic("PATCH", "/api/v1/settings", body, "application/json")
    return answer.status_code, answer.json()


def test_settings_are_read_and_secrets_are_not(company: People) -> None:
    set_value("provider_secret", "unter uns", by=actor_for(company.admin))
    vera = program(company.vera, "settings:read")
    listed = vera.get("/api/v1/settings", {"limit": 200})
    assert listed.status_code == 200
    assert "unter uns" not in listed.content.decode()
    rows = {row["key"]: row for row in listed.json()["items"]}
    assert rows.keys() == {setting.key for setting in settings_store.declared}
    secret = rows["provider_secret"]
    assert (secret["value"], secret["is_secret"], secret["is_set"]) == (None, True, True)
    one = vera.get("/api/v1/settings/close_after_days").json()
    assert (one["kind"], one["value"], one["is_default"]) == ("int", 14, True)
    assert {choice["value"] for choice in rows["agents_see"]["choices"]} == {"all", "teams"}
    assert vera.get("/api/v1/settings/none").status_code == 404
    assert len(vera.get("/api/v1/settings", {"limit": 3}).json()["items"]) == 3


def test_settings_change_all_or_none(company: People) -> None:
    admin = program(company.admin, "settings:write")
    status, changed = change(admin, {"close_after_days": 7, "company_name": "Полюс", "absence_reasons": ["А = B"]})
    assert (status, [row["value"] for row in changed["items"]]) == (200, [7, "Полюс", ["А = B"]])
    assert Event.objects.filter(kind="setting.changed").count() == 3
    assert change(admin, {"close_after_days": 7})[0] == 200
    assert Event.objects.filter(kind="setting.changed").count() == 3
    status, refused = change(admin, {"close_after_days": 8, "agents_see": "none", "desk_time_zone": "Mars", "wings": 2})
    assert (status, {row["field"] for row in refused["errors"]}) == (422, {"agents_see", "desk_time_zone", "wings"})
    assert settings_store.get("close_after_days") == 7
    assert change(admin, {"close_after_days": None})[1]["items"][0]["value"] == 14
    assert change(admin, {"close_after_days": {"a": 1}})[0] == 422


def test_only_those_with_the_right_change_or_see(company: People) -> None:
    for client in (program(company.vera), program(company.admin, "settings:read"), program(company.anna)):
        assert change(client, {"close_after_days": 7})[0] == 403
    for client in (program(company.anna), program(company.observer), program(company.admin, "tickets:write")):
        for path in ("settings", "settings/close_after_days", "change-log", "system"):
            assert client.get(f"/api/v1/{path}").status_code == 403, path
    assert settings_store.get("close_after_days") == 14


def test_the_change_log(company: People) -> None:
    admin = program(company.admin)
    for days in (7, 8, 9):
        change(admin, {"close_after_days": days})
    first = admin.get("/api/v1/change-log", {"limit": 2, "area": "settings"}).json()
    assert [row["changes"][0]["new"] for row in first["items"]] == ["9", "8"]
    assert (first["items"][0]["by"]["id"], first["items"][0]["event"]) == (company.admin.pk, "setting.changed")
    rest = admin.get("/api/v1/change-log", {"limit": 2, "area": "settings", "cursor": first["next"]}).json()
    assert ([row["changes"][0]["old"] for row in rest["items"]], rest["next"]) == (["14"], None)
    assert admin.get("/api/v1/change-log", {"who": company.vera.pk}).json()["items"] == []
    assert admin.get("/api/v1/change-log", {"area": "wings"}).status_code == 422


def test_the_state_of_the_installation(company: People) -> None:
    answer = program(company.vera, "read").get("/api/v1/system")
    assert answer.status_code == 200
    told = answer.json()
    assert told["level"] in {"ok", "warning", "error"}
    assert all(found["text"] for found in told["findings"])
    assert {queue["late"] for queue in told["queues"]} <= {True, False}
