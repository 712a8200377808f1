"""The whole REST API under generated requests, for several principals: no failure, no answer outside the schema."""

import json
from collections import Counter
from functools import partial
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from ninja import Schema

from otklik.accounts import actions as accounts
from otklik.accounts.queries import actor_for, forget_tokens
from otklik.channels.email.ids import make_plus_address
from otklik.channels.email.keys import thread_key
from otklik.channels.email.models import Delivery, DeliveryState, EmailFact, Inbound
from otklik.channels.email.tests.mails import DMITRI, arrive, mail
from otklik.channels.webform.tests.posting import form
from otklik.core import settings_store
from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.testing.people import People
from otklik.tickets import actions
from otklik.tickets.actions.drafting import save_draft
from otklik.tickets.actions.sides import Letter, open_side
from otklik.tickets.models import Ticket
from tests.fuzzing import Findings, closed, fuzz, taken_back
from tests.routes import things

# Who knocks: a person and the scopes of his token.
PRINCIPALS: dict[str, tuple[str, list[str]]] = {
    "admin": ("admin", []),
    "supervisor": ("vera", []),
    "agent": ("anna", []),
    "technician": ("technician", []),
    "observer": ("observer", []),
    "reader": ("admin", ["read"]),
    "writer": ("anna", ["tickets:write"]),
    "contacts": ("anna", ["contacts:read"]),
    "nobody": ("", []),
}


WRITERS = {"admin", "agent", "writer"}
"""Whose requests change most: they ask more than once."""


LIKE_OTHERS = {"supervisor", "technician"}
"""Who may what an admin or an agent may, more or less: they ask in the soak alone."""


def _asking() -> list[Any]:
    everybody = [who for who in PRINCIPALS if who not in LIKE_OTHERS]
    return [who if who == "admin" else pytest.param(who, marks=pytest.mark.heavy) for who in everybody]


def _forget() -> None:
    forget()
    settings_store.forget()
    forget_tokens()


def _known(company: People, asking: str) -> dict[str, list[Any]]:
    """Return ids that exist, by the names that parameters and fields have; the first ones are of who asks."""
    anna = actor_for(company.anna)
    tickets = [company.ticket(f"Витрина {letter}", team=company.desk, tags=["холод"]) for letter in "АБВ"]
    actions.add_note(tickets[0], body_text="Едем к двум.", by=anna)
    actions.reply(tickets[0], body_text="Приедем.", by=anna)
    actions.assign(tickets[1], assignee=company.technician, by=anna)
    mails = _mail(company)
    people = [company.clara.pk, company.dmitri.pk]
    numbers = [*(ticket.pk for ticket in tickets), *(row.ticket_id for row in mails if row.ticket_id)]
    users = [company.anna.pk, company.boris.pk, company.technician.pk]
    teams = [company.desk.pk, company.field.pk]
    return {
        "number": numbers, "ticket": numbers, "ticket_id": numbers, "contact_id": people, "user_id": users,
        "assignee": users, "team_id": teams, "team": teams, "organization_id": [company.berezka.pk],
        "organization": [company.berezka.pk, company.romashka.pk], "requester": [{"id": pk} for pk in people],
        "members": [users], "teams": [teams], "followers": [users], "into": numbers + people,
        "role": ["agent", "observer"], "send_at": ["2026-12-01T10:00:00Z", now().isoformat()],
        "email": ["new@berezka.example"], "cursor": ["", "WzFd", "e30", "W10", "W1tdXQ"],
        "events": [["ticket.opened"]], "url": ["https://hooks.example/x"], "status": ["open", "solved", "pending"],
        "inbound_id": [row.pk for row in mails], "delivery_id": list(Delivery.objects.values_list("pk", flat=True)),
        "attachments": [[], [1]], "to": [["clara@berezka.example"]], "folder": ["mine", "", "unassigned"],
    } | _named(company, asking, *(tickets[1::-1] if asking == "technician" else tickets[:2]))  # fmt: skip


def _named(company: People, asking: str, ticket: Ticket, other: Ticket) -> dict[str, list[Any]]:
    """Make one of everything that an address can name; return the ids by the names of the parameters."""
    anna, admin = company.anna, company.admin
    owners = [company.anna if asking in {"", "observer"} else getattr(company, asking), anna, admin]
    save_draft(ticket, mode="reply", text="Начато", version=0, by=actor_for(owners[0]))
    things.new_draft(owners[0])
    things.export(company.clara)
    file = actions.upload(BytesIO(b"x"), name="a.txt", content_type="", size=1, by=actor_for(owners[0]))
    side = open_side(ticket, Letter(body_text="Есть?"), subject="Реле", to=["depot@parts.example"], by=actor_for(anna))
    call, note = things.webhook_delivery(), things.note(ticket, anna)
    said = ticket.messages.values_list("pk", flat=True)
    return {
        "absence_id": [things.absence(anna, company.boris).pk], "attachment_id": [file.pk], "call_id": [call.pk],
        "webhook_id": [call.webhook_id], "channel_id": [company.mailbox.pk], "mailbox_id": [company.mailbox.pk],
        "archive_id": [things.archive().pk], "form_id": [form(company).pk], "import_id": [things.an_import().pk],
        "key": ["agent", "company_name", f"role-{things.role().pk}", "agents_see"],
        "link_id": [things.link(ticket, other).pk], "message_id": [note.pk, *said],
        "mode": ["reply", "note"], "run_id": [things.run(user).pk for user in owners],
        "saved_id": [things.saved_reply(user).pk for user in owners],
        "scheduled_id": [things.scheduled(ticket, anna).pk], "sender_id": [things.spam_sender().pk],
        "side_id": [side.side.pk], "step_id": [things.step(user).pk for user in owners],
        "tag_id": [things.tag(ticket).pk], "token_id": [things.token(user) for user in owners],
    }  # fmt: skip


