"""What receivers get and what becomes of it when they are slow, down, rude or gone."""

import json
import re
import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from otklik.core.clock import now
from otklik.core.events import Event, dispatch_batch
from otklik.core.health import checks
from otklik.testing.people import People
from otklik.tickets import actions as tickets
from otklik.tickets.actions.merging import merge, split_message, undo_merge
from otklik.tickets.actions.shelving import mark_spam, put_in_bin, restore
from otklik.webhooks import actions, client, sending
from otklik.webhooks.actions import Wanted, delivering
from otklik.webhooks.catalog import name_of
from otklik.webhooks.models import Attempt, Delivery, Webhook
from otklik.webhooks.signing import sign
from otklik.webhooks.tests.receiver import Receiver, free_address

ALL = ["ticket.opened", "ticket.closed", "ticket.status_changed", "message.sent", "message.received", "note.added"]


def hook(company: People, url: str, events: list[str] = ALL, **more: Any) -> tuple[Webhook, str]:
    return actions.add_webhook(Wanted("Учёт", url, events, **more), by=company.actor(company.admin))


def tell() -> None:
    while dispatch_batch():
        pass


def bodies(hearer: Receiver) -> list[dict[str, Any]]:
    return [json.loads(body) for _headers, body in hearer.calls]


def test_a_fact_arrives_signed_with_the_ticket_as_the_api_gives_it(company: People, hearer: Receiver) -> None:
    made, secret = hook(company, hearer.url, ["ticket.opened"])
    ticket = company.ticket()
    tell()
    assert sending.drain(made.pk) == 1
    headers, body = hearer.calls[0]
    said = json.loads(body)
    assert set(said) == {"id", "event", "at", "ticket", "data"}
    assert (said["event"], said["ticket"]["number"]) == ("ticket.opened", ticket.pk)
    assert said["ticket"]["requester"]["email"] == "clara@berezka.example"
    assert said["data"]["actor"]["name"] == "Анна Лебедева"
    found = re.fullmatch(r"t=(\d+),v1=[0-9a-f]{64}", headers["otklik-signature"])
    assert found is not None
    assert headers["otklik-signature"] == sign(secret, int(found[1]), body)
    assert abs(int(found[1]) - now().timestamp()) < 30
    delivery = Delivery.objects.get()
    assert (delivery.state, said["id"], delivery.tries.get().status) == ("sent", delivery.key, 200)
    assert delivery.tries.get().answer == "ответ получен"
    assert sending.drain(made.pk) == 0


def test_a_mirror_hears_of_what_goes_and_comes_back(company: People, hearer: Receiver) -> None:
    wanted = [
        "ticket.binned", "ticket.marked_spam", "ticket.restored", "ticket.snoozed", "ticket.woken", "ticket.merged",
        "ticket.merge_undone", "ticket.split",
    ]  # fmt: skip
    made, _secret = hook(company, hearer.url, wanted)
    anna, ticket, other = company.actor(company.anna), company.ticket("Витрина"), company.ticket("Та же витрина")
    put_in_bin(ticket, by=anna)
    restore(ticket, by=anna)
    mark_spam(ticket, by=anna)
    restore(ticket, by=anna)
    tickets.snooze(ticket, until=now() + timedelta(days=1), by=anna)
    tickets.unsnooze(ticket, by=anna)
    row, _step = merge(other, into=ticket, by=anna)
    undo_merge(row, by=anna)
    tickets.add_incoming(ticket, body_text="И ещё лампа", by=anna)
    split_message(ticket.messages.latest("pk"), by=anna)
    tell()
    sending.drain(made.pk)
    of_ticket = [body["event"] for body in bodies(hearer) if body["ticket"]["number"] == ticket.pk]
    assert of_ticket == [
        "ticket.binned", "ticket.restored", "ticket.marked_spam", "ticket.restored", "ticket.snoozed", "ticket.woken",
        "ticket.merge_undone", "ticket.split",
    ]  # fmt: skip
    of_other = [body["event"] for body in bodies(hearer) if body["ticket"]["number"] == other.pk]
    assert of_other == ["ticket.merged", "ticket.merge_undone"]


def test_texts_go_along_only_when_asked(company: People, hearer: Receiver) -> None:
    plain, _ = hook(company, hearer.url, ["note.added"])
    full, _ = hook(company, hearer.url, ["note.added"], with_bodies=True)
    tickets.add_note(company.ticket(), body_text="Секрет", by=company.actor(company.anna))
    tell()
    sending.drain(plain.pk)
    assert "Секрет" not in hearer.calls[0][1].decode()
    sending.drain(full.pk)
    assert bodies(hearer)[1]["data"]["message"]["body_text"] == "Секрет"


