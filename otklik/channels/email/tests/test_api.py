"""REST of the ledger and the outbox: what people decide there, with strangers, repeats and narrow tokens."""

import pytest

from otklik.channels.email.ids import make_plus_address
from otklik.channels.email.keys import thread_key
from otklik.channels.email.models import Delivery, DeliveryState, Inbound
from otklik.channels.email.tests.mails import DMITRI, arrive, mail
from otklik.core.actor import Actor
from otklik.core.settings_store import set_value
from otklik.testing.api import Api
from otklik.testing.people import People
from otklik.tickets import actions
from otklik.tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db


def held(company: People) -> Inbound:
    """Let a stranger answer to a ticket of Clara."""
    (first,) = arrive(mail(), channel=company.mailbox)
    to = make_plus_address(thread_key(), first.ticket_id or 0, company.mailbox.address)
    (row,) = arrive(mail(DMITRI, subject="Re: x", text="Я тоже жду", To=to), channel=company.mailbox)
    assert row.state == "quarantined"
    return row


def test_the_mail_behind_a_message_is_told_as_the_contract_says(company: People) -> None:
    (row,) = arrive(mail(Cc="Ева <eva@berezka.example>"), channel=company.mailbox)
    messages = Api(company.anna)("get", f"/tickets/{row.ticket_id}/messages")[1]["items"]
    told = messages[0]["email"]
    assert told["from"] == {"name": "Клара Ким", "address": "clara@berezka.example"}
    assert told["cc"] == [{"name": "Ева", "address": "eva@berezka.example"}]
    assert (told["list"], told["auto_reply"], told["bounce"]) == (False, False, None)


def test_a_held_mail_is_let_in_once(company: People) -> None:
    row, api = held(company), Api(company.anna, "mail:write")
    status, entry = api("post", f"/mail/{row.pk}/join")
    assert (status, entry["state"], entry["ticket"]) == (200, "message", row.ticket_id)
    status, problem = api("post", f"/mail/{row.pk}/join")
    assert (status, problem["current"]["state"]) == (409, "message")
    assert Message.objects.filter(ticket=row.ticket_id).count() == 2


def test_a_held_mail_becomes_a_ticket_or_is_put_aside(company: People) -> None:
    row, api = held(company), Api(company.anna)
    status, entry = api("post", f"/mail/{row.pk}/dismiss")
    assert (status, entry["state"]) == (200, "ignored")
    assert api("post", f"/mail/{row.pk}/dismiss")[0] == 409
    status, entry = api("post", f"/mail/{row.pk}/release")
    assert (status, entry["state"]) == (200, "ticket")
    assert entry["ticket"] != row.ticket_id
    assert Ticket.objects.count() == 2


def test_a_mail_is_processed_again(company: People) -> None:
    (row,) = arrive(mail(), channel=company.mailbox)
    Message.objects.filter(pk=row.message_id).update(visible_text="испорчено")
    assert Api(company.anna)("post", f"/mail/{row.pk}/again")[1]["state"] == "ticket"
    assert "холодит" in Message.objects.get(pk=row.message_id).visible_text


@pytest.mark.django_db(transaction=True)
def test_a_decision_with_a_key_is_answered_again(company: People) -> None:
    row, api = held(company), Api(company.anna)
    first = api.keyed("post", f"/mail/{row.pk}/release")
    assert first[0] == 200
    assert api.keyed("post", f"/mail/{row.pk}/release") == first
    assert Ticket.objects.count() == 2
    refused = api.keyed("post", f"/mail/{row.pk}/release", key="k2")
    assert refused[0] == 409


@pytest.mark.parametrize("act", ["again", "join", "release", "dismiss"])
def test_nobody_without_the_right_decides(company: People, act: str) -> None:
    row = held(company)
    for api, status in (
        (Api(company.observer), 403), (Api(company.technician), 403), (Api(company.anna, "mail:read"), 403),
        (Api(company.anna, "tickets:write"), 403),
    ):  # fmt: skip
        assert api("post", f"/mail/{row.pk}/{act}")[0] == status
    assert Api(company.anna)("post", f"/mail/999999/{act}")[0] == 404
    set_value("agents_see", "teams", by=Actor.system())
    actions.assign(Ticket.objects.get(pk=row.ticket_id), team=company.field, assignee=None, by=Actor.system())
    assert Api(company.boris)("post", f"/mail/{row.pk}/{act}")[0] == 404
    assert Inbound.objects.get(pk=row.pk).state == "quarantined"


def test_a_narrow_token_reads_the_whole_ledger(company: People) -> None:
    held(company)
    api = Api(company.anna, "mail:read")
    assert len(api("get", "/mail")[1]["items"]) == 2
    assert api("get", "/outbox")[0] == 403
    assert api("get", "/tickets")[0] == 403


def failed(company: People) -> Delivery:
    """Let an answer of Anna fail."""
    actions.reply(company.ticket(), body_text="Едем", by=company.actor(company.anna))
    row = Delivery.objects.get()
    Delivery.objects.filter(pk=row.pk).update(state=DeliveryState.FAILED, error_code="refused", run_at=None)
    return row


def test_the_outbox_tells_what_failed_and_sends_it_again(company: People) -> None:
    row, api = failed(company), Api(company.anna, "outbox:write")
    (entry,) = api("get", "/outbox?state=failed")[1]["items"]
    assert (entry["id"], entry["recipient"], entry["kind"]) == (row.pk, "clara@berezka.example", "reply")
    assert entry["from"] == company.mailbox.address
    assert api("get", f"/outbox/{row.pk}")[1] == entry
    assert api("get", "/outbox?state=uncertain")[1]["items"] == []
    status, again = api("post", f"/outbox/{row.pk}/again")
    assert (status, again["state"]) == (200, "queued")
    assert api("post", f"/outbox/{row.pk}/again")[1]["state"] == "queued"
    Delivery.objects.filter(pk=row.pk).update(state=DeliveryState.SENT, run_at=None)
    status, problem = api("post", f"/outbox/{row.pk}/again")
    assert (status, problem["current"]["state"]) == (409, "sent")


def test_a_failed_mail_is_seen_to(company: People) -> None:
    row, api = failed(company), Api(company.anna)
    assert api("post", f"/outbox/{row.pk}/end")[1]["settled"] is True
    assert api("post", f"/outbox/{row.pk}/end")[0] == 200
    assert api("get", "/outbox?state=failed")[1]["items"] == []
    assert api("post", "/outbox/again")[1] == {"count": 0}


def test_strangers_have_no_outbox(company: People) -> None:
    row = failed(company)
    for api in (Api(company.technician), Api(company.anna, "tickets:write")):
        assert api("get", "/outbox")[0] == 403
        assert api("post", f"/outbox/{row.pk}/again")[0] == 403
    for path in (f"/outbox/{row.pk}/again", f"/outbox/{row.pk}/end", "/outbox/again"):
        assert Api(company.observer)("post", path)[0] == 403
        assert Api(company.anna, "outbox:read")("post", path)[0] == 403
    set_value("agents_see", "teams", by=Actor.system())
    actions.assign(Ticket.objects.get(), team=company.field, assignee=None, by=Actor.system())
    boris = Api(company.boris)
    assert boris("get", "/outbox")[1]["items"] == []
    for method, path in (("get", f"/outbox/{row.pk}"), ("post", f"/outbox/{row.pk}/again"),
                         ("post", f"/outbox/{row.pk}/end")):  # fmt: skip
        assert boris(method, path)[0] == 404
    assert Delivery.objects.get().state == "failed"
