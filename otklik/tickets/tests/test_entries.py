"""The directories of statuses and request types, changed by pages and programs."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import translation

from otklik.accounts import actions as accounts
from otklik.accounts.models import User
from otklik.accounts.queries import actor_for
from otklik.core.clock import now
from otklik.core.errors import Conflict, Forbidden, Invalid
from otklik.core.events import Event
from otklik.core.moments import Moment
from otklik.testing.people import People
from otklik.tickets import actions, queries
from otklik.tickets.actions.bulk import run_bulk, undo_bulk
from otklik.tickets.actions.entries import EntryFacts, add_status, add_type, change_entry
from otklik.tickets.actions.sending import schedule_reply, send_scheduled
from otklik.tickets.actions.status import CLOSE
from otklik.tickets.models import Category, Status, Step, TicketType
from otklik.tickets.queries.searching import search
from otklik.tickets.queries.understanding import understand
from otklik.webhooks.catalog import CHOICES


def named(key: str) -> Status:
    return Status.objects.get(key=key)


def order() -> list[str]:
    return list(Status.objects.values_list("key", flat=True))


@pytest.fixture
def part(company: People) -> Status:
    """A status of the workspace's own: a spare part is on its way."""
    facts = EntryFacts("Ждём запчасть", "Waiting for a part")
    return add_status(facts, category="on_hold", by=company.actor(company.admin))


def test_a_status_stands_in_its_category_and_works(company: People, part: Status) -> None:
    ticket = company.ticket()
    assert part.key == "waiting-for-a-part"
    assert order() == ["new", "open", "pending", "on_hold", "waiting-for-a-part", "solved", "closed"]
    anna = company.actor(company.anna)
    assert actions.change_status(ticket, status=part.key, by=anna)
    ticket.refresh_from_db()
    assert (ticket.category, ticket.is_open) == (Category.ON_HOLD, True)
    with translation.override("ru"):
        assert str(ticket.status) == "Ждём запчасть"
    event = Event.objects.get(kind="status.added")
    assert event.data["changes"]["category"] == [None, "on_hold"]


def test_names_keys_and_categories_are_checked(company: People, part: Status) -> None:
    admin = company.actor(company.admin)
    for facts, rest, field in (
        (EntryFacts("  ", ""), {}, "name_ru"),
        (EntryFacts("я" * 61), {}, "name_ru"),
        (EntryFacts("ждём  ЗАПЧАСТЬ"), {}, "name_ru"),
        (EntryFacts("Иное", "waiting for a Part"), {}, "name_en"),
        (EntryFacts("Активные"), {}, "name_ru"),
        (EntryFacts("Иное"), {"category": "asleep"}, "category"),
        (EntryFacts("Иное"), {"key": "Öl"}, "key"),
        (EntryFacts("Иное"), {"key": "open"}, "key"),
    ):
        with pytest.raises(Invalid) as caught:
            add_status(facts, **{"category": "open", **rest}, by=admin)
        assert caught.value.field == field
    made = add_status(EntryFacts("Выезд"), category="open", by=admin)
    assert (made.name_en, made.key) == ("Выезд", "vyezd")


def test_order_within_the_category(company: People, part: Status) -> None:
    admin = company.actor(company.admin)
    visit = add_status(EntryFacts("Выезд", "Visit"), category="on_hold", by=admin)
    change_entry(visit, EntryFacts("Выезд", "Visit", step=-1), by=admin)
    assert order()[3:6] == ["on_hold", "visit", part.key]
    change_entry(visit, EntryFacts("Выезд", "Visit", position=0), by=admin)
    assert order()[3:6] == ["visit", "on_hold", part.key]
    change_entry(visit, EntryFacts("Выезд", "Visit", position=99), by=admin)
    assert order()[3:7] == ["on_hold", part.key, "visit", "solved"]
    assert Event.objects.filter(kind="status.changed").count() == 3


def test_out_of_use_is_offered_no_more_and_keeps_its_tickets(company: People, part: Status) -> None:
    ticket = company.ticket()
    admin, anna = company.actor(company.admin), company.actor(company.anna)
    actions.change_status(ticket, status=part.key, by=anna)
    run_bulk([ticket.pk], act="status", value="open", by=anna)
    change_entry(part, EntryFacts(part.name_ru, part.name_en, in_use=False), by=admin)
    with pytest.raises(Invalid) as caught:  # though this object of the ticket has it still
        actions.change_status(ticket, status=part.key, by=anna)
    assert caught.value.field == "status"
    ticket.refresh_from_db()
    with pytest.raises(Invalid):
        actions.reply(ticket, body_text="Едем", status=part.key, by=anna)
    assert part not in queries.offered_statuses()
    undo_bulk(Step.objects.latest("pk"), by=anna)
    ticket.refresh_from_db()
    assert ticket.status == part
    assert part in queries.offered_statuses(ticket.status_id)
    actions.reply(ticket, body_text="Едем", status=part.key, by=anna)
    client = Client()
    client.force_login(company.anna)
    assert "Ждём запчасть" in client.get(f"/tickets/{ticket.pk}/").content.decode()


