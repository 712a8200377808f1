"""All tags: their counters, pins on the rail, and renaming, merging and removing them with a run over their tickets."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from urllib.parse import quote

import pytest
from django.db import connection, connections, transaction

from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.core.errors import Conflict, Forbidden, Invalid, NotFound
from otklik.core.events import Event
from otklik.core.jobs import run_due_jobs
from otklik.core.settings_store import set_value
from otklik.testing.people import People, people
from otklik.testing.tools import assert_statements, desk_client
from otklik.tickets import actions, queries
from otklik.tickets.actions import Incoming, bulk_runs
from otklik.tickets.actions.tag_list import merge_tags, pin_tag, remove_tag, rename_tag, unpin_tag
from otklik.tickets.models import BulkRun, ListLayout, PinnedTag, Tag, Ticket, TicketTag
from otklik.tickets.queries.folders import _counting
from otklik.tickets.queries.tagged import PINS
from otklik.tickets.tests.test_searching import find, read_all


def _jobs() -> None:
    while run_due_jobs(limit=20, worker="test"):
        pass


def _tag(name: str) -> Tag:
    return Tag.objects.get(name=name)


def test_pin_stands_on_ones_own_rail_with_its_counter_for_free(company: People) -> None:
    first, second = company.ticket(tags=["Холод"]), company.ticket(tags=["холод"])
    anna, boris = desk_client(company.anna), desk_client(company.boris)
    for _press in range(2):
        told = anna.post("/tags/pins/", {"tag": "холод", "on": "1"}, follow=True)
    mark = f'data-count="tag-{_tag("Холод").pk}">'
    page = told.content.decode()
    assert f"{mark}2<" in page
    assert f'?tag={quote("Холод")}" aria-current="page">' in page
    assert 'aria-pressed="true" aria-label="Убрать из меню"' in page
    actions.change_status(first, status="solved", by=company.actor(company.anna))
    with assert_statements(4):
        page = anna.get("/tickets/?folder=open").content.decode()
    assert f"{mark}1<" in page
    assert mark not in boris.get("/tickets/?folder=open").content.decode()
    both = [company.actor(company.anna), company.actor(company.boris)]
    counted = queries.counters_of_many(both, [])
    assert [counted[actor] for actor in both] == [queries.counters(actor, []) for actor in both]
    assert anna.post("/tags/pins/", {"tag": "Холод"}).status_code == 302
    forget(PINS)
    assert mark not in anna.get("/tickets/?folder=open").content.decode()
    assert anna.post("/tags/pins/", {"tag": "нет", "on": "1"}).status_code == 404
    assert unpin_tag(_tag("Холод"), by=company.actor(company.anna)) is False
    with pytest.raises(Forbidden):
        pin_tag(_tag("Холод"), by=company.contact_actor(company.clara))
    assert second.is_open


def test_rail_has_room_for_twelve(company: People) -> None:
    company.ticket(tags=[f"т{number}" for number in range(13)])
    anna = company.actor(company.anna)
    tags = list(Tag.objects.order_by("pk"))
    for tag in tags[:12]:
        assert pin_tag(tag, by=anna)
    with pytest.raises(Invalid):
        pin_tag(tags[12], by=anna)
    assert len(queries.pins_of(anna)) == 12


def test_counter_follows_the_ticket_and_hides_what_is_hidden(company: People) -> None:
    ticket = company.ticket(tags=["холод"])
    foreign = company.ticket(tags=["холод"], team=company.field)
    tag, vera, anna = _tag("холод"), company.actor(company.vera), company.actor(company.anna)

    def shown(actor: object) -> int:
        return queries.tag_counters(actor, [tag.pk])[tag.pk]  # type: ignore[arg-type]

    assert shown(vera) == 2
    set_value("agents_see", "teams", by=company.actor(company.admin))
    assert (shown(vera), shown(anna)) == (2, 1)
    actions.change_status(ticket, status="solved", by=vera)
    assert (shown(vera), shown(anna)) == (1, 0)
    item = Incoming(
        author=company.clara, channel=company.mailbox, at=now(), subject="Снова", body_text="Греет", ticket=ticket
    )
    with transaction.atomic():
        actions.receive([item])
    assert (shown(vera), shown(anna)) == (2, 1)
    actions.shelving.put_in_bin(foreign, by=vera)
    assert shown(vera) == 1
    actions.shelving.restore(foreign, by=vera)
    assert shown(vera) == 2
    for row in TicketTag.objects.select_related("ticket"):
        assert row.is_open == row.ticket.is_open


def test_counters_are_read_from_the_index_of_open_ones(company: People) -> None:
    company.ticket(tags=["холод"])
    _keys, sql, params = _counting(company.actor(company.vera), False, (), (), (_tag("холод").pk,))
    assert "JOIN" not in sql
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
            assert "open_tickets_of_tag" in str(cursor.fetchall())


def test_page_shows_tags_by_name_in_few_statements(company: People) -> None:
    company.ticket(tags=["Холод", "Хлеб", "<сеть>"])
    anna = desk_client(company.anna)
    anna.get("/tags/")
    with assert_statements(5):
        page = anna.get("/tags/").content.decode()
    assert page.index("Хлеб") < page.index("Холод")
    assert "&lt;сеть&gt;" in page
    assert "Переименовать" not in page
    assert "Переименовать" in desk_client(company.vera).get("/tags/").content.decode()
    found = anna.get("/tags/", {"q": "хл"}).content.decode()
    assert "Хлеб" in found
    assert "/tickets/?tag=%D0%A5%D0%BE%D0%BB%D0%BE%D0%B4" not in found
    assert anna.get("/tags/?cursor=x").status_code == 404
    assert anna.post(f"/tags/{_tag('Хлеб').pk}/", {"act": "remove"}).status_code == 404


def test_renaming_reaches_tickets_pins_columns_and_search(company: People) -> None:
    tickets = [company.ticket(f"Заявка {number}", tags=["холод", "сеть"]) for number in range(3)]
    anna, vera = company.actor(company.anna), company.actor(company.vera)
    pin_tag(_tag("холод"), by=anna)
    ListLayout.objects.create(user=company.anna, folder="tag:холод", columns=[["subject", "l"]], sort="created")
    browser = desk_client(company.vera)
    for _press in range(2):
        told = browser.post(f"/tags/{_tag('холод').pk}/", {"act": "rename", "name": "#Морозильник"})
    assert told.status_code in {404, 409}
    assert "0 из 3" in browser.get("/tickets/bulk/runs/").content.decode()
    assert actions.tagging.set_tags(tickets[2], tags=["холод", "новое"], by=anna)  # a page that was open before
    _jobs()
    read_all()
    assert [row.tags_shown for row in Ticket.objects.order_by("pk")] == [
        ["Морозильник", "сеть"], ["Морозильник", "сеть"], ["Морозильник", "новое"],
    ]  # fmt: skip
    assert not Tag.objects.filter(name="холод").exists()
    assert [pin.name for pin in queries.pins_of(anna)] == ["Морозильник"]
    assert ListLayout.objects.get().folder == "tag:морозильник"
    assert find(anna, "tag:морозильник") == [ticket.pk for ticket in reversed(tickets)]
    assert len(find(anna, "морозильник")) == 3
    assert find(anna, "холод") == []
    event = Event.objects.get(kind="tag.renamed")
    assert (event.data["name"], event.data["new_name"], event.actor_id) == ("холод", "Морозильник", company.vera.pk)
    assert Event.objects.filter(kind="ticket.tagged", data__removed=["холод"], actor_id=company.vera.pk).count() == 2
    for ticket in Ticket.objects.all():
        assert sorted(ticket.tags.values_list("name", flat=True)) == sorted(ticket.tags_shown)
    assert rename_tag(_tag("Морозильник"), name="Морозильник", by=vera) is None
    assert rename_tag(_tag("Морозильник"), name="морозильник", by=vera) is not None
    _jobs()
    assert Ticket.objects.filter(pk=tickets[0].pk).get().tags_shown == ["морозильник", "сеть"]


def test_merging_leaves_one_word_and_can_be_taken_back(company: People) -> None:
    both, one = company.ticket(tags=["инет", "сеть"]), company.ticket(tags=["инет"])
    vera, anna = company.actor(company.vera), company.actor(company.anna)
    for name in ("инет", "сеть"):
        pin_tag(_tag(name), by=anna)
    run = merge_tags(_tag("инет"), into=_tag("сеть"), by=vera)
    with pytest.raises(Conflict):
        remove_tag(_tag("инет"), by=company.actor(company.admin))
    _jobs()
    assert [Ticket.objects.get(pk=row.pk).tags_shown for row in (both, one)] == [["сеть"], ["сеть"]]
    assert list(Tag.objects.values_list("name", flat=True)) == ["сеть"]
    assert PinnedTag.objects.count() == 1
    run.refresh_from_db()
    assert (run.changed, run.state) == (2, "done")
    for _press in range(2):
        bulk_runs.undo_run(run)
    _jobs()
    assert [Ticket.objects.get(pk=row.pk).tags_shown for row in (both, one)] == [["инет", "сеть"], ["инет"]]
    assert sorted(one.tags.values_list("name", flat=True)) == ["инет"]


def test_rails_are_as_they_were_when_a_merge_or_a_removal_is_taken_back(company: People) -> None:
    company.ticket(tags=["инет", "сеть"])
    anna, boris, vera = (company.actor(user) for user in (company.anna, company.boris, company.vera))
    for name, actors in (("инет", (anna, boris)), ("сеть", (boris, vera))):
        for actor in actors:
            pin_tag(_tag(name), by=actor)

    def rails() -> list[list[str]]:
        pins = PinnedTag.objects.order_by("tag__name")
        return [[pin.tag.name for pin in pins.filter(user_id=actor.id or 0)] for actor in (anna, boris, vera)]

    before = rails()
    assert before == [["инет"], ["инет", "сеть"], ["сеть"]]
    for begin, between in (
        (lambda: merge_tags(_tag("инет"), into=_tag("сеть"), by=vera), [["сеть"]] * 3),
        (lambda: remove_tag(_tag("инет"), by=vera), [[], ["сеть"], ["сеть"]]),
    ):
        run = begin()
        _jobs()
        assert rails() == between
        bulk_runs.undo_run(run)
        for _time in range(2):  # the worker died after the last ticket
            bulk_runs.go_on(run.pk)
            BulkRun.objects.filter(pk=run.pk).update(state="undoing")
        BulkRun.objects.filter(pk=run.pk).update(state="undone")
        assert rails() == before


def test_renaming_that_is_taken_back_leaves_nothing_of_the_new_name(company: People) -> None:
    tickets = [company.ticket(tags=["холод", "сеть"]), company.ticket(tags=["холод"])]
    anna, vera = company.actor(company.anna), company.actor(company.vera)
    pin_tag(_tag("холод"), by=anna)
    ListLayout.objects.create(user=company.anna, folder="tag:холод", columns=[["subject", "l"]], sort="created")
    run = rename_tag(_tag("холод"), name="Морозильник", by=vera)
    assert run is not None
    _jobs()
    bulk_runs.undo_run(run)
    for _time in range(2):  # the worker died after the last ticket
        bulk_runs.go_on(run.pk)
        BulkRun.objects.filter(pk=run.pk).update(state="undoing")
    assert [Ticket.objects.get(pk=row.pk).tags_shown for row in tickets] == [["холод", "сеть"], ["холод"]]
    assert sorted(Tag.objects.values_list("name", flat=True)) == ["сеть", "холод"]
    assert [pin.name for pin in queries.pins_of(anna)] == ["холод"]
    assert ListLayout.objects.get().folder == "tag:холод"
    told = [(row.data["name"], row.data["new_name"]) for row in Event.objects.filter(kind="tag.renamed").order_by("pk")]
    assert told == [("холод", "Морозильник"), ("Морозильник", "холод")]


@pytest.mark.parametrize("tagged", [False, True])
def test_a_name_that_is_in_use_meanwhile_stays_when_renaming_is_taken_back(company: People, tagged: bool) -> None:
    company.ticket(tags=["холод"])
    vera = company.actor(company.vera)
    run = rename_tag(_tag("холод"), name="Морозильник", by=vera)
    assert run is not None
    _jobs()
    if tagged:
        company.ticket(tags=["морозильник"])
    else:
        company.ticket(tags=["инет"])
        merge_tags(_tag("инет"), into=_tag("Морозильник"), by=company.actor(company.admin))
    bulk_runs.undo_run(run)
    bulk_runs.go_on(run.pk)
    assert {"холод", "Морозильник"} <= set(Tag.objects.values_list("name", flat=True))


def test_another_way_to_write_a_tag_is_taken_back_and_so_is_a_name_no_ticket_had(company: People) -> None:
    ticket, vera = company.ticket(tags=["холод", "сеть"]), company.actor(company.vera)
    Tag.objects.create(name="пусто", name_key="пусто")
    for old, new in (("холод", "ХОЛОД"), ("пусто", "Ничего")):
        run = rename_tag(_tag(old), name=new, by=vera)
        assert run is not None
        _jobs()
        assert not Tag.objects.filter(name=old).exists()
        bulk_runs.undo_run(run)
        _jobs()
    assert Ticket.objects.get(pk=ticket.pk).tags_shown == ["холод", "сеть"]
    assert sorted(Tag.objects.values_list("name", flat=True)) == ["пусто", "сеть", "холод"]


def test_removing_goes_on_where_it_was_cut_off_and_reaches_what_its_author_does_not_see(company: People) -> None:
    tickets = [company.ticket(f"Заявка {number}", tags=["старое"]) for number in range(30)]
    run = remove_tag(_tag("старое"), by=company.actor(company.vera))
    stale = BulkRun.objects.select_related("user").get(pk=run.pk)
    assert bulk_runs._do_slice(stale, company.actor(company.vera))  # and then the worker died
    assert TicketTag.objects.count() == 5
    assert actions.tagging.set_tags(tickets[0], tags=["старое", "иное"], by=company.actor(company.anna))
    _jobs()
    assert not Tag.objects.filter(name="старое").exists()
    assert Ticket.objects.get(pk=tickets[0].pk).tags_shown == ["иное"]
    assert Event.objects.filter(kind="tag.removed").count() == 1


def test_stopped_run_lets_the_tag_be_used_again(company: People) -> None:
    ticket, vera = company.ticket(tags=["старое"]), company.actor(company.vera)
    run = remove_tag(_tag("старое"), by=vera)
    with pytest.raises(NotFound):
        queries.get_tag(_tag("старое").pk)
    assert bulk_runs.stop_run(run)
    bulk_runs.go_on(run.pk)
    assert Ticket.objects.get(pk=ticket.pk).tags_shown == ["старое"]
    assert queries.get_tag(_tag("старое").pk).name == "старое"


def test_only_who_may_changes_tags_and_what_cannot_be_is_told(company: People) -> None:
    company.ticket(tags=["холод", "сеть"])
    anna, vera = company.actor(company.anna), company.actor(company.vera)
    for act in (
        lambda: rename_tag(_tag("холод"), name="x", by=anna),
        lambda: merge_tags(_tag("холод"), into=_tag("сеть"), by=anna),
        lambda: remove_tag(_tag("холод"), by=anna),
    ):
        with pytest.raises(Forbidden):
            act()
    for wrong in ("", "СЕТЬ", "д" * 41):
        with pytest.raises(Invalid) as error:
            rename_tag(_tag("холод"), name=wrong, by=vera)
        assert error.value.errors[0][0] in {"name", "tags"}
    with pytest.raises(Invalid):
        merge_tags(_tag("холод"), into=_tag("холод"), by=vera)
    browser = desk_client(company.vera)
    page = browser.post(f"/tags/{_tag('холод').pk}/", {"act": "merge", "into": "нет"})
    assert page.status_code == 422
    assert "Метки «нет» нет" in page.content.decode()
    assert browser.post(f"/tags/{_tag('холод').pk}/", {"act": "paint"}).status_code == 422
    assert browser.post("/tags/999999/", {"act": "remove"}).status_code == 404
    assert not BulkRun.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_change_a_tag_at_once_make_one_run() -> None:
    company = people()
    company.ticket(tags=["холод"])
    tag, start = _tag("холод"), Barrier(2)

    def change(user: object) -> bool:
        start.wait()
        try:
            remove_tag(tag, by=company.actor(user))  # type: ignore[arg-type]
        except Conflict:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(change, (company.vera, company.admin))) == [False, True]
    assert BulkRun.objects.count() == 1


def test_what_nobody_can_see_is_no_part_of_a_name(company: People) -> None:
    ticket = company.ticket(tags=["хо\x00лод", "\u202e"])
    assert ticket.tags_shown == ["хо лод"]
    tag = Tag.objects.get(name="хо лод")
    rename_tag(tag, name="а\x00б", by=company.actor(company.vera))
    _jobs()
    assert Ticket.objects.get(pk=ticket.pk).tags_shown == ["а б"]
