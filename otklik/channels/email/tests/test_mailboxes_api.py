"""Programs that set up mailboxes: secrets go in and never come out, and nothing is lost by what is left out."""

import json
from typing import Any

import pytest
from django.test import Client

from otklik.accounts import actions as accounts
from otklik.accounts.models import User
from otklik.accounts.queries import actor_for
from otklik.channels.email import api_mailboxes, mailbox
from otklik.channels.email.probe.report import BAD, Report, Step
from otklik.channels.models import Connection
from otklik.core.events import Event
from otklik.testing.people import People
from otklik.tickets.models import Channel

WORD = "очень тайное"
WANTED = {
    "address": "help@desk.example", "name": "Помощь", "way_in": "imap", "imap_host": "imap.desk.example",
    "imap_user": "help", "imap_password": WORD, "trusted_authserv": ["mx.desk.example"],
}  # fmt: skip


def program(user: User, *scopes: str) -> Client:
    _row, plain = accounts.create_token(user, name="t", scopes=scopes, by=actor_for(user))
    return Client(headers={"authorization": f"Bearer {plain}"})


def send(client: Client, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    answer = client.generic(method, f"/api/v1/{path}", json.dumps(body or {}), "application/json", headers=headers)
    assert WORD not in answer.content.decode()
    return answer.status_code, answer.json()


def _password(number: int) -> str:
    settings = mailbox.read(Connection.objects.get(channel_id=number))
    return settings.imap.password if settings.imap else ""


def test_a_mailbox_is_added_once_and_waits_for_its_test(company: People) -> None:
    admin = program(company.admin)
    status, made = send(admin, "POST", "mailboxes", WANTED, **{"Idempotency-Key": "m"})
    assert (status, made["enabled"], made["imap_kept"], made["imap_port"]) == (201, False, True, 993)
    assert (made["way_out"], made["trusted_authserv"], made["language"]) == ("common", ["mx.desk.example"], "ru")
    assert send(admin, "POST", "mailboxes", WANTED, **{"Idempotency-Key": "m"}) == (201, made)
    assert send(admin, "POST", "mailboxes", WANTED)[0] == 409
    assert _password(made["id"]) == WORD
    own = send(admin, "POST", "mailboxes", {"address": "own@desk.example", "provider": "receiver"})[1]
    assert (own["enabled"], own["way_in"]) == (True, "smtp")
    assert {row["address"] for row in admin.get("/api/v1/mailboxes").json()["items"]} >= {"help@desk.example"}


def test_what_is_left_out_stays(company: People) -> None:
    admin = program(company.admin)
    made = send(admin, "POST", "mailboxes", WANTED)[1]
    path = f"mailboxes/{made['id']}"
    status, changed = send(admin, "PATCH", path, {"folder": "Заявки", "team": company.desk.pk, "version": 1})
    assert (status, changed["folder"], changed["team"], changed["imap_user"]) == (
        200,
        "Заявки",
        company.desk.pk,
        "help",
    )
    assert _password(made["id"]) == WORD
    before = Event.objects.count()
    assert send(admin, "PATCH", path, {"folder": "Заявки"})[0] == 200
    assert Event.objects.count() == before
    status, late = send(admin, "PATCH", path, {"folder": "Иное", "version": 1})
    assert (status, late["current"]["folder"]) == (409, "Заявки")
    assert send(admin, "PATCH", path, {"imap_password": "другое"})[0] == 200
    assert _password(made["id"]) == "другое"
    for wrong, field in (
        ({"imap_port": 0}, "imap_port"),
        ({"after_import": "move"}, "move_to"),
        ({"wings": 1}, "wings"),
    ):
        status, refused = send(admin, "PATCH", path, wrong)
        assert (status, refused["errors"][0]["field"]) == (422, field)


def test_a_test_tells_what_happened(company: People, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = program(company.admin)
    made = send(admin, "POST", "mailboxes", WANTED)[1]
    found = Report([Step("imap", "found", facts={"host": "imap.desk.example"}), Step("imap", "password", BAD)])
    monkeypatch.setattr(api_mailboxes, "probe_mailbox", lambda *_facts: found)
    status, told = send(admin, "POST", f"mailboxes/{made['id']}/test")
    assert (status, told["ok"], [step["state"] for step in told["steps"]]) == (200, False, ["ok", "bad"])
    assert "пароль" in told["steps"][1]["title"]
    found = Report([Step("imap", "signed_in"), Step("smtp", "sends")])
    assert send(admin, "POST", f"mailboxes/{made['id']}/test")[1]["ok"] is True
    assert send(admin, "GET", f"mailboxes/{made['id']}")[1]["enabled"] is True


def test_strangers_reach_no_mailbox(company: People) -> None:
    path = f"mailboxes/{company.mailbox.pk}"
    for client in (program(company.vera), program(company.anna), program(company.admin, "settings:read", "mail:write")):
        for method, where in (("GET", "mailboxes"), ("GET", path), ("PATCH", path), ("POST", f"{path}/test")):
            assert send(client, method, where)[0] == 403
        assert send(client, "POST", "mailboxes", WANTED)[0] == 403
    assert send(program(company.admin), "GET", "mailboxes/999999")[0] == 404
    assert Channel.objects.filter(kind="email").count() == 1


def test_a_program_sets_the_directory_at_microsoft(company: People) -> None:
    admin = program(company.admin)
    wanted = {"address": "office@desk.example", "name": "Офис", "way_in": "imap", "imap_host": "outlook.office365.com",
              "imap_user": "office@desk.example", "auth": "oauth2", "oauth_provider": "microsoft",
              "oauth_client_id": "client", "oauth_tenant": "contoso.onmicrosoft.com"}  # fmt: skip
    status, made = send(admin, "POST", "mailboxes", wanted)
    assert (status, made["oauth_tenant"]) == (201, "contoso.onmicrosoft.com")
    path = f"mailboxes/{made['id']}"
    assert send(admin, "PATCH", path, {"folder": "Заявки"})[1]["oauth_tenant"] == "contoso.onmicrosoft.com"
    status, told = send(admin, "PATCH", path, {"oauth_tenant": "a/b"})
    assert (status, "oauth_tenant" in json.dumps(told)) == (422, True)
    assert send(admin, "PATCH", path, {"oauth_tenant": ""})[1]["oauth_tenant"] == ""
    assert send(program(company.vera), "PATCH", path, {"oauth_tenant": "x"})[0] in {403, 404}
