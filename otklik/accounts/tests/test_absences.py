"""Absences: who may enter them, what cannot be, what the stand-in sees and hears, and how they end."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.db import connections, transaction

from otklik.accounts import actions
from otklik.accounts.models import Absence, User
from otklik.accounts.queries import actor_for, end_of_chains, stand_in_of, stood_in_for
from otklik.core.actor import Actor
from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.core.deputies import recipients_of
from otklik.core.errors import Conflict, Forbidden, Invalid
from otklik.core.events import Event
from otklik.core.moments import Moment, run_due_moments
from otklik.core.settings_store import set_value
from otklik.testing.people import People, people
from otklik.testing.tools import assert_statements, desk_client
from otklik.tickets import actions as tickets
from otklik.tickets import queries
from otklik.tickets.actions import Incoming

DAY = timedelta(days=1)
type Committing = Callable[..., AbstractContextManager[Any]]


def away(person: User, stand_in: User, *, start: timedelta = -DAY, end: timedelta | None = 3 * DAY) -> Absence:
    """Enter an absence of a person, counted from now, as he does it himself."""
    made = actions.plan_absence(
        person, starts_at=now() + start, ends_at=None if end is None else now() + end, stand_in=stand_in,
        reason="Отпуск", by=actor_for(person),
    )  # fmt: skip
    forget("directories")
    return made


def test_stand_in_sees_the_work_and_hears_of_it_while_it_lasts(company: People) -> None:
    set_value("agents_see", "teams", by=Actor.system())
    ticket = company.ticket(team=company.field, assignee=company.anna)
    boris = desk_client(company.boris)
    assert boris.get(f"/tickets/{ticket.pk}/").status_code == 404
    stamp = User.objects.get(pk=company.boris.pk).access_stamp
    absence = away(company.anna, company.boris)
    assert User.objects.get(pk=company.boris.pk).access_stamp != stamp
    page = boris.get("/tickets/?folder=mine").content.decode()
    assert ticket.subject in page
    assert "за: Анна Лебедева" in page
    assert "avatar--away" in page
    assert boris.get(f"/tickets/{ticket.pk}/").status_code == 200
    actor = actor_for(company.boris)
    assert queries.counters(actor, [])["mine"] == 1
    assert queries.counters_of_many([actor], [])[actor]["mine"] == 1
    assert recipients_of([company.anna.pk]) == {company.anna.pk: (company.anna.pk, company.boris.pk)}
    assert stand_in_of(company.anna) == company.boris
    assert not queries.visible_to(actor_for(company.observer)).filter(pk=ticket.pk).exists()
    assert actions.end_absence(absence, by=actor_for(company.anna)) is True
    assert actions.end_absence(absence, by=actor_for(company.anna)) is False
    forget("directories")
    assert boris.get(f"/tickets/{ticket.pk}/").status_code == 404
    assert recipients_of([company.anna.pk]) == {company.anna.pk: (company.anna.pk,)}
    kinds = Event.objects.filter(kind__startswith="user.absence").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["user.absence_planned", "user.absence_begun", "user.absence_ended"]
    assert not Moment.objects.filter(kind__startswith="absence.").exists()


def test_pages_keep_their_budgets_for_a_stand_in(company: People) -> None:
    ticket = company.ticket(assignee=company.anna)
    away(company.anna, company.boris)
    boris = desk_client(company.boris)
    for warm in (f"/tickets/{ticket.pk}/", "/tickets/?folder=mine"):
        boris.get(warm)
    with assert_statements(4):
        assert boris.get("/tickets/?folder=mine").status_code == 200
    with assert_statements(8):  # six of the card, one for each panel of the mail room
        card = boris.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "замещает Борис Кручинин" in card


def test_chooser_warns_and_an_answer_keeps_the_assignee(company: People) -> None:
    ticket = company.ticket(assignee=company.anna)
    with time_machine.travel(datetime(2026, 12, 1, 9, tzinfo=UTC), tick=False):
        actions.plan_absence(
            company.anna, starts_at=now(), ends_at=datetime(2026, 12, 5, 21, tzinfo=UTC), stand_in=company.boris,
            reason="Отпуск", by=actor_for(company.anna),
        )  # fmt: skip
        forget("directories")
        menu = desk_client(company.vera).get(f"/tickets/{ticket.pk}/assignment/").content.decode()
        assert "Отпуск до 5\xa0дек., замещает Борис Кручинин" in menu
        tickets.change_status(ticket, status="solved", by=actor_for(company.vera))
        answer = Incoming(
            author=company.clara,
            channel=company.mailbox,
            at=now(),
            subject="Снова",
            body_text="Не холодит",
            ticket=ticket,
        )
        with transaction.atomic():
            tickets.receive([answer])
    ticket.refresh_from_db()
    assert ticket.is_open
    assert ticket.assignee_id == company.anna.pk


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [(2 * DAY, 4 * DAY, "starts_at"), (-2 * DAY, 2 * DAY, "ends_at"), (-2 * DAY, None, "ends_at"),
     (5 * DAY, 4 * DAY, "ends_at"), (-5 * DAY, -4 * DAY, "ends_at"), (3000 * DAY, None, "starts_at")],
)  # fmt: skip
def test_times_that_cannot_be_name_their_field(
    company: People, start: timedelta, end: timedelta | None, field: str
) -> None:
    away(company.anna, company.boris, start=DAY, end=3 * DAY)
    with pytest.raises(Invalid) as error:
        away(company.anna, company.vera, start=start, end=end)
    assert error.value.errors[0][0] == field
    away(company.anna, company.vera, start=3 * DAY, end=4 * DAY)


def test_only_who_can_work_the_tickets_stands_in(company: People) -> None:
    for unfit in (company.anna, company.observer, company.technician):
        with pytest.raises(Invalid) as error:
            away(company.anna, unfit)
        assert error.value.errors[0][0] == "stand_in"
    with pytest.raises(Forbidden):
        actions.plan_absence(
            company.anna, starts_at=now(), ends_at=None, stand_in=company.vera, reason="Отпуск",
            by=actor_for(company.boris),
        )  # fmt: skip
    absence = away(company.anna, company.vera)
    with pytest.raises(Forbidden):
        actions.end_absence(absence, by=actor_for(company.boris))
    assert desk_client(company.boris).post(f"/absences/{absence.pk}/end/").status_code == 404
    assert desk_client(company.vera).post(f"/absences/{absence.pk}/end/").status_code == 302
    assert stood_in_for(company.vera.pk) == frozenset()


def test_chain_leads_to_who_is_there_and_a_circle_is_refused(company: People) -> None:
    away(company.anna, company.boris)
    second = away(company.boris, company.vera, end=2 * DAY)
    assert stood_in_for(company.vera.pk) == {company.anna.pk, company.boris.pk}
    assert stood_in_for(company.boris.pk) == frozenset()
    with pytest.raises(Invalid, match="круг") as error:
        away(company.vera, company.anna, start=DAY, end=5 * DAY)
    assert error.value.errors[0][0] == "stand_in"
    away(company.vera, company.anna, start=4 * DAY, end=5 * DAY)
    actions.end_absence(second, by=actor_for(company.boris))
    assert stood_in_for(company.boris.pk) == {company.anna.pk}
    assert end_of_chains({1: 2, 2: 1, 3: 4, 4: 5}) == {3: 5, 4: 5}


def test_moments_begin_and_end_it_once(company: People) -> None:
    absence = away(company.anna, company.boris, start=DAY, end=2 * DAY)
    assert User.objects.get(pk=company.anna.pk).absence_id is None
    with time_machine.travel(now() + DAY + timedelta(seconds=1)):
        run_due_moments()
        assert User.objects.get(pk=company.anna.pk).absence_id == absence.pk
        assert actions.begin_absence(absence.pk, by=Actor.system()) is False
    with time_machine.travel(now() + 2 * DAY + timedelta(seconds=1)):
        run_due_moments()
    assert User.objects.get(pk=company.anna.pk).absence_id is None
    assert Event.objects.get(kind="user.absence_ended").data["early"] is False


def test_end_stand_in_and_reason_change_while_it_lasts_or_lies_ahead(company: People) -> None:
    anna = actor_for(company.anna)
    absence = away(company.anna, company.boris, end=2 * DAY)
    stamp = User.objects.get(pk=company.vera.pk).access_stamp
    later = now() + 5 * DAY
    for changed in (True, False):
        done = actions.change_absence(absence, ends_at=later, stand_in=company.vera, reason=" Больничный ", by=anna)
        assert done is changed
    absence.refresh_from_db()
    assert (absence.ends_at, absence.stand_in, absence.reason) == (later, company.vera, "Больничный")
    assert stood_in_for(company.vera.pk) == {company.anna.pk}
    assert stood_in_for(company.boris.pk) == frozenset()
    assert User.objects.get(pk=company.vera.pk).access_stamp != stamp
    event = Event.objects.get(kind="user.absence_changed")
    assert event.data["changes"]["stand_in"] == ["Борис Кручинин", "Вера Стоянова"]
    assert event.data["changes"]["reason"] == ["Отпуск", "Больничный"]
    assert actions.end_absence_in_time(absence.pk, by=Actor.system()) is False  # the old end was on its way
    with time_machine.travel(now() + 2 * DAY + timedelta(seconds=1)):
        run_due_moments()
        assert User.objects.get(pk=company.anna.pk).absence_id == absence.pk
    with time_machine.travel(later + timedelta(seconds=1)):
        run_due_moments()
    assert User.objects.get(pk=company.anna.pk).absence_id is None
    with pytest.raises(Conflict):
        actions.change_absence(absence, ends_at=None, stand_in=company.vera, reason="Отпуск", by=anna)
    ahead = away(company.anna, company.boris, start=8 * DAY, end=9 * DAY)
    assert actions.change_absence(ahead, ends_at=None, stand_in=company.boris, reason="Отпуск", by=anna)
    assert not Moment.objects.filter(kind="absence.end", subject_id=ahead.pk).exists()
    assert Moment.objects.filter(kind="absence.begin", subject_id=ahead.pk).exists()


def test_what_cannot_be_changed_names_its_field_and_strangers_change_nothing(company: People) -> None:
    absence = away(company.anna, company.boris, end=2 * DAY)
    away(company.anna, company.vera, start=4 * DAY, end=5 * DAY)
    away(company.vera, company.anna, start=10 * DAY, end=11 * DAY)
    anna = actor_for(company.anna)
    held = {"ends_at": absence.ends_at, "stand_in": company.boris, "reason": "Отпуск"}
    for wrong, field in (
        ({"ends_at": now() + 5 * DAY}, "ends_at"), ({"ends_at": now() - DAY / 2}, "ends_at"),
        ({"ends_at": None}, "ends_at"),
        ({"reason": " "}, "reason"), ({"reason": "о" * 81}, "reason"), ({"stand_in": company.anna}, "stand_in"),
        ({"stand_in": company.observer}, "stand_in"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as error:
            actions.change_absence(absence, **(held | wrong), by=anna)  # type: ignore[arg-type]
        assert error.value.errors[0][0] == field, wrong
    for stranger in (company.boris, company.observer):
        with pytest.raises(Forbidden):
            actions.change_absence(absence, **(held | {"reason": "x"}), by=actor_for(stranger))  # type: ignore[arg-type]
        assert desk_client(stranger).get(f"/absences/{absence.pk}/").status_code == 404
    assert not Event.objects.filter(kind="user.absence_changed").exists()


def test_page_changes_an_absence_in_days_of_its_person(company: People) -> None:
    User.objects.filter(pk=company.anna.pk).update(time_zone="Asia/Vladivostok")
    absence = away(User.objects.get(pk=company.anna.pk), company.boris, end=None)
    vera = desk_client(company.vera)
    assert f"/absences/{absence.pk}/" in vera.get("/absences/").content.decode()
    page = vera.get(f"/absences/{absence.pk}/").content.decode()
    assert 'value="Отпуск"' in page
    form = {"ends_on": "2031-02-03", "stand_in": str(company.vera.pk), "reason": "Отпуск"}
    with time_machine.travel(datetime(2031, 1, 20, tzinfo=UTC)):
        vera = desk_client(company.vera)
        for wrong in ({"x": "1"}, {"ends_on": "завтра"}, {"stand_in": str(company.anna.pk)}):
            assert vera.post(f"/absences/{absence.pk}/", form | wrong).status_code == 422
        assert vera.post(f"/absences/{absence.pk}/", form).status_code == 302
        assert "2031-02-03" in vera.get(f"/absences/{absence.pk}/").content.decode()
    absence.refresh_from_db()
    assert absence.ends_at == datetime(2031, 2, 3, 14, tzinfo=UTC)
    actions.end_absence(absence, by=actor_for(company.vera))
    assert vera.get(f"/absences/{absence.pk}/").status_code == 404


@pytest.mark.parametrize("who", ["anna", "boris"])
def test_blocking_either_ends_it(company: People, who: str) -> None:
    absence = away(company.anna, company.boris)
    later = away(company.anna, company.boris, start=10 * DAY, end=11 * DAY)
    actions.block_user(getattr(company, who), by=actor_for(company.admin))
    assert Absence.objects.filter(pk__in=[absence.pk, later.pk], over_at=None).count() == 0
    assert User.objects.get(pk=company.anna.pk).absence_id is None


def test_page_enters_days_of_ones_own_zone(company: People) -> None:
    User.objects.filter(pk=company.anna.pk).update(time_zone="Asia/Vladivostok")
    form = {"starts_on": "2030-02-01", "ends_on": "2030-02-03", "stand_in": str(company.boris.pk), "reason": "Отпуск"}
    with time_machine.travel(datetime(2030, 1, 20, tzinfo=UTC)):
        anna = desk_client(User.objects.get(pk=company.anna.pk))
        assert anna.post("/absences/", form | {"who": "1"}).status_code == 422
        wrong = anna.post("/absences/", form | {"ends_on": "завтра"})
        assert wrong.status_code == 422
        assert "Укажите день" in wrong.content.decode()
        assert anna.post("/absences/", form | {"person": str(company.boris.pk)}).status_code == 403
        assert anna.post("/absences/", form).status_code == 302
        assert "до 3\xa0февр." in desk_client(company.vera).get("/absences/").content.decode()
    absence = Absence.objects.get()
    assert absence.starts_at == datetime(2030, 1, 31, 14, tzinfo=UTC)
    assert absence.ends_at == datetime(2030, 2, 3, 14, tzinfo=UTC)


def test_api_enters_lists_and_ends(company: People) -> None:
    _row, plain = actions.create_token(company.anna, name="n", scopes=["write"], by=actor_for(company.anna))
    _row, reading = actions.create_token(company.vera, name="n", scopes=["read"], by=actor_for(company.vera))
    client, head = desk_client(), {"Authorization": f"Bearer {plain}"}
    body = {"stand_in": company.boris.pk, "reason": "Отпуск", "starts_at": (now() - DAY).isoformat()}
    sent = {"content_type": "application/json"}
    made = client.post("/api/v1/absences", body, headers=head, **sent)
    assert (made.status_code, made.json()["state"]) == (201, "running")
    again = client.post("/api/v1/absences", body, headers=head, **sent)
    assert (again.status_code, again.json()["errors"][0]["field"]) == (422, "starts_at")
    assert client.post("/api/v1/absences", body | {"x": 1}, headers=head, **sent).status_code == 422
    path, stranger = f"/api/v1/absences/{made.json()['id']}", {"Authorization": f"Bearer {reading}"}
    assert client.get(path, headers=stranger).json()["stand_in"]["name"] == "Борис Кручинин"
    ends = (now() + DAY).isoformat()
    assert client.patch(path, {"ends_at": ends}, headers=stranger, **sent).status_code == 403
    assert client.patch(path, {"person": 1}, headers=head, **sent).status_code == 422
    changed = client.patch(path, {"ends_at": ends, "stand_in": company.vera.pk}, headers=head, **sent).json()
    assert (changed["stand_in"]["name"], changed["reason"], changed["ends_at"][:10]) == (
        "Вера Стоянова",
        "Отпуск",
        ends[:10],
    )
    assert client.patch(path, {"ends_at": None}, headers=head, **sent).json()["ends_at"] is None
    assert client.delete(path, headers=stranger).status_code == 403
    assert client.delete(path, headers=head).json()["state"] == "over"
    assert client.patch(path, {"reason": "x"}, headers=head, **sent).status_code == 409
    assert len(client.get("/api/v1/absences", headers=head).json()["items"]) == 1


def test_reasons_are_read_in_ones_own_language(company: People) -> None:
    absence = away(company.anna, company.boris)
    assert "Отпуск" in desk_client(company.boris).get("/absences/").content.decode()
    User.objects.filter(pk=company.vera.pk).update(language="en")
    page = desk_client(company.vera).get("/absences/").content.decode()
    assert "Vacation" in page
    assert "Sick leave" in page
    assert "Отпуск" not in page
    User.objects.filter(pk=company.admin.pk).update(language="en")
    assert "Отпуск" not in desk_client(company.admin).get(f"/settings/people/{company.anna.pk}/").content.decode()
    Absence.objects.filter(pk=absence.pk).update(reason="Рыбалка")
    assert "Рыбалка" in desk_client(company.vera).get("/absences/").content.decode()
    set_value("absence_reasons", ["Ремонт дома", "Рыбалка = Fishing"], by=Actor.system())
    page = desk_client(company.vera).get("/absences/").content.decode()
    assert "Fishing" in page
    assert "Ремонт дома" in page
    with pytest.raises(Invalid):
        set_value("absence_reasons", [f"Да = {'x' * 81}"], by=Actor.system())


@pytest.mark.django_db(transaction=True)
def test_two_who_name_each_other_at_once_make_no_circle() -> None:
    company = people()
    start = Barrier(2)

    def enter(person: User, stand_in: User) -> bool:
        start.wait()
        try:
            away(person, stand_in)
        except Invalid:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(enter, (company.anna, company.boris), (company.boris, company.anna)))
    assert sorted(results) == [False, True]


@pytest.mark.django_db(transaction=True)
def test_two_who_change_an_absence_into_a_circle_at_once_do_not() -> None:
    company = people()
    first = away(company.anna, company.vera)
    second = away(company.boris, company.vera)
    start = Barrier(2)

    def change(absence: Absence, stand_in: User) -> bool:
        start.wait()
        try:
            return actions.change_absence(
                absence, ends_at=absence.ends_at, stand_in=stand_in, reason="Отпуск", by=actor_for(company.vera)
            )
        except Invalid:
            return False
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(change, (first, second), (company.boris, company.anna)))
    assert sorted(results) == [False, True]
