"""What a colleague knows of a mail that went out: it arrived, or it came back, whatever reports say."""

import json

import pytest
from django.urls import reverse

from otklik.channels.email.models import Delivery
from otklik.channels.email.outbox.actions import correct
from otklik.channels.email.tests.mails import arrive, mail
from otklik.core.clock import now
from otklik.core.errors import Conflict, Forbidden, NotFound
from otklik.core.events import Event
from otklik.core.settings_store import set_value
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets import actions

pytestmark = pytest.mark.django_db


@pytest.fixture
def delivery(company: People) -> Delivery:
    """An answer to Clara that has gone out."""
    actions.reply(company.ticket(), body_text="Выезжаем.", by=company.actor(company.anna))
    Delivery.objects.update(state="sent", sent_at=now(), run_at=None)
    return Delivery.objects.get()


def test_a_forged_bounce_changes_no_delivery(company: People, delivery: Delivery) -> None:
    """Anybody can name Clara as failed (D-40): a hint, which Anna answers, and which then is not given again."""
    forged = {"X_Failed_Recipients": "clara@berezka.example", "Auto_Submitted": "auto-replied"}
    sender, subject = "Mail Delivery System <mailer-daemon@evil.example>", "Undelivered Mail Returned to Sender"
    (row,) = arrive(mail(sender, subject, "550 user unknown", **forged), channel=company.mailbox, **{"from": ""})
    assert (row.reason, row.ticket_id) == ("bounce", delivery.outgoing.ticket_id), row.steps
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error_code) == ("sent", "reported")
    assert correct(delivery, arrived=True, by=company.actor(company.anna))
    arrive(mail(sender, subject, "550 again", **forged), channel=company.mailbox, **{"from": ""})
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error_code) == ("sent", "arrived")
    page = desk_client(company.anna).get(f"/tickets/{delivery.outgoing.ticket_id}/").content.decode()
    assert f"/outbox/{delivery.pk}/arrival/" not in page


@pytest.mark.parametrize("arrived", [True, False])
def test_a_colleague_says_what_became_of_it(company: People, delivery: Delivery, arrived: bool) -> None:
    """Once: a second time changes nothing, and he may change his mind."""
    anna = company.actor(company.anna)
    Delivery.objects.update(error_code="reported", response="550 no")
    assert correct(delivery, arrived=arrived, by=anna)
    assert not correct(delivery, arrived=arrived, by=anna)
    assert [event.data["arrived"] for event in Event.objects.filter(kind="mail.corrected")] == [arrived]
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error_code) == (("sent", "arrived") if arrived else ("bounced", "came_back"))
    assert correct(delivery, arrived=not arrived, by=anna)
    delivery.refresh_from_db()
    assert delivery.state == ("bounced" if arrived else "sent")


def test_of_two_who_say_it_at_once_one_does(company: People, delivery: Delivery) -> None:
    """The look of the second is old: what the first wrote stands."""
    Delivery.objects.update(error_code="reported")
    anna = company.actor(company.anna)
    before = Event.objects.filter(kind="mail.corrected").count()
    stale = Delivery.objects.get()
    correct(Delivery.objects.get(), arrived=False, by=anna)
    assert correct(stale, arrived=False, by=company.actor(company.boris)) is False
    assert Event.objects.filter(kind="mail.corrected").count() == before + 1


def test_what_is_not_out_is_not_corrected(company: People, delivery: Delivery) -> None:
    """A mail that waits, failed or is in doubt has its own ways."""
    for state in ("queued", "failed", "uncertain"):
        Delivery.objects.update(state=state)
        for arrived in (True, False):
            with pytest.raises(Conflict):
                correct(delivery, arrived=arrived, by=company.actor(company.anna))


def test_strangers_and_observers(company: People, delivery: Delivery) -> None:
    """A colleague of another team gets 404, one who only looks may not."""
    url = reverse("email:delivery-arrival", args=[delivery.pk])
    with pytest.raises((Forbidden, NotFound)):
        correct(delivery, arrived=False, by=company.actor(company.observer))
    assert desk_client(company.observer).post(url, {"arrived": "no"}).status_code == 404
    set_value("agents_see", "teams", by=company.actor(company.admin))
    actions.assign(delivery.outgoing.ticket, team=company.field, by=company.actor(company.admin))  # type: ignore[arg-type]
    stranger = next(
        user
        for user in (company.anna, company.boris, company.vera)
        if company.field.pk not in company.actor(user).team_ids
    )
    assert desk_client(stranger).post(url, {"arrived": "no"}).status_code == 404
    assert Delivery.objects.get().state == "sent"


def test_the_page_and_the_program(company: People, delivery: Delivery) -> None:
    """The button says it; unknown words are refused; the API does the same."""
    anna, url = desk_client(company.anna), reverse("email:delivery-arrival", args=[delivery.pk])
    assert anna.post(url, {"arrived": "perhaps"}).status_code == 422
    assert anna.post(url, {"arrived": "no", "x": "1"}).status_code == 422
    assert anna.get(url).status_code == 405
    answer = anna.post(url, {"arrived": "no"}, headers={"HX-Request": "true"})
    assert (answer.status_code, Delivery.objects.get().state) == (204, "bounced")
    assert json.loads(answer.headers["HX-Trigger"])["ticket-changed"] == {"number": delivery.outgoing.ticket_id}
    assert url in anna.get(reverse("email:outbox") + "?tab=failed").content.decode()

    from otklik.tickets.tests.test_api import Api

    program = Api(company.anna, "outbox:read", "outbox:write")
    status, row = program("post", f"/outbox/{delivery.pk}/arrival", {"arrived": True})
    assert (status, row["state"], row["error"]) == (200, "sent", None)
    assert program("post", f"/outbox/{delivery.pk}/arrival", {"arrived": "x"})[0] == 422
    Delivery.objects.update(state="queued")
    status, refused = program("post", f"/outbox/{delivery.pk}/arrival", {"arrived": True})
    assert (status, refused["current"]["state"]) == (409, "queued")
