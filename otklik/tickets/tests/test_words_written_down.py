"""What a customer said by a call, a visit or a messenger: a colleague records it, and it counts as the customer's."""

from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse

from otklik.accounts import actions as accounts
from otklik.accounts.models import User
from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.core.errors import Invalid
from otklik.core.events import Event
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets import actions
from otklik.tickets.models import Category, Channel, Draft, Message, MessageKind, Ticket
from otklik.tickets.queries import spoken_channels

PART = {"HX-Request": "true"}
WORDS = "Звонила ещё раз: мотор гудит"


def _record(user: User, ticket: Ticket, **form: Any) -> HttpResponse:
    values = {"incoming_text": WORDS, "incoming_channel": str(spoken_channels()[0].pk)} | form
    return desk_client(user).post(f"/tickets/{ticket.pk}/incoming/", values, headers=PART)  # type: ignore[return-value]


def _last(ticket: Ticket) -> Message:
    return Message.objects.filter(ticket=ticket).latest("id")


def test_words_of_a_call_are_the_customers_and_name_who_recorded_them(company: People) -> None:
    ticket = company.ticket()
    actions.change_status(ticket, status="solved", by=company.actor(company.boris))
    assert _record(company.anna, ticket).status_code == 204
    message = _last(ticket)
    call = spoken_channels()[0]
    assert (message.kind, message.author_kind, message.author_id) == (MessageKind.INCOMING, "contact", company.clara.pk)
    assert (message.channel_id, message.body_text) == (call.pk, WORDS)
    assert message.recorded == {"by": company.anna.name, "channel": call.name, "kind": call.kind}
    fresh = Ticket.objects.get(pk=ticket.pk)
    assert (fresh.category, fresh.awaits_us, fresh.last_author_name) == (Category.OPEN, True, company.clara.name)
    kinds = list(Event.objects.filter(subject_id=ticket.pk).order_by("-id").values_list("kind", flat=True)[:3])
    assert set(kinds) == {"ticket.reopened", "message.received", "ticket.status_changed"}
    told = Event.objects.get(subject_id=ticket.pk, kind="message.received", data__message_id=message.pk)
    assert (told.actor_name, told.stored().event.describe()) == (company.anna.name, "записано обращение клиента")
    page = desk_client(company.boris).get(f"/tickets/{ticket.pk}/").content.decode()
    assert f"{call.name} · записано: {company.anna.name}" in page


def test_somebody_else_of_the_conversation_may_have_said_it_earlier(company: People) -> None:
    ticket = company.ticket()
    actions.add_person(ticket, address="sergey@berezka.example", name="Сергей", by=company.actor(company.anna))
    (person,) = Ticket.objects.get(pk=ticket.pk).people
    at = (now() - timedelta(hours=3)).replace(second=0, microsecond=0)
    form = {"incoming_author": str(person["contact_id"]), "incoming_at": at.isoformat()}
    assert _record(company.anna, ticket, **form).status_code == 204
    assert (_last(ticket).author_name, _last(ticket).created_at) == ("Сергей", at)


@pytest.mark.parametrize(
    "wrong",
    [
        {"incoming_text": " "},
        {"incoming_channel": ""},
        {"incoming_channel": "999"},
        {"incoming_author": "999999"},
        {"incoming_author": "x"},
        {"incoming_at": "tomorrow"},
        {"incoming_at": "2120-01-01T10:00"},
        {"incoming_at": "2020-01-01T10:00"},
        {"colour": "1"},
    ],
    ids=str,
)
def test_what_cannot_be_is_said_and_nothing_is_written(company: People, wrong: dict[str, str]) -> None:
    ticket = company.ticket()
    assert _record(company.anna, ticket, **wrong).status_code == 422
    assert Message.objects.filter(ticket=ticket).count() == 1


def test_dmitri_takes_no_part_so_he_said_nothing(company: People) -> None:
    with pytest.raises(Invalid) as told:
        actions.add_incoming(
            company.ticket(), body_text=WORDS, author=company.dmitri.pk, by=company.actor(company.anna)
        )
    assert told.value.field == "author"


def test_channel_of_the_directory_is_offered_until_it_is_put_out_of_use(company: People) -> None:
    ticket = company.ticket()
    Channel.objects.create(kind="chat", name="Телеграм", language="ru", created_at=now())
    forget("directories")
    row = next(row for row in spoken_channels() if row.name == "Телеграм")
    assert "Телеграм</option>" in desk_client(company.anna).get(f"/tickets/{ticket.pk}/").content.decode()
    assert _record(company.anna, ticket, incoming_channel=str(row.pk)).status_code == 204
    Channel.objects.filter(pk=row.pk).update(enabled=False)
    forget("directories")
    assert _record(company.anna, ticket, incoming_channel=str(row.pk)).status_code == 422


def test_stranger_and_reader_record_nothing(company: People) -> None:
    ticket = company.ticket(team=company.field)
    assert _record(company.observer, ticket).status_code == 404
    assert desk_client(company.anna).post("/tickets/999999/incoming/", {}, headers=PART).status_code == 404
    assert desk_client().post(f"/tickets/{ticket.pk}/incoming/", {}).status_code == 302
    assert Message.objects.filter(ticket=ticket).count() == 1


def test_closed_ticket_asks_for_a_new_one_and_keeps_the_draft(company: People) -> None:
    ticket = company.ticket()
    client = desk_client(company.anna)
    kept = {"mode": "incoming", "text": f"<p>{WORDS}</p>", "fields": '{"incoming_author": ""}'}
    assert client.post(f"/tickets/{ticket.pk}/draft/", kept, headers=PART).status_code == 200
    assert client.get(f"/tickets/{ticket.pk}/draft/").json()["incoming"]["text"] == f"<p>{WORDS}</p>"
    actions.change_status(ticket, status="closed", by=company.actor(company.boris))
    assert _record(company.anna, ticket).status_code == 422
    assert 'name="incoming_text"' not in client.get(f"/tickets/{ticket.pk}/").content.decode()
    assert Draft.objects.filter(mode="incoming").exists()
    actions.change_status(ticket, status="open", by=company.actor(company.boris))
    assert _record(company.anna, ticket).status_code == 204
    assert not Draft.objects.filter(mode="incoming").exists()


def test_program_records_once_for_a_key(company: People) -> None:
    ticket = company.ticket()
    _row, plain = accounts.create_token(company.anna, name="n", scopes=["write"], by=company.actor(company.anna))
    client, call = desk_client(), spoken_channels()[0]

    def post(body: dict[str, Any], **head: str) -> Any:
        url = f"/api/v1/tickets/{ticket.pk}/messages"
        return client.post(
            url, body, content_type="application/json", headers={"Authorization": f"Bearer {plain}"} | head
        )

    at = (now() - timedelta(hours=1)).isoformat()
    said = {"kind": "incoming", "body_text": WORDS, "channel": call.pk, "said_at": at}
    first = post(said, **{"Idempotency-Key": "call-1"})
    assert (first.status_code, first.json()["recorded_by"]) == (201, company.anna.name)
    assert first.json()["channel"]["kind"] == call.kind
    assert post(said, **{"Idempotency-Key": "call-1"}).json()["id"] == first.json()["id"]
    assert Message.objects.filter(ticket=ticket).count() == 2
    for wrong in (
        {"channel": 999}, {"author": company.dmitri.pk}, {"said_at": "2020-01-01T10:00:00Z"}, {"seen": 1},
        {"kind": "note"}, {"kind": "note", "channel": None}, {"kind": "reply", "channel": None},
    ):  # fmt: skip
        assert post(said | wrong).status_code == 422, wrong