def test_within_a_category_nothing_is_solved_or_closed_again(company: People) -> None:
    admin, anna, ticket = company.actor(company.admin), company.actor(company.anna), company.ticket()
    remote = add_status(EntryFacts("Решена удалённо", "Solved remotely"), category="solved", by=admin)
    hook = next(choice for choice in CHOICES if choice.name == "ticket.solved")
    actions.change_status(ticket, status="solved", by=anna)
    solved, due = ticket.solved_at, Moment.objects.get(kind=CLOSE).due_at
    actions.change_status(ticket, status=remote.key, by=anna)
    ticket.refresh_from_db()
    assert (ticket.solved_at, Moment.objects.get(kind=CLOSE).due_at) == (solved, due)
    first, second = (row.data for row in Event.objects.filter(kind="ticket.status_changed").order_by("pk"))
    assert (hook.fits(first), hook.fits(second)) == (True, False)
    actions.change_status(ticket, status="open", by=anna)
    assert ticket.solved_at is None


def test_a_category_is_searched_as_a_whole(company: People, part: Status) -> None:
    anna, ticket = company.actor(company.anna), company.ticket()
    actions.change_status(ticket, status=part.key, by=anna)
    for line in ("category:on_hold", f"status:{part.key}", "status:«ждём запчасть»"):
        assert search(anna, understand(anna, line)).numbers == (ticket.pk,), line
    assert not search(anna, understand(anna, "status:on_hold")).numbers


def test_only_what_is_given_changes(company: People, part: Status) -> None:
    admin = company.actor(company.admin)
    change_entry(part, EntryFacts(name_en="Part on order"), by=admin)
    change_entry(part, EntryFacts(in_use=False), by=admin)  # this one was read before the other was written
    part.refresh_from_db()
    assert (part.name_ru, part.name_en, part.in_use) == ("Ждём запчасть", "Part on order", False)


def test_an_answer_that_waits_leaves_though_its_status_went(company: People, part: Status) -> None:
    ticket = company.ticket()
    anna = company.actor(company.anna)
    row = schedule_reply(ticket, body_text="Завтра", send_at=now() + timedelta(hours=1), status=part.key, by=anna)
    change_entry(part, EntryFacts(part.name_ru, part.name_en, in_use=False), by=company.actor(company.admin))
    assert send_scheduled(row.pk)
    ticket.refresh_from_db()
    assert (ticket.messages.filter(kind="reply").count(), ticket.status.key) == (1, "open")


def test_the_desk_keeps_what_it_sets_itself(company: People) -> None:
    with pytest.raises(Invalid) as caught:
        change_entry(named("closed"), EntryFacts("Закрыта", in_use=False), by=company.actor(company.admin))
    assert caught.value.field == "in_use"
    change_entry(named("closed"), EntryFacts("Сдана", "Handed over"), by=company.actor(company.admin))
    assert str(queries.status_by_key("closed")) in {"Сдана", "Handed over"}


def test_a_type_out_of_use_is_not_given_any_more(company: People) -> None:
    ticket = company.ticket()
    admin, anna = company.actor(company.admin), company.actor(company.anna)
    kind = add_type(EntryFacts("Монтаж", "Installation"), by=admin)
    assert list(TicketType.objects.values_list("key", flat=True))[-1] == "installation"
    actions.edit_properties(ticket, type=kind, by=anna)
    change_entry(kind, EntryFacts("Монтаж", "Installation", in_use=False), by=admin)
    kind.refresh_from_db()
    assert actions.edit_properties(ticket, type=kind, priority=3, by=anna) == ["priority"]
    actions.edit_properties(ticket, type=None, by=anna)
    with pytest.raises(Invalid) as caught:
        actions.edit_properties(ticket, type=kind, by=anna)
    assert caught.value.field == "type"


def test_strangers_repeats_and_late_forms(company: People, part: Status) -> None:
    admin = company.actor(company.admin)
    for by in (company.actor(company.vera), company.actor(company.anna)):
        with pytest.raises(Forbidden):
            add_status(EntryFacts("Х"), category="open", by=by)
        with pytest.raises(Forbidden):
            change_entry(part, EntryFacts("Х"), by=by)
    count = Event.objects.count()
    change_entry(part, EntryFacts(part.name_ru, part.name_en), version=part.version, by=admin)
    assert Event.objects.count() == count
    change_entry(part, EntryFacts("Ждём деталь", part.name_en), version=part.version, by=admin)
    with pytest.raises(Conflict):
        change_entry(part, EntryFacts("Ждём узел", part.name_en), version=part.version, by=admin)
    assert named(part.key).name_ru == "Ждём деталь"


