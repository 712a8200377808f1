"""Programs that bring archives of old mail: the same steps as on the pages, with repeats, races and strangers."""

import threading
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client

from otklik.channels.email.actions import archives as actions
from otklik.channels.email.models import Inbound, MailArchive
from otklik.channels.email.tests.test_archives import mail, mbox, zipped
from otklik.channels.email.tests.test_mailboxes_api import program, send
from otklik.core.jobs import run_due_jobs
from otklik.testing.people import People, people

PATH = "mail/archives"


def bring(client: Client, content: bytes, name: str = "old.mbox", *, headers: Any = None, **fields: Any) -> Any:
    data = {"file": SimpleUploadedFile(name, content), **fields}
    return client.post(f"/api/v1/{PATH}", data, headers=headers)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content", "total"),
    [
        ("old.mbox", mbox(mail(1), mail(2, day=9)), 2),
        ("box.zip", zipped(**{"Maildir/cur/1:2,S": mail(1), "Maildir/new/2": mail(2, day=9)}), 2),
        ("one.eml", mail(1), 1),
    ],
)
def test_from_the_file_to_the_ledger(company: People, name: str, content: bytes, total: int) -> None:
    admin = program(company.admin)
    made = bring(admin, content, name)
    assert (made.status_code, made.json()["state"], made.json()["file"]) == (201, "counting", name)
    path = f"{PATH}/{made.json()['id']}"
    status, early = send(admin, "POST", f"{path}/start")
    assert (status, early["current"]["state"]) == (409, "counting")
    run_due_jobs(10, "test")
    ready = send(admin, "GET", path)[1]
    assert (ready["state"], ready["total"], ready["position"], Inbound.objects.count()) == ("ready", total, 0, 0)
    assert ready["first_at"].startswith("2026-06-05")
    assert send(admin, "POST", f"{path}/start")[1]["state"] == "running"
    assert send(admin, "POST", f"{path}/start")[1]["state"] == "running"  # again: nothing new
    run_due_jobs(10, "test")
    done = send(admin, "GET", path)[1]
    assert (done["state"], done["position"]) == ("done", total)
    assert done["result"] == {"taken": total, "known": 0, "refused": 0}
    assert Inbound.objects.count() == total
    for act in ("start", "stop"):
        status, late = send(admin, "POST", f"{path}/{act}")
        assert (status, late["current"]["state"]) == (409, "done")
    assert [row["id"] for row in admin.get(f"/api/v1/{PATH}").json()["items"]] == [made.json()["id"]]


@pytest.mark.django_db
def test_what_names_no_mailbox_is_refused_or_taken_where_it_is_said(company: People) -> None:
    admin = program(company.admin)
    astray = mbox(mail(1, to="nobody@elsewhere.example"))
    for fields, result in (
        ({}, {"taken": 0, "known": 0, "refused": 1}),
        ({"mailbox": company.mailbox.pk, "ends": "closed"}, {"taken": 1, "known": 0, "refused": 0}),
    ):
        made = bring(admin, astray, **fields).json()
        assert (made["mailbox"], made["ends"]) == (fields.get("mailbox"), fields.get("ends", "auto"))
        run_due_jobs(10, "test")
        path = f"{PATH}/{made['id']}"
        assert send(admin, "GET", path)[1]["unplaced"] == 1
        send(admin, "POST", f"{path}/start")
        run_due_jobs(10, "test")
        told = send(admin, "GET", path)[1]
        assert (told["result"], len(told["problems"])) == (result, result["refused"])


@pytest.mark.django_db
def test_a_repeat_brings_one_archive(company: People) -> None:
    admin, key = program(company.admin), {"Idempotency-Key": "a"}
    first, again = bring(admin, mail(1), headers=key), bring(admin, mail(1), headers=key)
    assert (first.status_code, again.json()) == (201, first.json())
    assert again["Idempotent-Replayed"] == "true"
    assert bring(admin, mail(2), headers=key).status_code == 422  # the key was another file's
    assert bring(admin, mail(2)).status_code == 409
    path = f"{PATH}/{first.json()['id']}"
    assert [send(admin, "POST", f"{path}/stop")[1]["state"] for _time in range(2)] == ["dropped", "dropped"]
    assert MailArchive.objects.count() == 1


@pytest.mark.django_db
def test_what_is_refused(company: People) -> None:
    admin = program(company.admin)
    assert bring(admin, b"").status_code == 422
    assert bring(admin, mail(1), mailbox=company.mailbox.pk + 999).status_code == 422
    assert bring(admin, mail(1), mailbox="-1").status_code == 422
    assert bring(admin, mail(1), colour="red").status_code == 422
    assert admin.post(f"/api/v1/{PATH}", {}).status_code == 422
    assert not MailArchive.objects.exists()
    made = bring(admin, b"PK\x03\x04rubbish", "box.zip").json()
    run_due_jobs(10, "test")
    told = send(admin, "GET", f"{PATH}/{made['id']}")[1]
    assert (told["state"], told["error"]) == ("failed", "damaged")


@pytest.mark.django_db
def test_strangers_and_unknown_archives(company: People) -> None:
    admin, vera = program(company.admin), program(company.vera)
    number = bring(admin, mail(1)).json()["id"]
    assert bring(vera, mail(2)).status_code == 403
    for method, path in (("GET", PATH), ("GET", f"{PATH}/{number}"), ("POST", f"{PATH}/{number}/start")):
        assert send(vera, method, path)[0] == 403
    assert bring(program(company.admin, "settings:read"), mail(2)).status_code == 403
    assert bring(Client(), mail(2)).status_code == 401
    for unknown in (number + 1, 2**70):
        assert send(admin, "GET", f"{PATH}/{unknown}")[0] == 404
        assert send(admin, "POST", f"{PATH}/{unknown}/stop")[0] == 404


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have brought their file before either looks whether another waits."""
    admin = people().admin
    clients, together = [program(admin), program(admin)], threading.Barrier(2, timeout=20)
    honest, statuses = actions.store, list[int]()

    def store(file: Any) -> Any:
        kept = honest(file)
        together.wait()
        return kept

    monkeypatch.setattr(actions, "store", store)

    def one(number: int) -> None:
        try:
            statuses.append(bring(clients[number], mail(number + 1)).status_code)
        finally:
            connections.close_all()

    both = [threading.Thread(target=one, args=(number,)) for number in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(30)
    assert sorted(statuses) == [201, 409]
    assert MailArchive.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_one_that_comes_between_the_look_and_the_row_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first has seen that nobody waits and has not written yet; SQLite lets nobody else write meanwhile."""
    admin = people().admin
    client, honest, second = program(admin), actions.put_blob, list[int]()

    def other() -> None:
        try:
            second.append(bring(program(admin), mail(2)).status_code)
        finally:
            connections.close_all()

    def put_blob(prepared: Any) -> Any:
        monkeypatch.setattr(actions, "put_blob", honest)
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(30)
        return honest(prepared)

    monkeypatch.setattr(actions, "put_blob", put_blob)
    assert (bring(client, mail(1)).status_code, second) == (201, [409])
    assert MailArchive.objects.count() == 1