def _mail(company: People) -> list[Inbound]:
    """Let mails come that ended in each way, and one of ours come back; return the rows of the ledger."""
    to = {"channel": company.mailbox}
    (first,) = arrive(mail(Cc="Ева <eva@berezka.example>", Reply_To="desk@berezka.example"), **to)
    plus = make_plus_address(thread_key(), first.ticket_id or 0, company.mailbox.address)
    letter = mail(subject="Re: x", text="Ждём", To=plus, References="<a@b.example> <c@d.example>", List_Id="<l.x>")
    rest = arrive(letter, mail(DMITRI, subject="Re: y", text="Я тоже", To=plus), **to)
    rest += arrive(mail(text="Отпуск", Auto_Submitted="auto-replied"), mail(sender="", text="Чьё?"), **to)
    report = {"recipients": [{"address": "eva@berezka.example", "status": "5.1.1", "action": "failed", "reason": ""}],
              "original_message_id": None}  # fmt: skip
    EmailFact.objects.filter(message=first.message).update(bounce=report)
    assert {first.state, *(row.state for row in rest)} >= {"ticket", "message", "quarantined", "ignored"}
    failed = Delivery.objects.order_by("pk").first()
    assert failed is not None
    Delivery.objects.filter(pk=failed.pk).update(state=DeliveryState.FAILED, error_code="bounced", run_at=None)
    return [first, *rest]


def _run(company: People, principal: str, *, examples: int, seed: int) -> Findings:
    who, scopes = PRINCIPALS[principal]
    headers = {}
    if who:
        user = getattr(company, who)
        _row, plain = accounts.create_token(user, name="fuzz", scopes=scopes, by=actor_for(user))
        headers = {"authorization": f"Bearer {plain}"}
    schema = closed(json.loads(Client().get("/api/v1/openapi.json").content))
    client = Client(headers=headers, raise_request_exception=False)
    undone = partial(taken_back, _forget)
    return fuzz(schema, client, known=_known(company, who), examples=examples, seed=seed, undone=undone)


def test_every_answer_has_a_shape() -> None:
    schema = json.loads(Client().get("/api/v1/openapi.json").content)
    shapeless = [
        f"{method} {path} {status}"
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        for status, answer in operation["responses"].items()
        if status != "204" and "$ref" not in answer and not _names_a_shape(answer.get("content", {}))
    ]
    assert shapeless == []


def test_no_two_shapes_share_a_name() -> None:
    """The schema knows shapes by their names alone: of two that share one it would tell the wrong one."""
    names = Counter(shape.__name__ for shape in _below(Schema) if shape.__module__.startswith("otklik."))
    assert [name for name, count in names.items() if count > 1 and "[" not in name] == []


def _below(kind: type) -> set[type]:
    return {found for child in kind.__subclasses__() for found in (child, *_below(child))}


def _names_a_shape(content: dict[str, Any]) -> bool:
    return "application/octet-stream" in content or "$ref" in content.get("application/json", {}).get("schema", {})


@pytest.mark.parametrize("principal", _asking())
def test_api_answers_as_its_schema_says(company: People, principal: str) -> None:
    found = _run(company, principal, examples=2 if principal in WRITERS else 1, seed=7319)
    assert not found.told, str(found)
    assert found.calls > 100
    if principal == "admin":  # who may read everything has read everything: no shape is held by an empty answer alone
        assert {label for label in found.asked - found.reached if label.startswith("GET ")} == set()
    assert (201 in found.answered) == (principal not in {"observer", "reader", "contacts", "nobody"})


@pytest.mark.soak
@pytest.mark.fuzz
@pytest.mark.parametrize("principal", PRINCIPALS)
def test_api_answers_as_its_schema_says_for_long(company: People, principal: str, pytestconfig: pytest.Config) -> None:
    minutes = pytestconfig.getoption("--soak-minutes")
    found = _run(company, principal, examples=int(20 * minutes), seed=int(now().timestamp()))
    assert not found.told, str(found)
