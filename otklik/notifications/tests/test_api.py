"""REST of notifications: one's own with a token's scopes, rules, strangers, bad input."""

import json
from typing import Any

from otklik.accounts.actions import create_token
from otklik.accounts.models import User
from otklik.core.actor import Actor
from otklik.notifications.models import Notification, Wishes
from otklik.notifications.tests.conftest import Told
from otklik.testing.people import People
from otklik.testing.tools import desk_client


def _call(user: User, scope: str) -> Any:
    _row, plain = create_token(user, name="t", scopes=[scope], by=Actor.system())
    client = desk_client(Authorization=f"Bearer {plain}")

    def call(method: str, path: str, body: Any = None) -> tuple[int, Any]:
        data = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        answer = getattr(client, method)(f"/api/v1{path}", **data)
        return answer.status_code, answer.json() if answer.content else None

    return call


def test_own_notifications_are_listed_and_read(company: People, told: Told) -> None:
    first, second = company.ticket(assignee=company.boris), company.ticket(assignee=company.boris)
    told()
    reads, writes, other = (
        _call(company.boris, "read"),
        _call(company.boris, "tickets:write"),
        _call(company.vera, "write"),
    )
    status, page = reads("get", "/notifications?limit=1")
    assert status == 200
    assert page["items"][0]["ticket"]["number"] == second.pk
    assert page["items"][0]["kind"] == "assigned"
    rest = reads("get", f"/notifications?limit=1&cursor={page['next']}")[1]
    assert [row["ticket"]["number"] for row in rest["items"]] == [first.pk]
    assert other("get", "/notifications")[1]["items"] == []
    assert other("post", "/notifications/read", {"ids": [page["items"][0]["id"]]})[1] == {"changed": 0, "unread": 0}
    assert reads("post", "/notifications/read", {"ticket": first.pk})[0] == 403  # a token that only reads
    assert writes("post", "/notifications/read", {"ticket": first.pk})[1] == {"changed": 1, "unread": 1}
    assert writes("post", "/notifications/read", {"until": 2**62})[1] == {"changed": 1, "unread": 0}
    assert reads("get", "/notifications?unread=true")[1]["items"] == []
    for wrong in ({}, {"ids": [1], "until": 1}, {"ids": ["x"]}, {"all": True}):
        assert writes("post", "/notifications/read", wrong)[0] == 422
    assert reads("get", "/notifications?shape=round")[0] == 422
    assert Notification.objects.filter(read_at__isnull=True).count() == 0


def test_true_and_false_are_no_numbers(company: People) -> None:
    call = _call(company.anna, "write")
    for wrong in ({"until": False}, {"ids": [True]}, {"ticket": True}):
        assert call("post", "/notifications/read", wrong)[0] == 422, wrong
    assert call("post", "/notifications/read", {"until": 0})[0] == 200


def test_rules_are_got_and_put(company: People) -> None:
    call = _call(company.boris, "write")
    status, rules = call("get", "/notifications/rules")
    assert (status, rules["new"]["desk"], rules["changes"]["mention"]) == (200, "mine", ["desk", "mail", "push"])
    wanted = {"new": {"mail": "none"}, "changes": {"mention": ["desk"]}, "quiet": True, "quiet_from": "22:30",
              "digest": "day", "version": rules["version"]}  # fmt: skip
    status, changed = call("put", "/notifications/rules", wanted)
    assert (status, changed["changes"]["mention"], changed["quiet_from"], changed["digest"]) == (
        200, ["desk"], "22:30", "day",
    )  # fmt: skip
    assert changed["changes"]["status"] == ["desk"]  # left out: as it was
    status, problem = call("put", "/notifications/rules", wanted)
    assert (status, problem["current"]["version"]) == (409, changed["version"])
    zoned = ({"digest_at": "10:20:14+05:00"}, {"quiet_to": "06:00Z"})
    for wrong in ({"changes": {"what": []}}, {"new": {"desk": "some"}}, {"quiet_from": "late"}, {"more": 1}, *zoned):
        assert call("put", "/notifications/rules", wrong)[0] == 422
    assert call("put", "/notifications/rules", {"digest": "none"})[1]["digest"] is None


def test_rules_of_others_are_for_those_who_manage_people(company: People) -> None:
    path = f"/users/{company.anna.pk}/notification-rules"
    assert _call(company.boris, "write")("put", path, {"quiet": True})[0] == 403
    admin = _call(company.admin, "write")
    assert admin("put", path, {"quiet": True})[1]["quiet"] is True
    assert admin("get", path)[1]["quiet"] is True
    assert admin("get", "/users/999999/notification-rules")[0] == 404
    assert Wishes.objects.get().user == company.anna
