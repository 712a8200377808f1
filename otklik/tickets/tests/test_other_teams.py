"""An agent who sees his team only reaches no other team's ticket by merging, linking, splitting or in bulk (D-26)."""

from collections.abc import Callable

import pytest

from otklik.core.actor import Actor
from otklik.core.errors import DomainError, NotFound
from otklik.core.events import Event
from otklik.core.settings_store import set_value
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets import actions
from otklik.tickets.actions.answering_many import send_to_many
from otklik.tickets.actions.bulk import run_bulk
from otklik.tickets.actions.linking import link, unlink
from otklik.tickets.actions.merging import merge, split_message, undo_merge
from otklik.tickets.actions.sides import Letter, open_side
from otklik.tickets.models import Merge, Message, SideConversation, Ticket, TicketLink

Act = Callable[[Ticket, Ticket, Actor], object]

ACTS: dict[str, Act] = {
    "merge": lambda mine, foreign, by: merge(mine, into=foreign, by=by),
    "merge away": lambda mine, foreign, by: merge(foreign, into=mine, by=by),
    "link": lambda mine, foreign, by: link(mine, other=foreign, kind="related", by=by),
    "link from there": lambda mine, foreign, by: link(foreign, other=mine, kind="parent", by=by),
    "split": lambda mine, foreign, by: split_message(_last(foreign), by=by),
    "forward": lambda mine, foreign, by: open_side(
        foreign, Letter(body_text="Смотрите", forward=[_last(foreign).pk]), subject="х", to=["p@parts.example"], by=by
    ),
    "forward its words": lambda mine, foreign, by: open_side(
        mine, Letter(body_text="Смотрите", forward=[_last(foreign).pk]), subject="х", to=["p@parts.example"], by=by
    ),
}  # fmt: skip


def _last(ticket: Ticket) -> Message:
    return Message.objects.filter(ticket=ticket).latest("pk")


def _state() -> tuple[object, ...]:
    return (
        list(Ticket.objects.order_by("pk").values_list()), list(Message.objects.order_by("pk").values_list()),
        Merge.objects.count(), TicketLink.objects.count(), SideConversation.objects.count(), Event.objects.count(),
    )  # fmt: skip


@pytest.fixture
def pair(company: People) -> tuple[Ticket, Ticket]:
    """A ticket of Anna's team and one of the field team, which she may not see."""
    mine, foreign = company.ticket("Моя"), company.ticket("Чужая", team=company.field)
    actions.add_incoming(foreign, body_text="И ещё дверь", by=company.actor(company.vera))
    return mine, foreign


def _shut() -> None:
    set_value("agents_see", "teams", by=Actor.system())


@pytest.mark.parametrize("act", ACTS)
def test_no_act_reaches_another_teams_ticket(company: People, pair: tuple[Ticket, Ticket], act: str) -> None:
    _shut()
    before = _state()
    with pytest.raises(DomainError if act == "forward its words" else NotFound):
        ACTS[act](*pair, company.actor(company.anna))
    assert _state() == before
    if act != "forward its words":  # which is no ticket's own words
        assert ACTS[act](*pair, company.actor(company.vera))
        assert _state() != before


def test_what_was_joined_before_is_not_parted(company: People, pair: tuple[Ticket, Ticket]) -> None:
    mine, foreign = pair
    vera, anna = company.actor(company.vera), company.actor(company.anna)
    link(mine, other=foreign, kind="related", by=vera)
    row, _step = merge(company.ticket("Третья"), into=foreign, by=vera)
    _shut()
    before = _state()
    for end in (mine, foreign):
        with pytest.raises(NotFound):
            unlink(end, link_id=TicketLink.objects.get().pk, by=anna)
    assert (
        desk_client(company.anna).delete(f"/tickets/{mine.pk}/links/{TicketLink.objects.get().pk}/").status_code == 404
    )
    with pytest.raises(NotFound):
        undo_merge(row, by=anna)
    assert _state() == before


@pytest.mark.parametrize("act", ["status", "bin", "tags"])
def test_bulk_acts_leave_it_out(company: People, pair: tuple[Ticket, Ticket], act: str) -> None:
    mine, foreign = pair
    _shut()
    before = Ticket.objects.filter(pk=foreign.pk).values()[0]
    value = {"status": "solved", "tags": ["срочно"]}.get(act)
    run_bulk([mine.pk, foreign.pk], act=act, value=value, by=company.actor(company.anna))
    assert Ticket.objects.filter(pk=foreign.pk).values()[0] == before
    assert Ticket.objects.filter(pk=mine.pk).values()[0]["version"] > mine.version


def test_one_answer_for_many_leaves_it_out(company: People, pair: tuple[Ticket, Ticket]) -> None:
    mine, foreign = pair
    _shut()
    said = send_to_many(mine, [foreign], body_text="Свет дали", by=company.actor(company.anna))
    assert (said.also, len(said.refused), foreign.messages.filter(kind="reply").count()) == (0, 1, 0)


def test_pages_answer_as_if_it_were_not_there(company: People, pair: tuple[Ticket, Ticket]) -> None:
    mine, foreign = pair
    _shut()
    browser = desk_client(company.anna)
    htmx = {"HX-Request": "true"}
    before = _state()
    one = browser.post(f"/tickets/{mine.pk}/merge/", {"into": foreign.pk}, headers=htmx)
    unknown = foreign.pk + 1000
    other = browser.post(f"/tickets/{mine.pk}/merge/", {"into": unknown}, headers=htmx)
    assert one.status_code == other.status_code
    said, missing = (
        answer.content.decode().replace(str(pk), "") for answer, pk in ((one, foreign.pk), (other, unknown))
    )
    assert said == missing
    assert browser.post(f"/tickets/{foreign.pk}/links/", {"other": mine.pk, "kind": "related"}).status_code == 404
    assert _state() == before
