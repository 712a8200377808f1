"""Who may set webhooks, by page and by API, and what addresses are refused."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from otklik.accounts import actions as accounts
from otklik.accounts.queries import actor_for
from otklik.core.clock import now
from otklik.core.errors import Conflict, Forbidden, Invalid
from otklik.core.events import Event
from otklik.core.idempotency import IdempotencyKey
from otklik.testing.people import People
from otklik.webhooks import actions
from otklik.webhooks.actions import Wanted
from otklik.webhooks.models import Delivery, Webhook
from otklik.webhooks.tests.receiver import Receiver

WANTED = {"name": "Учёт", "events": ["ticket.closed"]}


def program(user: Any, *scopes: str) -> Client:
    _row, plain = accounts.create_token(user, name="t", scopes=scopes, by=actor_for(user))
    return Client(headers={"authorization": f"Bearer {plain}"})


def send(client: Client, method: str, url: str, body: Any = None, **headers: str) -> Any:
    return client.generic(method, url, json.dumps(body or {}), content_type="application/json", headers=headers)


def test_a_stranger_may_not(company: People, hearer: Receiver) -> None:
    made, _secret = actions.add_webhook(Wanted("А", hearer.url, ["ticket.opened"]), by=company.actor(company.admin))
    for user in (company.anna, company.vera):
        by = company.actor(user)
        for act in (
            lambda by=by: actions.add_webhook(Wanted("Б", hearer.url, ["ticket.opened"]), by=by),
            lambda by=by: actions.change_webhook(made, Wanted("Б", hearer.url, ["ticket.opened"]), by=by),
            lambda by=by: actions.new_secret(made, by=by),
            lambda by=by: actions.remove_webhook(made, by=by),
            lambda by=by: actions.send_test(made, by=by),
        ):
            with pytest.raises(Forbidden):
                act()
    assert (Webhook.objects.get().name, Delivery.objects.count()) == ("А", 0)


@pytest.mark.parametrize(
    "url",
    ["http://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest", "http://2130706433/", "file:///etc/passwd",
     "ftp://example.org/", "https://user:pass@example.org/", "http://localhost:0/", "", "http://127.1/"],
)  # fmt: skip
def test_addresses_that_are_refused(company: People, url: str) -> None:
    with pytest.raises(Invalid) as error:
        actions.add_webhook(Wanted("А", url, ["ticket.opened"]), by=company.actor(company.admin))
    assert (error.value.field or error.value.errors[0][0], Webhook.objects.count()) == ("url", 0)


def test_the_secret_is_sealed_and_shown_once(company: People, hearer: Receiver) -> None:
    admin = company.actor(company.admin)
    made, secret = actions.add_webhook(Wanted("А", hearer.url, ["ticket.opened"]), by=admin)
    assert secret.startswith("whsec_")
    assert secret not in made.secret
    assert secret not in str(list(Event.objects.values("data")))
    assert "key=1" not in str(list(Event.objects.values("data")))
    assert actions.new_secret(made, by=admin) != secret


def test_two_administrators_and_equal_values(company: People, hearer: Receiver) -> None:
    admin = company.actor(company.admin)
    made, _secret = actions.add_webhook(Wanted("А", hearer.url, ["ticket.opened"]), by=admin)
    before = Event.objects.count()
    actions.change_webhook(made, Wanted("А", hearer.url, ["ticket.opened"]), version=1, by=admin)
    assert Event.objects.count() == before
    actions.change_webhook(made, Wanted("Б", hearer.url, ["ticket.opened"]), version=1, by=admin)
    with pytest.raises(Conflict):
        actions.change_webhook(made, Wanted("В", hearer.url, ["ticket.opened"]), version=1, by=admin)


def test_removing_twice_and_bringing_back(company: People, hearer: Receiver) -> None:
    admin = company.actor(company.admin)
    made, _secret = actions.add_webhook(Wanted("А", hearer.url, ["ticket.opened"]), by=admin)
    assert [actions.remove_webhook(made, by=admin) for _ in range(2)] == [True, False]
    assert [actions.restore_webhook(made, by=admin) for _ in range(2)] == [True, False]


def test_the_pages(company: People, hearer: Receiver) -> None:
    client = Client()
    client.force_login(company.admin)
    assert "Пока нет ни одного вебхука" in client.get("/settings/webhooks/").content.decode()
    values = {"name": "Учёт", "url": hearer.url, "events": ["ticket.opened", "ticket.closed"], "enabled": "on"}
    assert client.post("/settings/webhooks/new/", values | {"evil": "1"}).status_code == 422
    bad = client.post("/settings/webhooks/new/", values | {"url": "http://10.0.0.1/"})
    assert (bad.status_code, "внутренней сети" in bad.content.decode()) == (422, True)
    page = client.post("/settings/webhooks/new/", values)
    assert "whsec_" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    made = Webhook.objects.get()
    url = f"/settings/webhooks/{made.pk}/"
    assert "whsec_" not in client.get(url).content.decode()
    assert client.post(f"{url}test/").status_code == 302
    assert "webhook.test" in client.get(url).content.decode()
    delivery = Delivery.objects.get()
    assert client.post(f"{url}{delivery.pk}/again/").status_code == 302
    assert client.post(f"{url}{delivery.pk}/again/", {"x": "1"}).status_code == 422
    assert client.post(url, values | {"version": "1", "name": "Склад"}).status_code == 302
    assert client.post(url, values | {"version": "1"}).status_code == 409
    assert client.post(f"{url}removal/").status_code == 302
    assert client.get(url).status_code == 404
    assert "Вернуть" in client.get("/settings/webhooks/").content.decode()
    assert client.post(f"{url}restoration/").status_code == 302
    assert client.get(url).status_code == 200
    client.force_login(company.vera)
    assert client.get(url).status_code == 404


def test_a_webhook_that_is_off_is_not_tested(company: People, hearer: Receiver) -> None:
    admin = company.actor(company.admin)
    made, _secret = actions.add_webhook(Wanted("А", hearer.url, ["ticket.opened"], enabled=False), by=admin)
    with pytest.raises(Conflict):
        actions.send_test(made, by=admin)
    client = Client()
    client.force_login(company.admin)
    page = client.post(f"/settings/webhooks/{made.pk}/test/", follow=True).content.decode()
    assert "Сначала включите вебхук" in page
    assert send(program(company.admin, "settings:write"), "POST", f"/api/v1/webhooks/{made.pk}/test").status_code == 409
    assert Delivery.objects.count() == 0


def test_the_log_asks_for_itself_only_while_something_is_due(company: People, hearer: Receiver) -> None:
    admin = company.actor(company.admin)
    made, _secret = actions.add_webhook(Wanted("А", hearer.url, ["ticket.opened"]), by=admin)
    client = Client()
    client.force_login(company.admin)
    url = f"/settings/webhooks/{made.pk}/"
    assert "every 1s" not in client.get(url).content.decode()
    actions.send_test(made, by=admin)
    assert "every 1s" in client.get(url).content.decode()
    part = client.get(url, headers={"hx-request": "true"}).content.decode()
    assert ("every 1s" in part, "<html" in part) == (True, False)
    Delivery.objects.update(run_at=now() + timedelta(hours=1))  # tried again later
    assert "every 1s" not in client.get(url).content.decode()


def test_the_api(company: People, hearer: Receiver) -> None:
    client = program(company.admin, "settings:write")
    answer = send(client, "POST", "/api/v1/webhooks", WANTED | {"url": hearer.url})
    made = answer.json()
    assert (answer.status_code, made["secret"][:6], made["events"]) == (201, "whsec_", ["ticket.closed"])
    url = f"/api/v1/webhooks/{made['id']}"
    assert "secret" not in client.get(url).json()
    assert [row["id"] for row in client.get("/api/v1/webhooks").json()["items"]] == [made["id"]]
    assert send(client, "PATCH", url, {"enabled": False}).json()["enabled"] is False
    assert send(client, "PATCH", url, {"name": "Б", "version": 1}).status_code == 409
    assert send(client, "PATCH", url, {"evil": 1}).status_code == 422
    assert send(client, "POST", "/api/v1/webhooks", WANTED | {"url": "http://10.0.0.1/"}).status_code == 422
    assert send(client, "POST", "/api/v1/webhooks", WANTED | {"url": hearer.url, "events": ["x"]}).status_code == 422
    assert send(client, "DELETE", url).status_code == 204
    assert client.get(url).status_code == 404


def test_a_repeated_post_keeps_no_secret(company: People, hearer: Receiver) -> None:
    client = program(company.admin, "settings:write")
    body = WANTED | {"url": hearer.url}
    first = send(client, "POST", "/api/v1/webhooks", body, **{"Idempotency-Key": "k1"}).json()
    second = send(client, "POST", "/api/v1/webhooks", body, **{"Idempotency-Key": "k1"}).json()
    assert (first["id"], second["secret"], Webhook.objects.count()) == (second["id"], None, 1)
    assert first["secret"].encode() not in bytes(IdempotencyKey.objects.get().body or b"")


def test_a_token_without_a_settings_scope_touches_nothing(company: People, hearer: Receiver) -> None:
    made, _secret = actions.add_webhook(Wanted("А", hearer.url, ["ticket.opened"]), by=company.actor(company.admin))
    for client in (program(company.admin, "tickets:write", "contacts:write", "read"), program(company.vera, "write")):
        assert client.get("/api/v1/webhooks").status_code == 403
        assert send(client, "POST", "/api/v1/webhooks", WANTED | {"url": hearer.url}).status_code == 403
        for method in ("GET", "PATCH", "DELETE"):
            assert send(client, method, f"/api/v1/webhooks/{made.pk}", {"name": "Б"}).status_code == 403
    assert Webhook.objects.get().name == "А"
