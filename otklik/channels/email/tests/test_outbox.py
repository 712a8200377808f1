"""The outbox: who sees what, sending again, giving up; the state of a message in public JSON; readiness."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from otklik.channels.email import blocks, health
from otklik.channels.email.actions import delivering
from otklik.channels.email.models import Delivery, Outgoing
from otklik.channels.email.outbox import actions, queries
from otklik.channels.email.outbox.reasons import REASONS, reason
from otklik.channels.email.outbox.servers import KEPT, ways_out
from otklik.channels.email.tests.outgoing import freeze, states
from otklik.core import settings_store
from otklik.core.actor import Actor
from otklik.core.blocks import load_blocks
from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.core.errors import Conflict, Forbidden, NotFound
from otklik.core.events import Event
from otklik.testing.people import People
from otklik.tickets import actions as tickets
from otklik.tickets.models import Ticket

pytestmark = pytest.mark.django_db
CLARA = "clara@berezka.example"


@pytest.fixture
def delivery(company: People) -> Delivery:
    """The delivery of an answer to Clara."""
    tickets.reply(company.ticket(), body_text="Выезжаем.", by=company.actor(company.anna))
    return Delivery.objects.get()


def put(delivery: Delivery, **fields: Any) -> Delivery:
    Delivery.objects.filter(pk=delivery.pk).update(**fields)
    delivery.refresh_from_db()
    return delivery


@pytest.mark.parametrize("state", ["failed", "bounced", "uncertain"])
def test_sending_again_queues_the_same_mail(company: People, delivery: Delivery, state: str) -> None:
    put(delivery, state=state, run_at=None, attempts=3, error_code="refused", doubts=2, settled=False)
    assert actions.send_again(delivery, by=company.actor(company.boris))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("uncertain" if state == "uncertain" else "queued", 0)
    assert delivering.due(now()).get() == delivery
    assert Event.objects.filter(kind="mail.retried", actor_id=company.boris.pk).count() == 1
    assert Outgoing.objects.count() == 1


def test_sending_again_twice_is_once(company: People, delivery: Delivery) -> None:
    put(delivery, state="failed", run_at=None, error_code="refused")
    anna = company.actor(company.anna)
    assert actions.send_again(delivery, by=anna)
    assert not actions.send_again(delivery, by=anna)
    assert Event.objects.filter(kind="mail.retried").count() == 1


def test_a_waiting_mail_can_be_hurried(company: People, delivery: Delivery) -> None:
    put(delivery, run_at=now() + timedelta(hours=1), attempts=4, error_code="greylisted")
    assert actions.send_again(delivery, by=company.actor(company.anna))
    assert delivering.due(now()).exists()


def test_a_race_between_two_people_has_one_winner(company: People, delivery: Delivery, monkeypatch: Any) -> None:
    put(delivery, state="failed", run_at=None, error_code="refused")
    stale = queries.get_visible(company.actor(company.boris), delivery.pk)
    assert actions.send_again(delivery, by=company.actor(company.anna))
    monkeypatch.setattr(actions, "get_visible", lambda actor, pk: stale)
    assert not actions.send_again(stale, by=company.actor(company.boris))
    assert not actions.give_up(stale, by=company.actor(company.boris))
    assert states() == {CLARA: "queued"}


@pytest.mark.parametrize("state", ["sent", "delivered", "sending"])
def test_what_is_out_is_not_sent_again(company: People, delivery: Delivery, state: str) -> None:
    put(delivery, state=state, run_at=None)
    for act in (actions.send_again, actions.give_up):
        with pytest.raises(Conflict):
            act(delivery, by=company.actor(company.anna))
    assert states() == {CLARA: state}


def test_giving_up_ends_it(company: People, delivery: Delivery) -> None:
    anna = company.actor(company.anna)
    assert actions.give_up(delivery, by=anna)
    assert not actions.give_up(delivery, by=anna)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error_code, delivery.run_at, delivery.settled) == (
        "failed",
        "given_up",
        None,
        True,
    )
    assert not queries.in_tab(anna, "failed").exists()
    assert Event.objects.filter(kind="mail.given_up").count() == 1


@pytest.mark.parametrize("who", ["observer", "technician"])
def test_those_without_the_right_change_nothing(company: People, delivery: Delivery, who: str) -> None:
    put(delivery, state="failed", run_at=None, error_code="refused")
    for act in (actions.send_again, actions.give_up):
        with pytest.raises((Forbidden, NotFound)):
            act(delivery, by=company.actor(getattr(company, who)))
    with pytest.raises(NotFound):
        actions.send_again(delivery, by=company.contact_actor(company.dmitri))
    assert states() == {CLARA: "failed"}


def test_limited_agents_see_their_own_part(company: People, delivery: Delivery) -> None:
    settings_store.set_value("agents_see", "teams", by=Actor.system())
    Ticket.objects.update(team=company.field)
    freeze("a@x.example", kind="account")
    assert [row.recipient for row in queries.visible_to(company.actor(company.vera))] == [CLARA, "a@x.example"]
    assert not queries.visible_to(company.actor(company.boris)).exists()
    with pytest.raises(NotFound):
        actions.send_again(delivery, by=company.actor(company.boris))


def test_account_mail_whose_text_is_gone_is_not_sent_empty(company: People) -> None:
    freeze("a@x.example", kind="account")
    Outgoing.objects.update(text="")
    Delivery.objects.update(state="failed", run_at=None)
    with pytest.raises(Conflict):
        actions.send_again(Delivery.objects.get(), by=company.actor(company.vera))


def test_the_page_says_why_mail_waits(company: People, delivery: Delivery, client: Client, settings: Any) -> None:
    settings.SMTP_URL = ""
    client.force_login(company.anna)
    page = client.get("/outbox/").content.decode()
    assert "Сервер отправки пока не задан" in page
    assert CLARA in page
    assert "Попробовать сейчас" in page
    put(
        delivery,
        state="failed",
        run_at=None,
        error_code="unknown_recipient",
        response="550 5.1.1 <script>canary()</script>",
    )
    page = client.get("/outbox/").content.decode()
    assert "Такого ящика нет" in page
    assert "&lt;script&gt;canary()" in page
    assert client.get("/outbox/?tab=uncertain").status_code == 200
    assert client.get("/outbox/?tab=nonsense&cursor=").status_code == 200


def test_the_page_acts(company: People, delivery: Delivery, client: Client) -> None:
    put(delivery, state="failed", run_at=None, error_code="refused")
    client.force_login(company.anna)
    again, end = f"/outbox/{delivery.pk}/again/", f"/outbox/{delivery.pk}/end/"
    assert client.get(again).status_code == 405
    answer = client.post(again, {"next": "//evil.example/"})
    assert (answer.status_code, answer["Location"]) == (302, "/outbox/")
    assert states() == {CLARA: "queued"}
    part = client.post(end, headers={"HX-Request": "true"})
    assert (part.status_code, str(delivery.outgoing.ticket_id) in part["HX-Trigger"]) == (204, True)
    assert client.post(again, {"unknown": "1"}).status_code == 422
    assert client.post("/outbox/999999/again/").status_code == 404


@pytest.mark.parametrize(
    ("who", "page", "post"), [("anna", 200, 302), ("observer", 200, 404), ("technician", 404, 404), ("vera", 200, 302)]
)
def test_who_may_open_and_act(
    company: People, delivery: Delivery, client: Client, who: str, page: int, post: int
) -> None:
    client.force_login(getattr(company, who))
    assert client.get("/outbox/").status_code == page
    assert client.post(f"/outbox/{delivery.pk}/again/").status_code == post


def test_strangers_are_sent_to_the_sign_in(client: Client, db: None) -> None:
    assert "/accounts/login/" in client.get("/outbox/")["Location"]
    assert "/accounts/login/" in client.post("/outbox/1/again/")["Location"]


def test_the_page_is_read_by_keys(company: People, client: Client, django_assert_max_num_queries: Any) -> None:
    for number in range(60):
        freeze(f"p{number}@x.example")
    client.force_login(company.vera)
    client.get("/outbox/")
    with django_assert_max_num_queries(14):
        first = client.get("/outbox/").content.decode()
    cursor = first.partition("cursor=")[2].partition('"')[0]
    second = client.get(f"/outbox/?tab=waiting&cursor={cursor}").content.decode()
    assert ("p59@x.example" in first, "p5@x.example" in first) == (True, False)
    assert ("p5@x.example" in second, "p59@x.example" in second) == (True, False)


def test_the_public_json_of_a_message(
    company: People, delivery: Delivery, django_assert_num_queries: Any, settings: Any
) -> None:
    settings.SMTP_URL = "smtp://mail.example:25"
    forget(KEPT)
    message_id = delivery.outgoing.ticket_message_id
    ways_out()  # kept for half a minute
    with django_assert_num_queries(1):
        deliveries, worst = blocks.load_deliveries([message_id]), blocks.load_states([message_id])
    (public,) = deliveries[message_id]
    assert {"recipient", "state", "attempts", "next_at", "error"} <= set(public)
    assert (public["recipient"], public["state"], public["error"], worst[message_id]) == (
        CLARA,
        "queued",
        None,
        "queued",
    )
    put(delivery, state="failed", run_at=None, error_code="unknown_recipient", response="550 5.1.1 no")
    loaded = load_blocks("message", [message_id])
    assert loaded["delivery_state"][message_id] == "failed"
    assert loaded["deliveries"][message_id][0]["error"] == "Такого ящика нет. Ответ сервера: «550 5.1.1 no»"
    assert blocks.load_states([message_id]) == {message_id: "failed"}


@pytest.mark.parametrize(
    ("held", "worst"),
    [
        (["sent", "delivered"], "sent"), (["sent", "queued"], "queued"), (["uncertain", "queued"], "uncertain"),
        (["bounced", "sent"], "bounced"), (["failed", "bounced"], "failed"), (["delivered"], "delivered"), ([], None),
    ],
)  # fmt: skip
def test_the_worst_state_stands_for_all(held: list[str], worst: str | None) -> None:
    assert queries.worst(held) == worst


def test_every_reason_has_words() -> None:
    assert all(reason(code) and reason(code)[0].islower() or reason(code).startswith("Отклик") for code in REASONS)
    assert reason("") == ""
    assert reason("never heard of") == reason("refused")


def test_the_check_names_what_is_wrong(company: People, delivery: Delivery, settings: Any) -> None:
    settings.SMTP_URL = ""
    with translation.override("en"):
        assert [(found.level, "wait in the outbox" in found.text) for found in health.sending()] == [("warning", True)]
    assert health.oldest_due() is None
    settings.SMTP_URL = "smtps://user:secret@mail.example"
    assert health.oldest_due() == delivery.run_at
    put(delivery, first_queued_at=now() - timedelta(hours=1), attempts=2)
    freeze("a@x.example")
    Delivery.objects.filter(recipient="a@x.example").update(state="failed", run_at=None)
    texts = [found.text for found in health.sending()]
    assert len(texts) == 3
    assert "secret" not in " ".join(texts)
    settings.SMTP_URL = "nonsense://user:secret@x"
    assert next(iter(health.sending())).level == "error"