def test_told_twice_is_queued_once(company: People, hearer: Receiver) -> None:
    hook(company, hearer.url, ["ticket.opened"])
    company.ticket()
    tell()
    event = Event.objects.get(kind="ticket.opened")
    delivering.queue_facts([delivering.Fact(event.pk, event.kind, event.subject_id, event.data)])
    assert Delivery.objects.count() == 1


def test_one_fact_has_one_name() -> None:
    closed = {"category": "closed"}
    assert name_of("ticket.status_changed", closed, {"ticket.status_changed", "ticket.closed"}) == "ticket.closed"
    assert name_of("ticket.status_changed", closed, {"ticket.status_changed"}) == "ticket.status_changed"
    assert name_of("ticket.status_changed", {"category": "open"}, {"ticket.closed"}) == ""


def test_order_within_a_ticket_and_nobody_else_waits(company: People, hearer: Receiver) -> None:
    made, _ = hook(company, hearer.url)
    first, second = company.ticket("Первая"), company.ticket("Вторая")
    tickets.add_note(first, body_text="x", by=company.actor(company.anna))
    tell()
    hearer.answer = lambda number: 422 if json.loads(hearer.calls[-1][1])["ticket"]["number"] == first.pk else 200
    with time_machine.travel(now(), tick=False) as clock:
        sending.drain(made.pk)
        told = [(said["ticket"]["number"], said["event"]) for said in bodies(hearer)]
        assert [event for number, event in told if number == first.pk] == ["ticket.opened"]
        assert [event for number, event in told if number == second.pk] == ["ticket.opened", "message.received"]
        hearer.answer = lambda number: 200
        clock.shift(timedelta(seconds=11))
        sending.drain(made.pk)
    told = [said["event"] for said in bodies(hearer) if said["ticket"]["number"] == first.pk]
    assert told == ["ticket.opened", "ticket.opened", "message.received", "note.added"]
    again = [body for _headers, body in hearer.calls if json.loads(body)["ticket"]["number"] == first.pk]
    assert again[0] == again[1]  # the same id and the same bytes


@pytest.mark.parametrize(
    ("answer", "error"),
    [(302, "redirect"), (404, "refused"), (500, "refused"), (b"\x00garbage\r\n\r\n", "bad-answer"), (b"", "bad-answer"),
     (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 200_000, "too-large")],
)  # fmt: skip
def test_answers_that_are_no_success_are_tried_again(
    company: People, hearer: Receiver, answer: int | bytes, error: str
) -> None:
    made, _ = hook(company, hearer.url, ["ticket.opened"])
    hearer.answer = lambda number: answer
    hearer.headers = {"Location": "http://127.0.0.1:1/elsewhere"}
    company.ticket()
    tell()
    assert sending.drain(made.pk) == 1
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, Attempt.objects.get().error) == ("queued", 1, error)
    assert delivery.run_at is not None
    assert delivery.run_at > now()
    assert len(hearer.calls) == 1


def test_a_receiver_that_is_down_pauses_its_webhook_only(company: People, hearer: Receiver) -> None:
    down, _ = hook(company, free_address(), ["ticket.opened"])
    well, _ = hook(company, hearer.url, ["ticket.opened"])
    with time_machine.travel(now(), tick=False) as clock:
        for _number in range(5):
            company.ticket()
        tell()
        sending.drain(down.pk)
        assert sending.drain(down.pk) == 0
        assert sending.drain(well.pk) == 5
        assert Attempt.objects.filter(delivery__webhook=down).count() <= 2
        for _number in range(200):
            clock.shift(timedelta(minutes=15))
            sending.drain(down.pk)
    states = set(Delivery.objects.filter(webhook=down).values_list("state", flat=True))
    assert states == {"failed"}  # given up after two days, all of them
    assert Attempt.objects.filter(delivery__webhook=down, error="unreachable").count() > 20


def test_a_slow_receiver_is_cut(company: People, hearer: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "SECONDS", 0.3)
    made, _ = hook(company, hearer.url, ["ticket.opened"])
    hearer.held.clear()
    company.ticket()
    tell()
    sending.drain(made.pk)
    attempt = Attempt.objects.get()
    assert attempt.error == "timeout"
    assert 250 <= attempt.milliseconds < 5000


