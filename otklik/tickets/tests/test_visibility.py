"""Who sees which tickets: the rule that every page, count, search and answer starts from."""

import pytest

from otklik.core.actor import Actor
from otklik.core.errors import NotFound
from otklik.core.settings_store import set_value
from otklik.testing.people import People
from otklik.tickets import actions, queries
from otklik.tickets.models import Follower
from otklik.tickets.tests.test_searching import find, read_all


def _numbers(actor: Actor | None) -> set[int]:
    return set(queries.visible_to(actor).values_list("pk", flat=True))


def test_stranger_sees_nothing(company: People) -> None:
    company.ticket()
    assert _numbers(None) == set()
    assert _numbers(company.contact_actor(company.dmitri)) == set()


def test_customer_sees_his_own_and_where_he_takes_part(company: People) -> None:
    own = company.ticket()
    other = company.ticket("Другая", requester=company.dmitri)
    clara = company.contact_actor(company.clara)
    assert _numbers(clara) == {own.pk}
    actions.add_person(other, address="clara@berezka.example", by=company.actor(company.anna))
    assert _numbers(clara) == {own.pk, other.pk}


def test_customer_reads_no_notes(company: People) -> None:
    ticket = company.ticket()
    note = actions.add_note(ticket, body_text="Клиент сложный", by=company.actor(company.anna))
    clara = company.contact_actor(company.clara)
    assert not queries.messages_visible_to(clara).filter(pk=note.pk).exists()
    assert note.pk not in [message.pk for message in queries.messages_of(clara, ticket)]


def test_technician_sees_only_assigned_and_followed(company: People) -> None:
    assigned = company.ticket(assignee=company.technician)
    followed = company.ticket("Вторая")
    company.ticket("Чужая")
    Follower.objects.create(ticket=followed, user=company.technician)
    assert _numbers(company.actor(company.technician)) == {assigned.pk, followed.pk}


@pytest.mark.parametrize("role", ["anna", "observer"])
def test_limited_reader_sees_his_teams_and_orphans(company: People, role: str) -> None:
    user = getattr(company, role)
    mine = company.ticket(team=company.desk)
    orphan = company.ticket("Без команды", team=None)
    foreign = company.ticket("Чужая команда", team=company.field)
    assert _numbers(company.actor(user)) == {mine.pk, orphan.pk, foreign.pk}
    set_value("agents_see", "teams", by=Actor.system())
    seen = {mine.pk, orphan.pk} if role == "anna" else {orphan.pk}
    assert _numbers(company.actor(user)) == seen
    assert _numbers(company.actor(company.vera)) == {mine.pk, orphan.pk, foreign.pk}


def test_foreign_ticket_is_not_found(company: People) -> None:
    ticket = company.ticket(team=company.field)
    set_value("agents_see", "teams", by=Actor.system())
    with pytest.raises(NotFound):
        queries.get_visible(company.actor(company.anna), ticket.pk)
    with pytest.raises(NotFound):
        queries.get_visible(company.actor(company.vera), 2**70)


def test_list_count_search_and_files_agree(company: People) -> None:
    """What one may not see is in no list, count, search or file, for each reader."""
    foreign = company.ticket("Квазимодулятор", team=company.field)
    company.ticket("Обычная", team=company.desk)
    set_value("agents_see", "teams", by=Actor.system())
    read_all()
    for user in (company.anna, company.vera, company.technician, company.observer):
        actor = company.actor(user)
        seen = foreign.pk in _numbers(actor)
        rows = {row.pk for row in queries.in_folder(actor, queries.FOLDERS[2])}
        assert (foreign.pk in rows) is seen
        assert queries.counters(actor, [])["open"] == len(rows)
        assert find(actor, "квазимодулятор") == ([foreign.pk] if seen else [])
        assert find(actor, str(foreign.pk)) == ([foreign.pk] if seen else [])


def test_counters_stop_at_the_cap(company: People, django_assert_num_queries: object) -> None:
    for position in range(5):
        company.ticket(f"Заявка {position}")
    vera = company.actor(company.vera)
    queries.pins_of(vera)  # everybody's pins are kept for a moment, as teams are
    with django_assert_num_queries(1):  # type: ignore[operator]
        counts = queries.counters(vera, [company.desk.pk])
    assert counts["open"] == counts["unassigned"] == counts[f"team-{company.desk.pk}"] == 5
    assert counts["mine"] == 0
