"""Without a sending server card, toast and thread say that answers wait; all of them can be sent at once."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from otklik.channels.email.models import Delivery
from otklik.channels.email.outbox import actions, queries
from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.core.errors import Forbidden
from otklik.core.events import Event
from otklik.testing.people import People
from otklik.tickets import actions as tickets
from otklik.tickets.actions.sending import send_reply, undo_reply

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client, company: People) -> Client:
    client.force_login(company.anna)
    return client


def say(desk: Client, number: int) -> dict[str, str]:
    answer = desk.post(
        f"/tickets/{number}/replies/", {"reply_text": "Выезжаем.", "mode": "reply"}, headers={"HX-Request": "true"}
    )
    toast: dict[str, str] = json.loads(answer["HX-Trigger"])["toast"]
    return toast


def test_the_card_and_the_toast_say_that_the_answer_waits(desk: Client, company: People, settings: Any) -> None:
    settings.SMTP_URL = ""
    number = company.ticket().pk
    assert 'class="notice notice--warn"' in desk.get(f"/tickets/{number}/").content.decode()
    waits = say(desk, number)
    (delivery,) = Delivery.objects.all()
    shown = queries.public(delivery)
    assert (shown["state"], shown["next_at"], bool(shown["error"])) == ("queued", None, True)
    settings.SMTP_URL = "smtp://mail.example:25"
    forget()
    assert 'class="notice notice--warn"' not in desk.get(f"/tickets/{number}/").content.decode()
    assert say(desk, number) != waits
    assert queries.public(delivery)["error"] is None


def test_only_those_who_may_set_it_up_are_led_there(client: Client, company: People, settings: Any) -> None:
    settings.SMTP_URL = ""
    number = company.ticket().pk
    client.force_login(company.anna)
    assert "/settings/mailboxes/" not in client.get(f"/tickets/{number}/").content.decode()
    client.force_login(company.admin)
    assert "/settings/mailboxes/" in client.get(f"/tickets/{number}/").content.decode()


def test_all_that_waits_is_tried_now_and_once(client: Client, company: People, settings: Any) -> None:
    settings.SMTP_URL = "smtp://mail.example:25"
    for _number in range(2):
        tickets.reply(company.ticket(), body_text="Выезжаем.", by=company.actor(company.anna))
    later = now() + timedelta(hours=1)
    Delivery.objects.update(run_at=later, attempts=3, error_code="unreachable")
    client.force_login(company.anna)
    assert "/outbox/again/" in client.get("/outbox/?tab=waiting").content.decode()
    assert client.post("/outbox/again/").status_code == 302
    assert not Delivery.objects.filter(run_at__gt=now()).exists()
    assert set(Delivery.objects.values_list("attempts", "error_code")) == {(0, "")}
    assert actions.send_waiting_again(by=company.actor(company.anna)) == 0
    assert Event.objects.filter(kind="mail.retried").count() == 2


def test_a_reply_that_can_still_be_taken_back_is_left_alone(company: People, settings: Any) -> None:
    settings.SMTP_URL = "smtp://mail.example:25"
    tickets.reply(company.ticket(), body_text="Выезжаем.", by=company.actor(company.anna))
    tried = Delivery.objects.get()
    Delivery.objects.update(run_at=now() + timedelta(hours=1), attempts=1, error_code="unreachable")
    _message, step = send_reply(company.ticket(), body_text="Ой", by=company.actor(company.anna))
    held = Delivery.objects.exclude(pk=tried.pk).get()
    assert step is not None
    assert actions.send_waiting_again(by=company.actor(company.boris)) == 1
    assert Delivery.objects.get(pk=held.pk).run_at == held.run_at
    assert undo_reply(step, by=company.actor(company.anna))
    assert list(Delivery.objects.all()) == [tried]


def test_a_stranger_sends_nothing_again(company: People) -> None:
    with pytest.raises(Forbidden):
        actions.send_waiting_again(by=company.actor(company.observer))
