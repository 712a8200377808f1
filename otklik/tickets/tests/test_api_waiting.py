"""Programs send what waits, take letters to third parties back, quote their answers, list their runs, try retention."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from otklik.accounts.models import User
from otklik.core.clock import now
from otklik.core.events import Event
from otklik.core.moments import Moment
from otklik.testing.api import Api
from otklik.testing.people import People
from otklik.tickets.models import BulkRun, Draft, Message, ScheduledReply, SideConversation
from otklik.tickets.tests.test_file_retention import closed
from otklik.tickets.tests.test_sides import answer, begin


@pytest.fixture
def waiting(company: People) -> ScheduledReply:
    """An answer of Anna's that leaves in an hour."""
    ticket = company.ticket()
    body = {"send_at": (now() + timedelta(hours=1)).isoformat(), "body_text": "Приедем завтра."}
    status, made = Api(company.anna)("post", f"/tickets/{ticket.pk}/scheduled-replies", body)
    assert status == 201
    return ScheduledReply.objects.get(pk=made["id"])


def _place(row: ScheduledReply) -> str:
    return f"/tickets/{row.ticket_id}/scheduled-replies/{row.pk}"


def test_a_waiting_reply_is_read_and_sent_at_once(waiting: ScheduledReply, company: People) -> None:
    boris = Api(company.boris)
    status, row = boris("get", _place(waiting))
    assert (status, row["id"], row["body_text"]) == (200, waiting.pk, "Приедем завтра.")
    status, sent = boris("post", f"{_place(waiting)}/send")
    assert (status, sent["kind"], sent["author"]["name"]) == (201, "reply", company.anna.name)
    assert not ScheduledReply.objects.exists()
    assert not Moment.objects.filter(kind="reply.send").exists()
    assert boris("post", f"{_place(waiting)}/send")[0] == 404
    assert boris("get", _place(waiting))[0] == 404
    assert Message.objects.filter(kind="reply").count() == 1


def test_the_same_key_sends_it_once(waiting: ScheduledReply, company: People) -> None:
    api = Api(company.anna)
    first = api("post", f"{_place(waiting)}/send", **{"Idempotency-Key": "k"})
    assert first == api("post", f"{_place(waiting)}/send", **{"Idempotency-Key": "k"})
    assert first[0] == 201


def test_what_cannot_be_sent_any_more_is_told(waiting: ScheduledReply, company: People) -> None:
    User.objects.filter(pk=company.anna.pk).update(is_active=False)
    status, problem = Api(company.boris)("post", f"{_place(waiting)}/send")
    assert (status, Message.objects.filter(kind="reply").count()) == (409, 0)
    assert "черновик" in problem["detail"]
    assert Draft.objects.filter(user=company.anna, ticket=waiting.ticket).exists()
    assert Event.objects.filter(kind="reply.not_sent").count() == 1


def test_strangers_and_readers_send_nothing(waiting: ScheduledReply, company: People) -> None:
    assert Api(company.technician)("get", _place(waiting))[0] == 404
    assert Api(company.technician)("post", f"{_place(waiting)}/send")[0] == 404
    for api in (Api(company.observer), Api(company.anna, "read")):
        assert api("post", f"{_place(waiting)}/send")[0] == 403
    assert Api(company.anna, "contacts:write")("post", f"{_place(waiting)}/send")[0] == 404
    assert Api(company.anna, "contacts:read")("get", _place(waiting))[0] == 403
    other = company.ticket("Другая")
    assert Api(company.anna)("get", f"/tickets/{other.pk}/scheduled-replies/{waiting.pk}")[0] == 404
    assert ScheduledReply.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_send_it_at_once_send_it_once(waiting: ScheduledReply, company: People) -> None:
    apis = [Api(company.anna), Api(company.boris)]
    together, found = threading.Barrier(2), []

    def send(api: Api) -> None:
        together.wait(10)
        try:
            found.append(api("post", f"{_place(waiting)}/send")[0])
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(api,)) for api in apis]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(found) == [201, 404]
    assert Message.objects.filter(kind="reply").count() == 1


