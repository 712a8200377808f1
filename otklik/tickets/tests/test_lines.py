"""The kept lines of a card's thread: whatever changes what a line shows, a warm process shows as a fresh one would."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from io import BytesIO
from typing import Any

import pytest
from django.db import transaction

from otklik.accounts.models import User
from otklik.core.blocks import blocks_of
from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.core.events import Event
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets import actions
from otklik.tickets.models import Attachment, Channel, Message, Ticket
from otklik.tickets.presenters.lines import lines
from otklik.tickets.presenters.thread import present_message

PICTURE = b"\x89PNG\r\n\x1a\n" + b"\0" * 8000


@dataclass
class World:
    """A ticket with everything that a thread shows, and what the channels say of its messages."""

    company: People
    ticket: Ticket
    told: dict[int, Any] = field(default_factory=dict)
    at: datetime = field(default_factory=lambda: datetime(2026, 11, 12, 12, 0, tzinfo=UTC))

    def message(self, kind: str) -> Any:
        """Return the message of a kind, to change it in the database."""
        return Message.objects.filter(ticket=self.ticket, kind=kind)

    def files(self) -> Any:
        """Return the files of the ticket, likewise."""
        return Attachment.objects.filter(message__ticket=self.ticket)

    def thread(self, user: User) -> str:
        """Return the thread as a card that is open asks for it."""
        forget("directories")
        page = desk_client(User.objects.get(pk=user.pk)).get(f"/tickets/{self.ticket.pk}/?parts=1").content.decode()
        return page[page.index('id="thread-items"') : page.index('id="main-panels"')]


@pytest.fixture
def world(company: People, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    lines.clear()
    ticket = company.ticket(tags=["холод"])
    made = World(company, ticket)
    monkeypatch.setattr(import_module("otklik.tickets.views.card"), "now", lambda: made.at)
    registry = blocks_of("message")
    monkeypatch.setitem(registry._items, "deliveries", lambda numbers: made.told)
    anna, boris = company.actor(company.anna), company.actor(company.boris)
    files = [
        actions.upload(BytesIO(PICTURE), name=name, content_type=kind, size=len(PICTURE), by=anna).pk
        for name, kind in (("витрина.png", "image/png"), ("акт.pdf", "application/pdf"))
    ]
    actions.reply(ticket, body_html="<p>Едем <b>завтра</b></p>", attachments=files, status="pending", by=anna)
    actions.add_note(ticket, body_text="Только для своих", by=boris)
    made.message("incoming").update(
        body_html="<table><tr><td>Добрый день</td></tr></table>", folded=[{"text": "> раньше"}], spent_seconds=None
    )
    Message.objects.filter(ticket=ticket).update(created_at=datetime(2026, 11, 12, 9, 0, tzinfo=UTC))
    Event.objects.filter(subject_kind=1, subject_id=ticket.pk).update(at=datetime(2026, 11, 12, 9, 0, tzinfo=UTC))
    made.told[made.message("reply").get().pk] = [{"recipient": "clara@berezka.example", "state": "sent", "id": 1}]
    yield made
    lines.clear()


def _author(world: World, **values: object) -> None:
    User.objects.filter(pk=world.company.anna.pk).update(**values)


def _delivery(world: World, **values: object) -> None:
    world.told[world.message("reply").get().pk][0] |= values


CHANGES: dict[str, Callable[[World], object]] = {
    "text": lambda w: w.message("incoming").update(visible_text="Другое", body_text="Другое"),
    "html": lambda w: w.message("reply").update(body_html="<p>Не едем</p>"),
    "looks": lambda w: w.message("incoming").update(body_html="<p>без таблицы</p>"),
    "remote pictures": lambda w: w.message("incoming").update(body_html='<table><img src="http://x.example/a">'),
    "quote": lambda w: w.message("incoming").update(folded=[{"text": "> ещё раньше"}]),
    "author's name": lambda w: w.message("incoming").update(author_name="К. Миронова"),
    "author's colour": lambda w: _author(w, hue=5),
    "time": lambda w: w.message("note").update(created_at=datetime(2026, 11, 12, 8, 30, tzinfo=UTC)),
    "recipients": lambda w: w.message("reply").update(
        recipients=[{"role": "to", "name": "Ева", "address": "eva@x.example", "contact_id": 1}]
    ),
    "automatic": lambda w: w.message("incoming").update(is_automatic=True),
    "unchecked": lambda w: w.message("incoming").update(sender_checked=False),
    "moved": lambda w: w.message("incoming").update(origin_number=4711),
    "edited": lambda w: w.message("note").update(edited_at=now(), body_text="Иначе", visible_text="Иначе"),
    "removed": lambda w: w.message("note").update(removed_at=now(), body_text="", visible_text=""),
    "time spent": lambda w: w.message("reply").update(spent_seconds=600),
    "file gone": lambda w: w.files().update(removed_at=now(), blob=None),
    "file's name": lambda w: w.files().update(name="другой"),
    "file came": lambda w: Attachment.objects.create(
        message=w.message("note").get(), ticket=w.ticket, name="новый.txt", content_type="text/plain", size=5,
        created_at=now(),
    ),
    "delivered": lambda w: _delivery(w, state="delivered"),
    "bounced": lambda w: _delivery(w, state="bounced", error="Такого ящика нет"),
    "another recipient": lambda w: _delivery(w, recipient="eva@x.example"),
    "alone": lambda w: Ticket.objects.filter(pk=w.ticket.pk).update(message_count=1),
    "mailbox": lambda w: Channel.objects.filter(pk=w.ticket.channel_id).update(address="help@desk.example"),
    "event's actor": lambda w: Event.objects.filter(subject_id=w.ticket.pk).update(actor_name="Некто"),
    "event's words": lambda w: Event.objects.filter(subject_id=w.ticket.pk, kind="ticket.status_changed").update(
        kind="ticket.reopened", data={}
    ),
    "event's time": lambda w: Event.objects.filter(subject_id=w.ticket.pk).update(
        at=datetime(2026, 11, 12, 10, 0, tzinfo=UTC)
    ),
    "a day later": lambda w: setattr(w, "at", w.at + timedelta(days=1)),
    "a year later": lambda w: setattr(w, "at", w.at + timedelta(days=365)),
    "language": lambda w: _author(w, language="en"),
    "time zone": lambda w: _author(w, time_zone="Asia/Vladivostok"),
    "role": lambda w: _author(w, role="observer"),
    "supervises": lambda w: (w.message("note").update(edited_at=now()), _author(w, role="supervisor")),
}  # fmt: skip


@pytest.mark.heavy
def test_a_kept_line_shows_what_a_fresh_one_shows(world: World) -> None:
    at, told = world.at, copy.deepcopy(world.told)
    before, wrong, silent = world.thread(world.company.anna), [], []
    for name, change in CHANGES.items():
        with transaction.atomic():
            change(world)
            warm = world.thread(world.company.anna)
            lines.clear()
            if warm != world.thread(world.company.anna):
                wrong.append(name)
            if warm == before:
                silent.append(name)
            transaction.set_rollback(True)
        world.at, world.told = at, copy.deepcopy(told)
        assert world.thread(world.company.anna) == before, f"“{name}” is taken back"
    assert wrong == [], "these changes are not in the key"
    assert silent == [], "these changes must show, or they prove nothing"


def test_each_reader_gets_the_lines_of_his_own_rights(world: World) -> None:
    people = world.company
    readers = [people.admin, people.anna, people.boris, people.vera, people.observer]
    world.message("note").update(edited_at=now())
    fresh = []
    for reader in readers:
        lines.clear()
        fresh.append(world.thread(reader))
    for reader, shown in zip(readers, fresh, strict=True):  # the lines of all others are kept by now
        assert world.thread(reader) == shown
    assert len(set(fresh)) == 4, "Anna's reply, Boris's note, those who see all, and who may do nothing"
    assert "/note/" in fresh[2]
    assert "/note/" not in fresh[1]
    assert "/time/" not in fresh[-1]


def test_what_did_not_change_is_made_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.thread(world.company.anna)
    made: list[str] = []

    def present(message: Message, *about: Any, **hue: Any) -> Any:
        made.append(message.kind)
        return present_message(message, *about, **hue)

    monkeypatch.setattr("otklik.tickets.presenters.lines.present_message", present)
    world.thread(world.company.anna)
    assert made == []
    world.message("note").update(spent_seconds=60)
    world.thread(world.company.anna)
    assert made == ["note"]
