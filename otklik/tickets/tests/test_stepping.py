"""Every kind of step has its time: later it is refused, at every door, and nothing changes."""

from datetime import timedelta

import pytest
import time_machine

from otklik.core.clock import now
from otklik.core.errors import Conflict
from otklik.testing.api import Api
from otklik.testing.people import People
from otklik.tickets import actions
from otklik.tickets.actions.answering_many import send_to_many
from otklik.tickets.actions.bulk import run_bulk
from otklik.tickets.actions.merging import merge
from otklik.tickets.actions.rewriting import remove_note
from otklik.tickets.actions.sending import send_reply
from otklik.tickets.actions.shelving import mark_spam
from otklik.tickets.actions.stepping import undo_step
from otklik.tickets.models import Message, Step, Ticket

KINDS = ("reply", "many", "bulk", "note", "spam", "merge")


def _step(company: People, kind: str) -> Step:
    anna, ticket, other = company.actor(company.anna), company.ticket("а"), company.ticket("б")
    match kind:
        case "reply":
            step = send_reply(ticket, body_text="Едем", by=anna)[1]
        case "many":
            step = send_to_many(ticket, [other], body_text="Всем", by=anna).step
        case "bulk":
            step = run_bulk([ticket.pk], act="priority", value=4, by=anna).step
        case "note":
            step = remove_note(actions.add_note(ticket, body_text="Заметка", by=anna), by=anna)
        case "spam":
            step = mark_spam(ticket, by=anna)
        case _:
            step = merge(ticket, into=other, by=anna)[1]
    assert step is not None
    return step


def _state() -> list[object]:
    return [*Ticket.objects.order_by("pk").values_list("priority", "shelf", "merged_into"),
            *Message.objects.order_by("pk").values_list("ticket", "kind", "body_text")]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_late_step_is_refused_and_in_time_it_is_undone(company: People, kind: str) -> None:
    step, anna, api = _step(company, kind), company.actor(company.anna), Api(company.anna)
    before = _state()
    with time_machine.travel(step.until + timedelta(seconds=6), tick=False):
        with pytest.raises(Conflict):
            undo_step(step, by=anna)
        status, _problem = api("POST", f"/undo/{step.pk}")
        assert (status, _state()) == (409, before)
    with time_machine.travel(min(step.until, now() + timedelta(seconds=1)), tick=False):
        undo_step(step, by=anna)
    assert _state() != before
