"""One answer to many tickets: what came there meanwhile stops it there, and nothing that stops its author loses one."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.db import connections
from django.test import Client

from otklik.accounts import actions as accounts
from otklik.core.clock import now
from otklik.core.errors import Conflict, Forbidden, NotFound
from otklik.core.jobs import run_due_jobs
from otklik.testing.api import Api
from otklik.testing.people import People, people
from otklik.testing.tools import desk_client
from otklik.tickets import actions, tasks
from otklik.tickets.actions import answering_many
from otklik.tickets.actions.answering_many import go_on, schedule_to_many, send_to_many
from otklik.tickets.actions.linking import link
from otklik.tickets.actions.stepping import undo_step
from otklik.tickets.models import Attachment, Draft, Message, ReplyPlan, ScheduledReply, Step, Ticket
from otklik.tickets.queries import newest_message


class Killed(BaseException):
    """The process is gone."""


def _three(company: People) -> list[Ticket]:
    return [company.ticket(name) for name in "абв"]


def _said() -> list[tuple[int, str]]:
    return list(Message.objects.filter(kind="reply").order_by("ticket").values_list("ticket", "body_text"))


def _killed_at(monkeypatch: pytest.MonkeyPatch, where: Any, name: str, call: int, *, after: bool) -> None:
    """Let the process die at a call, before or after what it does."""
    real, calls = getattr(where, name), []

    def die(*args: Any, **more: Any) -> Any:
        calls.append(1)
        if len(calls) == call and not after:
            raise Killed
        done = real(*args, **more)
        if len(calls) == call:
            raise Killed
        return done

    monkeypatch.setattr(where, name, die)


@pytest.mark.parametrize(
    ("where", "name", "call", "after", "left"),
    [
        (answering_many, "send_reply", 1, True, 0),  # before the first is written: nothing happened
        (answering_many, "go_on", 1, False, 3),  # right after it
        (answering_many, "send_reply", 2, False, 3),
        (answering_many, "send_reply", 2, True, 3),  # written, and the plan not moved on
        (ReplyPlan, "save", 1, True, 0),
        (ReplyPlan, "save", 2, True, 3),
        (ReplyPlan, "save", 3, False, 3),
        (ReplyPlan, "save", 3, True, 3),
    ],
)
def test_killed_anywhere_each_ticket_is_answered_once(
    company: People, monkeypatch: pytest.MonkeyPatch, where: Any, name: str, call: int, after: bool, left: int
) -> None:
    anna, tickets = company.actor(company.anna), _three(company)
    file = actions.upload(BytesIO(b"x"), name="акт.txt", content_type="text/plain", size=1, by=anna)
    with monkeypatch.context() as patch:
        _killed_at(patch, where, name, call, after=after)
        with pytest.raises(Killed):
            send_to_many(tickets[0], tickets[1:], body_text="Свет дали", attachments=[file.pk], by=anna)
    with time_machine.travel(now() + timedelta(minutes=2), tick=False):
        run_due_jobs(10, "test")
        run_due_jobs(10, "test")
    assert _said() == [(ticket.pk, "Свет дали") for ticket in tickets][:left]
    assert Attachment.objects.filter(message__kind="reply").count() == left
    assert not ReplyPlan.objects.filter(is_open=True).exists()


def test_what_is_left_keeps_its_way_back(company: People, monkeypatch: pytest.MonkeyPatch) -> None:
    anna, tickets = company.actor(company.anna), _three(company)
    with monkeypatch.context() as patch:
        _killed_at(patch, answering_many, "send_reply", 3, after=False)
        with pytest.raises(Killed):
            send_to_many(tickets[0], tickets[1:], body_text="Свет дали", by=anna)
    step = Step.objects.get(kind="many")
    undo_step(step, by=anna)
    assert go_on(ReplyPlan.objects.get().pk) == 0  # what had no turn yet gets none
    assert not _said()
    assert Draft.objects.filter(ticket=tickets[0]).exists()


@pytest.mark.django_db(transaction=True)
def test_job_and_author_at_once_answer_each_once() -> None:
    from concurrent.futures import ThreadPoolExecutor

    company = people()
    anna, tickets = company.actor(company.anna), _three(company)
    sent = send_to_many(tickets[0], tickets[1:2], body_text="Свет дали", by=anna)
    assert sent.also == 1
    files: list[int] = []
    items = [{"ticket": ticket.pk, "attachments": files, "body_html": ""} for ticket in tickets[1:]]
    words = {"held": False, "seen": None, "words": {"body_text": "Ещё раз"}}
    plan = ReplyPlan.objects.create(user=company.anna, words=words, items=items, made_at=now())

    def run(_worker: int) -> int:
        try:
            return go_on(plan.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(run, range(3))) == 2
    assert [text for _ticket, text in _said()].count("Ещё раз") == 2


def test_plan_ends_without_words_and_is_forgotten(company: People) -> None:
    anna, tickets = company.actor(company.anna), _three(company)
    sent = send_to_many(tickets[0], tickets[1:], body_text="Свет дали", by=anna)
    plan = ReplyPlan.objects.get()
    assert (sent.also, sent.refused, plan.is_open, plan.words, plan.items) == (2, [], False, {}, [])
    assert go_on(plan.pk) == 0
    with time_machine.travel(now() + timedelta(days=3), tick=False):
        tasks.empty_bin.call()
    assert not ReplyPlan.objects.exists()


def test_alone_it_needs_no_plan_and_strangers_begin_none(company: People) -> None:
    first, second, _third = _three(company)
    send_to_many(first, [], body_text="Один", by=company.actor(company.anna))
    for stranger in (company.contact_actor(company.dmitri), company.actor(company.observer)):
        with pytest.raises((NotFound, Forbidden)):
            send_to_many(first, [second], body_text="Всем", by=stranger)
    assert not ReplyPlan.objects.exists()


def test_who_was_blocked_meanwhile_says_no_more(company: People, monkeypatch: pytest.MonkeyPatch) -> None:
    anna, tickets = company.actor(company.anna), _three(company)
    with monkeypatch.context() as patch:
        _killed_at(patch, answering_many, "go_on", 1, after=False)
        with pytest.raises(Killed):
            send_to_many(tickets[0], tickets[1:], body_text="Свет дали", by=anna)
    accounts.block_user(company.anna, by=company.actor(company.admin))
    plan = ReplyPlan.objects.get()
    go_on(plan.pk)
    plan.refresh_from_db()
    assert (len(_said()), [bool(row["refused"]) for row in plan.results]) == (1, [True, True])


Send = Callable[[Ticket, list[Ticket], Any, People], list[tuple[int, str]]]


def _now(first: Ticket, others: list[Ticket], seen: int | None, company: People) -> list[tuple[int, str]]:
    return send_to_many(first, others, body_text="Всем", also_seen=seen, by=company.actor(company.anna)).refused


def _later(first: Ticket, others: list[Ticket], seen: int | None, company: People) -> list[tuple[int, str]]:
    by, at = company.actor(company.anna), now() + timedelta(hours=1)
    return schedule_to_many(first, others, body_text="Всем", send_at=at, also_seen=seen, by=by).refused


@pytest.mark.parametrize("send", [_now, _later])
def test_others_on_which_somebody_wrote_meanwhile_are_left_out_and_named(company: People, send: Send) -> None:
    first, second, third = _three(company)
    seen = newest_message()
    actions.reply(second, body_text="Уже решено", by=company.actor(company.boris))
    actions.add_note(third, body_text="Моя же", by=company.actor(company.anna))
    refused = send(first, [second, third], seen, company)
    assert [number for number, _why in refused] == [second.pk]
    assert "сообщения" in refused[0][1]
    answered = {pk for pk, text in _said() if text == "Всем"} | {row.ticket_id for row in ScheduledReply.objects.all()}
    assert answered == {first.pk, third.pk}
    assert send(first, [second], newest_message(), company) == []


def test_card_tells_what_was_there_and_page_and_api_heed_it(company: People) -> None:
    anna, client = company.actor(company.anna), desk_client(company.anna)
    first, second, third = _three(company)
    assert 'name="also_seen"' not in client.get(f"/tickets/{first.pk}/").content.decode()
    link(first, other=second, kind="related", by=anna)
    seen = newest_message()
    assert f'name="also_seen" value="{seen}"' in client.get(f"/tickets/{first.pk}/").content.decode()
    actions.reply(second, body_text="Уже решено", by=company.actor(company.boris))
    page = Client(headers={"HX-Request": "true"})
    page.force_login(company.anna)
    data = {"mode": "reply", "reply_text": "Всем", "also": str(second.pk), "also_seen": str(seen)}
    answer = page.post(f"/tickets/{first.pk}/replies/", data)
    assert answer.status_code < 300
    assert (second.pk, "Всем") not in _said()
    assert page.post(f"/tickets/{first.pk}/replies/", data | {"also_seen": "x"}).status_code == 422
    body = {"kind": "reply", "body_text": "И всем", "also": [second.pk, third.pk], "also_seen": seen}
    status, made = Api(company.anna)("POST", f"/tickets/{first.pk}/messages", body)
    assert (status, [row["sent"] for row in made["also"]]) == (201, [False, True])


def test_late_undo_of_many_is_refused(company: People) -> None:
    anna, tickets = company.actor(company.anna), _three(company)
    step = send_to_many(tickets[0], tickets[1:], body_text="Свет дали", by=anna).step
    assert step is not None
    with time_machine.travel(step.until + timedelta(minutes=1), tick=False), pytest.raises(Conflict):
        undo_step(step, by=anna)
    assert len(_said()) == 3
