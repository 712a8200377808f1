"""The kept parts of a card: a warm process shows what a fresh one would, and nobody's token is anybody else's."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.db import transaction

from otklik.accounts.models import Team, User
from otklik.contacts.models import Contact, Organization
from otklik.core.cached import forget
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets import actions
from otklik.tickets.models import Channel, Status, Ticket, TicketType
from otklik.tickets.presenters import parts as parts_module
from otklik.tickets.presenters.parts import parts

_FIELD = re.compile(r'<input type="hidden" name="csrfmiddlewaretoken" value="([A-Za-z0-9]+)">')


class World:
    """A ticket with everything that its parts show, looked at at a moment."""

    def __init__(self, company: People) -> None:
        self.company = company
        self.at = datetime(2026, 11, 12, 9, 0, tzinfo=UTC)
        self.query = "?folder=open"
        self.ticket = company.ticket(
            tags=["холод"], assignee=company.anna, team=company.desk, foreign_refs=[("sd", "SD-5", "https://sd.x/5")]
        )
        actions.add_person(self.ticket, address="dmitri@elsewhere.example", by=company.actor(company.anna))

    def change(self, **values: object) -> None:
        """Change the ticket's row."""
        Ticket.objects.filter(pk=self.ticket.pk).update(**values)

    def page(self, user: User | None = None) -> str:
        """Return the page without what differs each time: tokens, and the moment from which it wants news."""
        return _FIELD.sub("", re.sub(r'data-live-since="\w+"', "", self.whole(user or self.company.anna)))

    def whole(self, user: User) -> str:
        """Return the page as it comes."""
        forget("directories")
        client = desk_client(User.objects.get(pk=user.pk))
        return client.get(f"/tickets/{self.ticket.pk}/{self.query}").content.decode()


@pytest.fixture
def world(company: People, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    parts.clear()
    made = World(company)
    monkeypatch.setattr(import_module("otklik.tickets.views.card"), "now", lambda: made.at)
    yield made
    parts.clear()


def _reader(world: World, **values: object) -> None:
    User.objects.filter(pk=world.company.anna.pk).update(**values)


CHANGES: dict[str, Callable[[World], object]] = {
    "subject": lambda w: w.change(subject="Другая тема"),
    "status": lambda w: w.change(status=Status.objects.get(key="pending"), category="pending"),
    "closed": lambda w: w.change(status=Status.objects.get(key="closed"), category="closed", is_open=False),
    "status renamed": lambda w: Status.objects.filter(key="pending").update(name_ru="Ждём вестей"),
    "snoozed": lambda w: w.change(snoozed_until=w.at + timedelta(days=2)),
    "woke": lambda w: w.change(woke_at=w.at),
    "assignee": lambda w: w.change(assignee=w.company.boris),
    "nobody": lambda w: w.change(assignee=None),
    "assignee renamed": lambda w: _reader(w, name="Анна Иная"),
    "team": lambda w: w.change(team=w.company.field),
    "team's colour": lambda w: Team.objects.filter(pk=w.company.desk.pk).update(hue=5),
    "new team": lambda w: Team.objects.create(name="Склад"),
    "new type": lambda w: TicketType.objects.create(key="parts", name_ru="Запчасти", name_en="Parts"),
    "priority": lambda w: w.change(priority=4),
    "tags": lambda w: w.change(tags_shown=["лёд"]),
    "channel": lambda w: Channel.objects.filter(pk=w.ticket.channel_id).update(name="Почта"),
    "time spent": lambda w: w.change(spent_seconds=600),
    "opened": lambda w: w.change(created_at=w.at - timedelta(days=3)),
    "continues": lambda w: w.change(previous=w.company.ticket("Прежняя")),
    "requester": lambda w: w.change(requester=w.company.dmitri),
    "requester's note": lambda w: Contact.objects.filter(pk=w.company.clara.pk).update(note="Звонить утром"),
    "requester's phone": lambda w: Contact.objects.filter(pk=w.company.clara.pk).update(phone="+79990000000"),
    "organization's note": lambda w: Organization.objects.filter(pk=w.company.berezka.pk).update(note="VIP"),
    "takes part": lambda w: w.change(people=[]),
    "followers": lambda w: w.change(followers_shown=[{"id": w.company.boris.pk, "name": "Борис Кручинин"}]),
    "reference": lambda w: w.ticket.references.update(number="SD-6"),
    "version": lambda w: w.change(version=99),
    "said": lambda w: actions.add_note(w.ticket, body_text="Ещё", by=w.company.actor(w.company.anna)),
    "evening": lambda w: setattr(w, "at", w.at.replace(hour=15)),
    "next day": lambda w: setattr(w, "at", w.at + timedelta(days=1)),
    "place": lambda w: setattr(w, "query", "?folder=mine"),
    "language": lambda w: _reader(w, language="en"),
    "time zone": lambda w: _reader(w, time_zone="Asia/Vladivostok"),
    "role": lambda w: _reader(w, role="observer"),
}


@pytest.mark.heavy
def test_kept_parts_show_what_fresh_ones_show(world: World) -> None:
    at, query, before, wrong, silent = world.at, world.query, world.page(), [], []
    for name, change in CHANGES.items():
        with transaction.atomic():
            change(world)
            warm = world.page()
            parts.clear()
            if warm != world.page():
                wrong.append(name)
            if warm == before:
                silent.append(name)
            transaction.set_rollback(True)
        world.at, world.query = at, query
        assert world.page() == before, f"“{name}” is taken back"
    assert wrong == [], "these changes are not in the key"
    assert silent == [], "these changes must show, or they prove nothing"


def test_each_reader_gets_the_parts_of_his_own_rights(world: World) -> None:
    people = world.company
    readers = [people.admin, people.anna, people.boris, people.observer]
    fresh = []
    for reader in readers:
        parts.clear()
        fresh.append(world.page(reader))
    for reader, shown in zip(readers, fresh, strict=True):  # the parts of all others are kept by now
        assert world.page(reader) == shown
    assert "Взять себе" not in fresh[-1]
    assert f"/tickets/{world.ticket.pk}/properties/" not in fresh[-1]


def test_the_same_parts_are_made_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.page()
    monkeypatch.setattr(parts_module, "render_hot", lambda name, _context: pytest.fail(f"{name} was made again"))
    world.page()


def test_every_form_of_a_kept_part_has_the_token_of_its_own_page(world: World) -> None:
    pages = [world.whole(world.company.anna) for _ in range(3)]
    tokens = [set(_FIELD.findall(page)) for page in pages]
    assert [len(found) for found in tokens] == [1, 1, 1]
    assert len(set.union(*tokens)) == 3
    assert all(str(parts_module._TOKEN) not in page for page in pages)


def test_what_somebody_wrote_gets_no_token(world: World) -> None:
    world.change(subject=f"{parts_module._TOKEN} <!--")
    page = world.whole(world.company.anna)
    assert f"&lt;!--{str(parts_module._TOKEN)[4:-3]}--&gt;" in page
