"""Programs that look after webhooks: the log, tests, secrets, calls made again, what was removed."""

from typing import Any

import time_machine

from otklik.accounts.models import User
from otklik.core.clock import now
from otklik.core.events import Event
from otklik.core.secrets import unseal
from otklik.testing.people import People
from otklik.webhooks import actions
from otklik.webhooks.actions import Wanted
from otklik.webhooks.models import Attempt, Delivery, DeliveryState, Webhook
from otklik.webhooks.tests.receiver import Receiver
from otklik.webhooks.tests.test_settings import program, send


def _hook(company: People, hearer: Receiver) -> Webhook:
    made, _secret = actions.add_webhook(Wanted("А", hearer.url, ["ticket.opened"]), by=company.actor(company.admin))
    return made


def _told(answer: Any) -> tuple[int, Any]:
    return answer.status_code, answer.json() if answer.content else None


def test_the_log_tells_every_attempt(company: People, hearer: Receiver) -> None:
    hook, admin = _hook(company, hearer), program(company.admin)
    path = f"/api/v1/webhooks/{hook.pk}"
    status, test = _told(send(admin, "POST", f"{path}/test", **{"Idempotency-Key": "t"}))
    assert (status, test["ticket"], test["state"]) == (201, None, "queued")
    assert _told(send(admin, "POST", f"{path}/test", **{"Idempotency-Key": "t"})) == (201, test)
    row = Delivery.objects.get()
    Attempt.objects.create(delivery=row, at=now(), status=500, answer="нет", milliseconds=12)
    Delivery.objects.filter(pk=row.pk).update(state=DeliveryState.FAILED, run_at=None, body='{"id": 1}')
    status, log = _told(admin.get(f"{path}/calls"))
    assert (status, log["items"][0]["state"], log["items"][0]["next_at"]) == (200, "failed", None)
    assert log["items"][0]["attempts"][0]["status"] == 500
    assert "body" not in log["items"][0]
    assert admin.get(f"{path}/calls/{row.pk}").json()["body"] == '{"id": 1}'
    status, again = _told(send(admin, "POST", f"{path}/calls/{row.pk}/again"))
    assert (status, again["state"], again["key"]) == (200, "queued", row.key)
    assert admin.get(f"{path}/calls/{2**62}").status_code == 404


def test_a_call_waits_until_the_webhook_is_on_again(company: People, hearer: Receiver) -> None:
    hook, admin = _hook(company, hearer), program(company.admin)
    row = actions.send_test(hook, by=company.actor(company.admin))
    Webhook.objects.filter(pk=hook.pk).update(enabled=False, off_reason="dead", failures=9)
    path = f"/api/v1/webhooks/{hook.pk}"
    assert send(admin, "POST", f"{path}/calls/{row.pk}/again").status_code == 409
    on = send(admin, "PATCH", path, {"enabled": True}).json()
    assert (on["enabled"], on["off_reason"]) == (True, None)
    assert send(admin, "POST", f"{path}/calls/{row.pk}/again").status_code == 200


def test_a_new_secret_is_told_once(company: People, hearer: Receiver) -> None:
    hook, admin = _hook(company, hearer), program(company.admin)
    path = f"/api/v1/webhooks/{hook.pk}/secret"
    first = send(admin, "POST", path, **{"Idempotency-Key": "s"}).json()["secret"]
    assert unseal(Webhook.objects.get().secret) == first
    again = send(admin, "POST", path, **{"Idempotency-Key": "s"})
    assert (again.json()["secret"], again["Idempotent-Replayed"]) == (None, "true")
    assert unseal(Webhook.objects.get().secret) == first
    assert Event.objects.filter(kind="webhook.changed").count() == 1


def test_what_was_removed_comes_back_within_a_day(company: People, hearer: Receiver) -> None:
    hook, admin = _hook(company, hearer), program(company.admin)
    path = f"/api/v1/webhooks/{hook.pk}"
    assert send(admin, "DELETE", path).status_code == 204
    assert admin.get(path).status_code == 404
    assert send(admin, "POST", f"{path}/restoration").status_code == 200
    assert send(admin, "POST", f"{path}/restoration").status_code == 200
    assert admin.get(path).status_code == 200
    assert Event.objects.filter(kind="webhook.restored").count() == 1
    send(admin, "DELETE", path)
    with time_machine.travel(now().timestamp() + 90000, tick=False):
        assert send(admin, "POST", f"{path}/restoration").status_code == 409


def test_strangers_reach_nothing(company: People, hearer: Receiver) -> None:
    hook = _hook(company, hearer)
    row = actions.send_test(hook, by=company.actor(company.admin))
    path = f"/api/v1/webhooks/{hook.pk}"

    def asked(user: User, *scopes: str) -> set[int]:
        client = program(user, *scopes)
        found = {client.get(f"{path}/calls").status_code, client.get(f"{path}/calls/{row.pk}").status_code}
        for rest in ("test", "secret", "restoration", f"calls/{row.pk}/again"):
            found.add(send(client, "POST", f"{path}/{rest}").status_code)
        return found

    for user, scopes in ((company.vera, ()), (company.anna, ()), (company.admin, ("tickets:write",))):
        assert asked(user, *scopes) == {403}
    reader = program(company.admin, "webhooks:read")
    assert reader.get(f"{path}/calls").status_code == 200
    assert send(reader, "POST", f"{path}/secret").status_code == 403
    assert Delivery.objects.count() == 1
