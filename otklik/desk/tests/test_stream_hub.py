"""The hub: who is told what, from which place on, and whose stream ends. Its thread is the test's own here."""

import asyncio
from collections.abc import Iterator

import pytest

from otklik.accounts.app_settings import SECOND_FACTOR_ROLES
from otklik.accounts.models import CustomRole, Membership, User
from otklik.accounts.sessions import SessionStore
from otklik.accounts.web import rights_mark
from otklik.core.actor import Actor
from otklik.core.events import Live, dispatch_batch, last_seq
from otklik.core.settings_store import set_value
from otklik.desk.streams import hub as hubs
from otklik.desk.streams.asking import Opening, Refused
from otklik.desk.streams.hub import Hub
from otklik.desk.streams.news import MOST, News, frame
from otklik.desk.streams.stream import Stream
from otklik.presence.actions import leave, look
from otklik.testing.people import People
from otklik.testing.tools import assert_statements, desk_client
from otklik.tickets import actions
from otklik.tickets.app_settings import AGENTS_SEE


def _told() -> None:
    while dispatch_batch():
        pass


class Process:
    """A hub whose turns are taken by hand, and its event loop."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.loop = asyncio.new_event_loop()

    def turn(self) -> None:
        """Let the hub read and the loop hear it."""
        self.hub._turn()
        self.loop.run_until_complete(asyncio.sleep(0))

    def open(self, user: User, since: int | None = None) -> Stream:
        """Open a stream of a signed-in browser; what it begins with is still waiting in it."""
        return self.open_session(desk_client(user).cookies["otklik_session"].value, since)

    def open_session(self, key: str, since: int | None = None) -> Stream:
        """Open a stream of a session."""
        answer: asyncio.Future[Stream] = self.loop.create_future()
        self.hub._asked.put(Opening(key, since, self.loop, answer))
        self.turn()
        return answer.result()


@pytest.fixture
def process(company: People) -> Iterator[Process]:
    _told()
    process = Process()
    yield process
    process.loop.close()


def test_stranger_and_ended_session_are_refused(process: Process, company: People) -> None:
    with pytest.raises(Refused) as refused:
        process.open_session("x" * 32)
    assert refused.value.status == 401
    key = desk_client(company.anna).cookies["otklik_session"].value
    User.objects.filter(pk=company.anna.pk).update(is_active=False)
    with pytest.raises(Refused):
        process.open_session(key)


def test_change_is_told_once_with_its_place(process: Process, company: People) -> None:
    stream = process.open(company.anna)
    assert stream.take().counters is not None
    ticket = company.ticket()
    _told()
    process.turn()
    news = stream.take()
    assert (news.tickets, news.counters and news.counters["open"]) == ({ticket.pk}, "1")
    assert process.hub.told == last_seq()
    process.turn()
    assert not stream.take()


def test_return_to_a_place_hears_what_came_since_and_nothing_twice(process: Process, company: People) -> None:
    first, second = company.ticket(), company.ticket()
    _told()
    seqs = dict(Live.objects.values_list("subject_id", "seq"))
    assert process.open(company.anna, seqs[first.pk]).take().tickets == {second.pk}
    assert process.open(company.boris, seqs[second.pk]).take().tickets == set()
    third = company.ticket()
    _told()
    again = process.open(company.vera, seqs[second.pk])
    assert again.take().tickets == {third.pk}
    process.turn()
    assert again.take().tickets == set()


def test_place_ahead_of_this_process_is_told_nothing_twice(process: Process, company: People) -> None:
    process.open(company.boris)
    ticket = company.ticket()
    _told()  # another process has told it already
    answer: asyncio.Future[Stream] = process.loop.create_future()
    key = desk_client(company.anna).cookies["otklik_session"].value
    process.hub._let_in(Opening(key, last_seq(), process.loop, answer))
    process.turn()
    assert ticket.pk not in answer.result().take().tickets


@pytest.mark.parametrize("since", [1, 10**15])
def test_place_that_is_not_kept_resets(process: Process, company: People, since: int) -> None:
    for _ in range(3):
        company.ticket()
    _told()
    Live.objects.exclude(seq=last_seq()).delete()
    assert process.open(company.anna, since).take().reset


def test_too_much_missed_resets(process: Process, company: People) -> None:
    seq = last_seq()
    row = Live.objects.order_by("-seq").first()
    at = row.at if row else company.ticket().created_at
    Live.objects.bulk_create(
        Live(at=at, topic="x", subject_kind=1, subject_id=number, event_id=1) for number in range(1, MOST + 2)
    )
    assert process.open(company.anna, seq).take().reset


def test_reader_is_told_only_what_he_may_see(process: Process, company: People) -> None:
    set_value("agents_see", "teams", by=Actor.system())
    anna, vera, gleb = (process.open(user) for user in (company.anna, company.vera, company.technician))
    for stream in (anna, vera, gleb):
        stream.take()
    foreign, own = company.ticket(team=company.field), company.ticket(team=company.desk)
    given = company.ticket(assignee=company.technician)
    _told()
    process.turn()
    assert vera.take().tickets == {foreign.pk, own.pk, given.pk}
    assert anna.take().tickets == {own.pk, given.pk}  # the third is of no team
    assert gleb.take().tickets == {given.pk}


def test_limited_reader_looks_again_when_something_may_have_left_his_sight(process: Process, company: People) -> None:
    set_value("agents_see", "teams", by=Actor.system())
    ticket, foreign = company.ticket(team=company.desk), company.ticket(team=company.field)
    _told()
    anna, vera = process.open(company.anna), process.open(company.vera)
    for stream in (anna, vera):
        stream.take()
    vera_acts = company.actor(company.vera)
    actions.edit_properties(foreign, priority=4, by=vera_acts)
    _told()
    process.turn()
    assert not anna.take().moved  # nothing of it is her business
    actions.assign(ticket, team=company.field, by=vera_acts)
    _told()
    process.turn()
    news = anna.take()
    assert (news.moved, news.tickets) == (True, set())
    assert b'"moved":true' in frame(news, 1)
    seen = vera.take()
    assert (seen.moved, seen.tickets) == (False, {ticket.pk, foreign.pk})


def test_counters_of_many_are_those_of_each(process: Process, company: People) -> None:
    from otklik.desk.counting import counters_of_many, folder_counters, menu_counters

    company.ticket(assignee=company.anna)
    company.ticket(assignee=company.technician, team=company.field)
    company.ticket(team=company.desk)
    people = [company.actor(user) for user in (company.anna, company.boris, company.vera, company.technician)]
    for limited in ("all", "teams"):
        set_value("agents_see", limited, by=Actor.system())
        counted = counters_of_many(people)
        each = [folder_counters(actor) | menu_counters(actor) for actor in people]
        assert [counted[actor] for actor in people] == each


def _stop_working(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def _change_role(user: User) -> None:
    User.objects.filter(pk=user.pk).update(role="observer")


def _change_stamp(user: User) -> None:
    User.objects.filter(pk=user.pk).update(security_stamp="x")


def _leave_team(user: User) -> None:
    Membership.objects.filter(user=user).delete()


def _sign_out(user: User) -> None:
    SessionStore.get_model_class().objects.all().delete()


@pytest.mark.parametrize("what", [_stop_working, _change_role, _change_stamp, _leave_team, _sign_out])
def test_stream_ends_when_rights_change(
    process: Process, company: People, monkeypatch: pytest.MonkeyPatch, what: object
) -> None:
    stream, other = process.open(company.anna), process.open(company.vera)
    monkeypatch.setattr(hubs, "RECHECK", 0.0)
    process.turn()
    assert (stream.ended, other.ended) == ("", "")
    what(company.anna)  # type: ignore[operator]
    process.turn()
    assert stream.ended == "rights"
    assert other.ended == ("rights" if what is _sign_out else "")


@pytest.mark.parametrize(("key", "value"), [(AGENTS_SEE, "teams"), (SECOND_FACTOR_ROLES, ["agent"])])
def test_stream_ends_when_a_setting_takes_rights(
    process: Process, company: People, monkeypatch: pytest.MonkeyPatch, key: str, value: object
) -> None:
    stream, mark = process.open(company.anna), rights_mark(company.actor(company.anna))
    monkeypatch.setattr(hubs, "RECHECK", 0.0)
    process.turn()
    assert stream.ended == ""
    set_value(key, value, by=Actor.system())
    process.turn()
    assert stream.ended == "rights"
    assert rights_mark(company.actor(company.anna)) != mark


def test_stream_ends_when_a_role_of_ones_own_needs_a_second_factor(
    process: Process, company: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = CustomRole.objects.create(name="Старшие", base="agent", rights=["tickets.view"])
    User.objects.filter(pk=company.anna.pk).update(custom_role=role)
    stream, other = process.open(company.anna), process.open(company.vera)
    monkeypatch.setattr(hubs, "RECHECK", 0.0)
    process.turn()
    assert stream.ended == ""
    CustomRole.objects.filter(pk=role.pk).update(second_factor=True)
    process.turn()
    assert (stream.ended, other.ended) == ("rights", "")


def test_quiet_turn_costs_one_statement(process: Process, company: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "RELOOK", 60.0)
    company.ticket()
    _told()
    process.open(company.anna)
    process.turn()
    with assert_statements(1):
        process.turn()


def test_what_failed_is_told_at_the_next_turn(
    process: Process, company: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = process.open(company.anna)
    stream.take()
    ticket = company.ticket()
    _told()
    with monkeypatch.context() as broken:
        broken.setattr(hubs, "visible_numbers", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            process.turn()
    process.turn()
    assert stream.take().tickets == {ticket.pk}


def test_one_person_has_so_many_streams(process: Process, company: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "MOST_OF_ONE", 2)
    first = process.open(company.anna)
    process.open(company.anna)
    with pytest.raises(Refused) as refused:
        process.open(company.anna)
    assert refused.value.status == 503
    process.hub.leave(first)
    process.turn()
    process.open(company.anna)


def test_ending_process_ends_streams_and_lets_nobody_in(process: Process, company: People) -> None:
    stream = process.open(company.anna)
    process.hub.end_all()
    process.turn()
    assert stream.ended == "restart"
    with pytest.raises(Refused):
        process.open(company.anna)


def test_slow_reader_only_gathers(process: Process, company: People) -> None:
    stream = process.open(company.anna)
    for number in range(1, MOST + 50):
        stream.tell(News(tickets={number}))
    assert len(stream.pending.tickets) <= MOST
    assert stream.pending.reset


def test_presence_is_told_to_those_who_see_the_ticket_without_themselves(
    process: Process, company: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "RELOOK", 0.0)
    set_value("agents_see", "teams", by=Actor.system())
    ticket = company.ticket(team=company.desk)
    _told()
    anna, vera, gleb = (process.open(user) for user in (company.anna, company.vera, company.technician))
    for stream in (anna, vera, gleb):
        stream.take()
    look(ticket, tab="a", writing="reply", by=company.actor(company.anna))
    process.turn()
    assert vera.take().presence == {ticket.pk: {company.anna.pk: True}}
    assert anna.take().presence is None
    assert gleb.take().presence is None
    late = process.open(company.boris)
    assert late.take().presence == {ticket.pk: {company.anna.pk: True}}
    look(ticket, tab="b", by=company.actor(company.boris))
    process.turn()
    assert anna.take().presence == {ticket.pk: {company.boris.pk: False}}
    leave(ticket, tab="a", by=company.actor(company.anna))
    process.turn()
    assert late.take().presence == {}
    process.turn()
    assert not late.take()