def test_gone_means_switched_off_with_a_finding_and_an_event(company: People, hearer: Receiver) -> None:
    made, _ = hook(company, hearer.url)
    hearer.answer = lambda number: 410
    company.ticket()
    tell()
    sending.drain(made.pk)
    made.refresh_from_db()
    assert (made.enabled, made.off_reason) == (False, "gone")
    assert not Delivery.objects.filter(run_at__isnull=False).exists()
    assert Event.objects.get(kind="webhook.switched_off").data["reason"] == "gone"
    assert any("Учёт" in finding.text for finding in checks["webhooks"]())
    company.ticket()
    tell()
    assert len(hearer.calls) == 1


def test_five_days_without_success_are_the_end(company: People, hearer: Receiver) -> None:
    made, _ = hook(company, hearer.url, ["ticket.opened"])
    hearer.answer = lambda number: 503
    with time_machine.travel(now(), tick=False) as clock:
        for _day in range(6):
            company.ticket()
            tell()
            sending.drain(made.pk)
            clock.shift(timedelta(days=1))
    made.refresh_from_db()
    assert (made.enabled, made.off_reason) == (False, "dead")
    back = Wanted(made.name, made.url, made.events, enabled=True)
    actions.change_webhook(made, back, by=company.actor(company.admin))
    hearer.answer = lambda number: 200
    delivery = Delivery.objects.earliest("pk")
    assert actions.send_again(delivery, by=company.actor(company.admin))
    sending.drain(made.pk)
    delivery.refresh_from_db()
    assert delivery.state == "sent"


def test_an_answer_that_was_taken_back_is_not_told(company: People, hearer: Receiver) -> None:
    from otklik.tickets.actions.sending import send_reply, undo_reply

    made, _ = hook(company, hearer.url, ["message.sent"])
    anna = company.actor(company.anna)
    _message, step = send_reply(company.ticket(), body_text="Ой", by=anna)
    tell()
    assert sending.drain(made.pk) == 0  # it can still be taken back
    assert step is not None
    undo_reply(step, by=anna)
    with time_machine.travel(now() + timedelta(minutes=2)):
        assert sending.drain(made.pk) == 0
    assert (hearer.calls, Delivery.objects.get().state) == ([], "cancelled")


def test_a_worker_that_died_leaves_the_call_to_another(company: People, hearer: Receiver) -> None:
    made, _ = hook(company, hearer.url, ["ticket.opened"])
    company.ticket()
    tell()
    dead = delivering.claim_next(made.pk, "dead")
    assert dead is not None
    assert sending.drain(made.pk) == 0
    with time_machine.travel(now() + delivering.LEASE + timedelta(seconds=1)):
        assert sending.drain(made.pk) == 1
        assert not delivering.note(dead, client.Outcome(500, "refused", "", 1))
    assert Delivery.objects.get().state == "sent"


def test_an_inner_address_is_not_called_even_when_it_was_saved(
    company: People, hearer: Receiver, settings: Any
) -> None:
    made, _ = hook(company, hearer.url, ["ticket.opened"])
    settings.OUTBOUND_NETWORKS_ALLOWED = []
    company.ticket()
    tell()
    sending.drain(made.pk)
    assert (Attempt.objects.get().error, hearer.calls) == ("address", [])


def test_a_test_call(company: People, hearer: Receiver) -> None:
    made, _ = hook(company, hearer.url)
    actions.send_test(made, by=company.actor(company.admin))
    sending.drain(made.pk)
    assert (bodies(hearer)[0]["event"], bodies(hearer)[0]["ticket"]) == ("webhook.test", None)


def test_the_log_is_kept_for_thirty_days(company: People, hearer: Receiver) -> None:
    made, _ = hook(company, hearer.url, ["ticket.opened"])
    company.ticket()
    tell()
    sending.drain(made.pk)
    assert delivering.forget_old() == 0
    with time_machine.travel(now() + timedelta(days=31)):
        assert delivering.forget_old() == 1
    assert not Attempt.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_service_serves_several_side_by_side(company: People, hearer: Receiver) -> None:
    from otklik.testing.server import wait_until

    hook(company, hearer.url, ["ticket.opened"])
    hook(company, free_address(), ["ticket.opened"])
    company.ticket()
    tell()
    stop = threading.Event()
    service = threading.Thread(target=sending.run, args=(stop,))
    service.start()
    try:
        wait_until(lambda: len(hearer.calls) == 1 and Attempt.objects.count() >= 2, what="both calls")
    finally:
        stop.set()
        delivering.wake_sender()
        service.join(20)
    assert not service.is_alive()