def test_a_letter_to_a_third_party_is_held_and_taken_back(company: People) -> None:
    api, ticket = Api(company.anna), company.ticket()
    place = f"/tickets/{ticket.pk}/side-conversations"
    body = {"subject": "Реле", "to": ["depot@parts.example"], "body_text": "Есть?", "hold": True}
    status, begun = api("post", place, body)
    assert status == 201
    assert api("post", f"/undo/{begun['undo']['id']}")[0] == 200
    assert not SideConversation.objects.filter(message_count__gt=0).exists()
    status, begun = api("post", place, body | {"hold": False})
    assert (status, begun["undo"]) == (201, None)
    letters = f"{place}/{begun['id']}/messages"
    status, sent = api("post", letters, {"body_text": "И второй", "hold": True})
    assert status == 201
    assert Api(company.boris)("post", f"/undo/{sent['undo']['id']}")[0] == 404
    assert api("post", f"/undo/{sent['undo']['id']}")[0] == 200
    assert [row["id"] for row in api("get", letters)[1]["items"]] == [begun["message"]["id"]]
    assert api("post", letters, {"body_text": "Без задержки"})[1]["undo"] is None


def test_an_answer_from_aside_is_quoted_into_the_own_draft(company: People) -> None:
    side = begin(company).side
    letter = answer(side, "Привезём в среду")
    place = f"/side-letters/{letter.pk}/quote"
    status, draft = Api(company.boris)("post", place)
    assert (status, draft["mode"]) == (200, "reply")
    assert "Привезём в среду" in draft["body_html"]
    assert Api(company.boris)("post", place)[1]["version"] == draft["version"]
    assert not Draft.objects.filter(user=company.anna, mode="reply").exists()
    assert Message.objects.filter(kind="reply").count() == 0
    assert Api(company.technician)("post", place)[0] == 404
    for api in (Api(company.observer), Api(company.anna, "read")):
        assert api("post", place)[0] == 403
    own = Message.objects.filter(ticket=side.ticket, side__isnull=True)[0]
    assert Api(company.boris)("post", f"/side-letters/{own.pk}/quote")[0] == 404


def _run(owner: User) -> BulkRun:
    return BulkRun.objects.create(
        user=owner, folder="open", act="status", value="open", state="done", total=1, top_id=1, made_at=now(),
        ended_at=now(),
    )  # fmt: skip


def test_runs_are_listed_for_their_owner(company: People) -> None:
    runs = [_run(company.anna) for _each in range(3)]
    _run(company.boris)
    api = Api(company.anna, "tickets:read")
    status, page = api("get", "/bulk-runs?limit=2")
    assert (status, [row["id"] for row in page["items"]]) == (200, [runs[2].pk, runs[1].pk])
    assert [row["id"] for row in api("get", f"/bulk-runs?cursor={page['next']}")[1]["items"]] == [runs[0].pk]
    assert api("get", "/bulk-runs?shoe=1")[0] == 422
    assert Api(company.vera)("get", "/bulk-runs")[1]["items"] == []
    assert Api(company.anna, "contacts:read")("get", "/bulk-runs")[0] == 403
    assert BulkRun.objects.count() == 4


def test_retention_is_tried_without_removing(company: People) -> None:
    file = closed(company, 40)
    api = Api(company.vera, "settings:read")
    assert api("get", "/files-retention?days=30") == (200, {"days": 30, "files": 1, "bytes": file.size})
    assert api("get", "/files-retention?days=90")[1]["files"] == 0
    assert api("get", "/files-retention?days=0")[1]["files"] == 0
    for wrong in ("", "?days=-1", "?days=40000", "?days=x", "?days=3&shoe=1"):
        assert api("get", f"/files-retention{wrong}")[0] == 422
    for other in (Api(company.anna), Api(company.vera, "tickets:read")):
        assert other("get", "/files-retention?days=30")[0] == 403
    file.refresh_from_db()
    assert file.blob is not None
