"""Programs that bring people from a file, export all data of a person and erase it: rights, repeats, races."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from otklik.accounts import actions as accounts
from otklik.accounts.models import User
from otklik.accounts.queries import actor_for
from otklik.contacts.models import Contact, ContactImport, DataExport, Erasure
from otklik.core.jobs import run_due_jobs
from otklik.testing.people import People

FILE = (
    "Имя;Почта;Телефон\nНина Новая;nina@new.example;\nКлара Лисова;clara@berezka.example;\nБез почты;;8 812 555-00-07\n"
)


def program(user: User, *scopes: str) -> Client:
    _row, plain = accounts.create_token(user, name="t", scopes=scopes, by=actor_for(user))
    return Client(headers={"authorization": f"Bearer {plain}"})


def send(client: Client, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    data = "" if body is None else json.dumps(body)
    answer = client.generic(method, f"/api/v1/{path}", data, "application/json", headers=headers)
    return answer.status_code, json.loads(answer.content) if answer.content else None


def bring(client: Client, text: str = FILE, **headers: str) -> Any:
    return client.post("/api/v1/imports", {"file": SimpleUploadedFile("люди.csv", text.encode())}, headers=headers)


def test_from_the_file_to_the_refused_lines(company: People) -> None:
    anna = program(company.anna, "contacts:write")
    made = bring(anna).json()
    assert (made["state"], made["preview"], made["columns"]) == ("looking", None, {"name": 0, "email": 1, "phone": 2})
    path = f"imports/{made['id']}"
    assert send(anna, "POST", f"{path}/start")[0] == 409
    run_due_jobs(10, "test")
    status, looked = send(anna, "GET", path)
    assert (status, looked["state"]) == (200, "draft")
    assert looked["preview"] == {"added": 1, "changed": 1, "same": 0, "refused": 1}
    status, lines = send(anna, "GET", f"{path}/lines?outcome=changed")
    assert lines["items"][0]["changes"] == [{"field": "name", "old": "Клара Миронова", "new": "Клара Лисова"}]
    assert (lines["items"][0]["line"], lines["items"][0]["cells"][1]) == (3, "clara@berezka.example")
    assert send(anna, "PATCH", path, {"columns": {"name": 0, "phone": 2}, "key": "phone"})[1]["state"] == "looking"
    assert send(anna, "PATCH", path, {"columns": {"name": 0}, "key": "phone"})[0] == 422
    assert send(anna, "PATCH", path, {"columns": {"shoe": 0}, "key": "phone"})[0] == 422
    run_due_jobs(10, "test")
    assert send(anna, "GET", path)[1]["preview"] == {"added": 1, "changed": 0, "same": 0, "refused": 2}
    assert not Contact.objects.filter(name="Без почты").exists()
    assert send(anna, "POST", f"{path}/start")[1]["state"] == "running"
    assert send(anna, "POST", f"{path}/start")[0] == 409
    assert send(anna, "DELETE", path)[0] == 409
    run_due_jobs(10, "test")
    done = send(anna, "GET", path)[1]
    assert (done["state"], done["result"]) == ("done", {"added": 1, "changed": 0, "same": 0, "refused": 2})
    file = anna.get(f"/api/v1/{path}/refused").content.decode("utf-8-sig")
    assert "Нина Новая;nina@new.example;;2;" in file


def test_a_repeat_brings_one_file_and_no_table_is_told(company: People) -> None:
    anna = program(company.anna)
    first, again = bring(anna, **{"Idempotency-Key": "a"}), bring(anna, **{"Idempotency-Key": "a"})
    assert (first.status_code, again.json()["id"]) == (201, first.json()["id"])
    assert again["Idempotent-Replayed"] == "true"
    assert bring(anna, FILE + "x;y;z\n", **{"Idempotency-Key": "a"}).status_code in {409, 422}
    assert ContactImport.objects.count() == 1
    assert bring(anna, "").status_code == 422
    assert send(anna, "DELETE", f"imports/{first.json()['id']}")[0] == 204
    assert send(anna, "GET", f"imports/{first.json()['id']}")[0] == 404


def test_strangers_bring_and_see_nothing(company: People) -> None:
    made = bring(program(company.anna)).json()
    for client in (program(company.technician), program(company.observer), program(company.anna, "contacts:read")):
        assert bring(client).status_code == 403
        for method, rest in (("GET", ""), ("POST", "/start"), ("DELETE", ""), ("GET", "/lines"), ("GET", "/refused")):
            assert send(client, method, f"imports/{made['id']}{rest}")[0] == 403
        assert send(client, "GET", "imports")[0] == 403
    assert ContactImport.objects.count() == 1


def test_all_data_as_a_file(company: People) -> None:
    vera, path = program(company.vera), f"contacts/{company.clara.pk}/export"
    assert send(vera, "GET", path)[0] == 404
    status, made = send(vera, "POST", path)
    assert (status, made["ready_at"]) == (201, None)
    assert send(vera, "POST", path)[1]["id"] == made["id"]
    assert send(vera, "GET", f"{path}/file")[0] == 404
    run_due_jobs(10, "test")
    assert send(vera, "GET", path)[1]["ready_at"] is not None
    answer: Any = vera.get(f"/api/v1/{path}/file")
    assert b"".join(answer.streaming_content)[:2] == b"PK"
    for client in (program(company.anna), program(company.vera, "read"), program(company.vera, "contacts:read")):
        assert send(client, "POST", path)[0] == 403
        assert send(client, "GET", f"{path}/file")[0] == 403
    assert DataExport.objects.count() == 1


def test_erasure_asks_for_the_name(company: People) -> None:
    vera, path = program(company.vera), f"contacts/{company.clara.pk}/erasure"
    assert send(program(company.anna), "POST", path, {"name": "Клара Миронова"})[0] == 403
    assert send(vera, "POST", path, {"name": "Клара"})[0] == 422
    assert not Erasure.objects.exists()
    status, begun = send(vera, "POST", path, {"name": "клара миронова"})
    assert (status, begun["contact"]) == (201, company.clara.pk)
    run_due_jobs(20, "test")
    status, again = send(vera, "POST", path, {"name": "что угодно"})
    assert (status, again["begun_at"]) == (201, begun["begun_at"])
    assert again["done_at"] is not None
    assert Erasure.objects.count() == 1


@pytest.mark.parametrize("number", [0, 2**63, 999999])
def test_what_is_not_there(company: People, number: int) -> None:
    vera = program(company.vera)
    assert send(vera, "GET", f"imports/{number}")[0] == 404
    assert send(vera, "POST", f"contacts/{number}/export")[0] == 404
