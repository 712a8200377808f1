"""Tickets by hand: who asks is found while one types, we write first, answers choose address and mailbox."""

import pytest
from django.test import Client

from otklik.channels.email.models import Outgoing
from otklik.contacts import actions as contacts
from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.core.errors import Forbidden, Invalid
from otklik.core.events import Event
from otklik.testing.people import People
from otklik.tickets import actions
from otklik.tickets.actions.channels import save_channel
from otklik.tickets.actions.opening import write_first
from otklik.tickets.models import Channel, Ticket
from otklik.tickets.queries.people import find_requesters


def test_requester_is_found_by_name_address_and_phone(company: People) -> None:
    anna = company.actor(company.anna)
    contacts.change_contact(company.clara, phone="+79211234567", by=anna)
    for words in ("Клара", "clara@", "+7 921 123", "8 (921) 12", "921 1234"):
        assert company.clara.pk in {row.id for row in find_requesters(anna, words)}, words
    assert find_requesters(anna, "812 555") == []
    assert find_requesters(company.contact_actor(company.dmitri), "Клара") == []


def test_we_write_first_and_the_letter_leaves(company: People) -> None:
    anna = company.actor(company.anna)
    ticket = write_first(
        subject="Плановое обслуживание", requester_email="new@romashka.example", requester_name="Роман",
        body_text="Когда вам удобно?", tags=["план"], assignee=company.anna, by=anna,
    )  # fmt: skip
    row = Ticket.objects.get(pk=ticket.pk)
    assert (row.category, row.awaits_us, row.message_count, row.requester.name) == ("pending", False, 1, "Роман")
    mail = Outgoing.objects.get()
    assert mail.to == [["Роман", "new@romashka.example"]]
    assert not mail.subject.startswith("Re:")
    assert Event.objects.get(kind="ticket.opened", subject_id=ticket.pk).data["outgoing"]


def test_we_write_first_refuses_naming_the_field_and_keeps_nothing(company: People) -> None:
    anna = company.actor(company.anna)
    good = {"subject": "а", "requester_email": "x@romashka.example", "body_text": "б", "by": anna}
    for change, field in (
        ({"subject": " "}, "subject"), ({"requester_email": ""}, "email"), ({"body_text": ""}, "body"),
        ({"requester_email": "nobody"}, "email"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            write_first(**(good | change))  # type: ignore[arg-type]
        assert refused.value.field == field
    with pytest.raises(Forbidden):
        write_first(**(good | {"by": company.actor(company.observer)}))  # type: ignore[arg-type]
    assert not Ticket.objects.exists()


def test_form_records_a_call_of_a_known_person_and_writes(company: People) -> None:
    call = save_channel(None, kind="call", name="Горячая линия", team=company.field, by=company.actor(company.admin))
    client = Client()
    client.force_login(company.anna)
    assert client.get("/tickets/new/").status_code == 200
    assert client.get("/tickets/new/requesters/?q=Клара").json()["items"][0]["id"] == company.clara.pk
    common = {"subject": "Звонок", "text": "Не холодит", "priority": "2", "tags": ""}
    answer = client.post(
        "/tickets/new/", common | {"way": "record", "channel": call.pk, "requester_id": company.clara.pk}
    )
    assert answer.status_code == 302
    ticket = Ticket.objects.get()
    assert (ticket.requester, ticket.team, ticket.channel) == (company.clara, company.field, call)
    answer = client.post("/tickets/new/", common | {"way": "write", "requester_email": "clara@berezka.example"})
    assert answer.status_code == 302
    assert Outgoing.objects.count() == 1
    assert client.post("/tickets/new/", common | {"way": "write", "requester_id": "999"}).status_code == 422


def test_answer_chooses_address_and_mailbox(company: People) -> None:
    anna = company.actor(company.anna)
    contacts.change_contact(company.clara, addresses=["clara@berezka.example", "clara@home.example"], by=anna)
    second = Channel.objects.create(kind="email", name="Сервис", address="service@desk.example", created_at=now())
    forget("directories")
    ticket = company.ticket()
    client = Client(headers={"HX-Request": "true"})
    client.force_login(company.anna)
    assert "clara@home.example" in client.get(f"/tickets/{ticket.pk}/recipients/").content.decode()
    url = f"/tickets/{ticket.pk}/replies/"
    words = {"mode": "reply", "reply_text": "Да", "to": "clara@home.example", "from_channel": second.pk}
    assert client.post(url, words).status_code == 204
    mail = Outgoing.objects.get()
    assert (mail.to[0][1], mail.from_address) == ("clara@home.example", "service@desk.example")
    assert client.post(url, words | {"to": "не адрес"}).status_code == 422
    assert client.post(url, words | {"from_channel": "77777"}).status_code == 422
    by_call = actions.open_ticket(
        subject="Звонок", requester=company.clara, body_text="а",
        channel=save_channel(None, kind="call", name="Звонки", team=None, by=company.actor(company.admin)), by=anna,
    )  # fmt: skip
    actions.reply(by_call, body_text="Ответ письмом", by=anna)
    assert Outgoing.objects.count() == 2


def test_channels_are_edited_by_the_administrator_only(company: People) -> None:
    with pytest.raises(Forbidden):
        save_channel(None, kind="call", name="x", team=None, by=company.actor(company.vera))
    with pytest.raises(Invalid):
        save_channel(None, kind="email", name="x", team=None, by=company.actor(company.admin))
    client = Client()
    client.force_login(company.admin)
    assert client.post("/settings/channels/", {"kind": "visit", "name": "Приём"}).status_code == 302
    row = Channel.objects.get(name="Приём")
    count = Event.objects.count()
    client.post("/settings/channels/", {"id": row.pk, "name": "Приём", "enabled": "1"})
    assert Event.objects.count() == count
    client.post("/settings/channels/", {"id": row.pk, "name": "Приём", "team": company.desk.pk})
    row.refresh_from_db()
    assert (row.enabled, row.team) == (False, company.desk)
    assert "Приём" in client.get("/settings/channels/").content.decode()
    assert client.post("/settings/channels/", {"id": company.mailbox.pk, "name": "x"}).status_code == 404