@pytest.mark.django_db(transaction=True)
def test_two_add_the_same_at_once(company: People) -> None:
    both = Barrier(2)

    def add(user: User) -> bool:
        try:
            both.wait(120)
            add_status(EntryFacts("Выезд", "Visit"), category="open", by=actor_for(user))
        except Invalid:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(add, (company.admin, company.admin))) == [False, True]
    assert Status.objects.filter(name_ru="Выезд").count() == 1


def program(user: User, *scopes: str) -> Client:
    _row, plain = accounts.create_token(user, name="t", scopes=scopes, by=actor_for(user))
    return Client(headers={"authorization": f"Bearer {plain}"})


def send(client: Client, method: str, path: str, body: Any, **headers: str) -> tuple[int, Any]:
    answer = client.generic(method, f"/api/v1/{path}", json.dumps(body), "application/json", headers=headers)
    return answer.status_code, answer.json()


def test_programs_keep_both_directories(company: People) -> None:
    admin = program(company.admin)
    wanted = {"name_ru": "Ждём запчасть", "name_en": "Waiting for a part", "category": "on_hold", "key": "part"}
    status, made = send(admin, "POST", "statuses", wanted, **{"Idempotency-Key": "s"})
    assert (status, made["key"], made["position"], made["built_in"]) == (201, "part", 4, False)
    assert send(admin, "POST", "statuses", wanted, **{"Idempotency-Key": "s"}) == (201, made)
    status, changed = send(admin, "PATCH", "statuses/part", {"in_use": False, "version": made["version"]})
    assert (status, changed["in_use"], changed["names"]["ru"]) == (200, False, "Ждём запчасть")
    assert send(admin, "PATCH", "statuses/part", {"name_ru": "Х", "version": made["version"]})[0] == 409
    assert send(admin, "PATCH", "statuses/closed", {"in_use": False})[0] == 422
    assert send(admin, "PATCH", "statuses/nowhere", {"in_use": False})[0] == 404
    status, kind = send(admin, "POST", "types", {"name_ru": "Монтаж", "position": 0})
    assert (status, kind["position"], kind["names"]) == (201, 0, {"ru": "Монтаж", "en": "Монтаж"})
    assert send(admin, "PATCH", f"types/{kind['key']}", {"name_en": "Installation"})[1]["name"] in {
        "Монтаж",
        "Installation",
    }
    rows = admin.get("/api/v1/statuses").json()["items"]
    assert next(row for row in rows if row["key"] == "part")["in_use"] is False
    for wrong in ({"category": "asleep"}, {"name_ru": "", "name_en": ""}, {"wings": 1}, {"position": -1}):
        assert send(admin, "POST", "statuses", {"name_ru": "Y", "category": "open"} | wrong)[0] == 422


def test_programs_without_the_right(company: People, part: Status) -> None:
    for client in (program(company.vera), program(company.anna), program(company.admin, "settings:read")):
        assert send(client, "POST", "statuses", {"name_ru": "Х", "category": "open"})[0] == 403
        assert send(client, "POST", "types", {"name_ru": "Х"})[0] == 403
        assert send(client, "PATCH", f"statuses/{part.key}", {"in_use": False})[0] == 403
        assert send(client, "PATCH", "types/repair", {"in_use": False})[0] == 403
    assert named(part.key).in_use


def test_the_page_adds_moves_and_keeps_what_was_typed(company: People) -> None:
    client = Client()
    client.force_login(company.admin)
    path = "/settings/statuses/"
    assert client.post(path, {"name_ru": "Выезд", "name_en": "Visit", "category": "open"}).status_code == 302
    row = named("visit")
    form = {"id": row.pk, "version": row.version, "name_ru": "Выезд", "name_en": "Visit", "in_use": "1"}
    assert client.post(path, form | {"move": "up"}).status_code == 302
    assert order()[1:3] == ["visit", "open"]
    late = client.post(path, form | {"name_ru": "Наш выезд"})
    assert (late.status_code, "Наш выезд" in late.content.decode()) == (409, True)
    refused = client.post(path, {"name_ru": "Новая", "name_en": "Fresh", "category": "open"})
    assert (refused.status_code, 'value="Fresh"' in refused.content.decode()) == (422, True)
    assert client.post(path, {"id": "999999", "name_ru": "x"}).status_code == 404
    assert client.post("/settings/types/", {"name_ru": "Монтаж"}).status_code == 302
    assert "Монтаж" in client.get("/tickets/new/").content.decode()


def test_a_status_added_by_another_process_is_known_at_once(company: People) -> None:
    anna = company.actor(company.anna)
    queries.statuses()
    Status.objects.create(key="visit", category="open", name_ru="Выезд", name_en="Visit", position=9)
    assert "visit" not in {row.key for row in queries.statuses()}, "this process has the others in memory"
    assert queries.status_by_key("visit").name_ru == "Выезд"
    assert [str(one.shown) for one in understand(anna, "status:выезд").conditions] == ["Выезд"]
