"""Bulk data for measurements: any number of tickets with the texts of the stories, the same for the same numbers."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from otklik.accounts.models import Team, User
from otklik.accounts.queries import actor_for
from otklik.contacts.models import Contact, ContactAddress
from otklik.core.actor import Actor
from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.core.markup import text_to_html
from otklik.core.text import normal_form
from otklik.demo.bulk import write
from otklik.demo.case import Case
from otklik.demo.company import Client, Company, found, invite
from otklik.demo.lives import Assigned, Life, Said, StatusSet, Step, Tagged
from otklik.demo.mail import MailWriter
from otklik.demo.stories import Story, all_stories, tell
from otklik.tickets.models import Channel, Priority, Status, TicketType

SEED: Final = "seed"
SPAN: Final = timedelta(days=730)
TELLINGS: Final = 12
"""Each story is told so often; tickets share these texts, as telling a hundred thousand would take minutes."""
PER_CONTACT: Final = 40
_SYSTEM: Final = Actor.system()


@dataclass(frozen=True, slots=True)
class _Telling:
    """A story in words: what is said in turn, by whom (in, re, note)."""

    subject: str
    said: tuple[tuple[str, str, str], ...]
    tags: tuple[str, ...]
    type: str


@dataclass(frozen=True, slots=True)
class _People:
    channel: Channel
    teams: list[Team]
    users: list[User]
    actors: dict[int, Actor]
    contacts: list[tuple[Contact, str]]


def write_seed(tickets: int, messages: int | None = None) -> tuple[int, int]:
    """Write the tickets and return how many tickets and messages there are of them.

    What is there stays: people of the database are used, and those of the demo company (who cannot sign in) are entered
    when there are none. Raises ``ValueError`` when there are fewer messages than tickets.
    """
    wanted = tickets * 3 if messages is None else messages
    if tickets < 1 or wanted < tickets:
        raise ValueError("A ticket has at least one message.")
    rng = random.Random(f"{SEED}/{tickets}/{wanted}")
    at = now()
    people, tellings = _people(rng, at, tickets), _tellings(at)
    lives = _lives(rng, at, people, tellings, _counts(rng, tickets, wanted))
    signatures = {user.pk: user.signature for user in people.users}
    written = write(lives, after=MailWriter(people.channel, signatures))
    forget()
    return written.tickets, written.messages


def _counts(rng: random.Random, tickets: int, messages: int) -> list[int]:
    """Split the messages over the tickets: one each, the rest by chance, some get many."""
    counts = [1] * tickets
    rest = messages - tickets
    while rest > 0:
        place = int(rng.random() ** 1.3 * tickets)
        more = min(rest, rng.randint(1, 4))
        counts[place] += more
        rest -= more
    rng.shuffle(counts)
    return counts


def _people(rng: random.Random, at: datetime, tickets: int) -> _People:
    if not User.objects.exists():
        with transaction.atomic():
            company = found(rng, at, password=None)
            invite(company, rng, at)
    channel = Channel.objects.filter(kind="email", enabled=True).order_by("id").first()
    if channel is None:
        channel = Channel.objects.create(kind="email", name="Support", address="support@seed.example", created_at=at)
    missing = tickets // PER_CONTACT - Contact.objects.count()
    if missing > 0:
        _more_contacts(missing, at)
    users = list(User.objects.filter(is_active=True).exclude(role="observer").prefetch_related("teams").order_by("id"))
    contacts = [
        (row.contact, row.address)
        for row in ContactAddress.objects.filter(is_primary=True).select_related("contact").order_by("id")[:20_000]
    ]
    return _People(channel, list(Team.objects.all()), users, {user.pk: actor_for(user) for user in users}, contacts)


def _more_contacts(count: int, at: datetime) -> None:
    start = Contact.objects.count()
    names = [f"Клиент {start + place + 1}" for place in range(count)]
    rows = [Contact(name=name, name_key=normal_form(name), created_at=at) for name in names]
    with transaction.atomic():
        Contact.objects.bulk_create(rows)
        addresses = [f"client{start + place + 1}@clients.example" for place in range(count)]
        ContactAddress.objects.bulk_create(
            [
                ContactAddress(contact=row, address=address, shown=address, is_primary=True)
                for row, address in zip(rows, addresses, strict=True)
            ]
        )


def _tellings(at: datetime) -> list[_Telling]:
    """Tell each story a dozen times in the words of nobody in particular."""
    rng = random.Random(f"{SEED}/tellings")
    return [_telling(story, rng, at) for story in all_stories() for _ in range(TELLINGS)]


def _telling(story: Story, rng: random.Random, at: datetime) -> _Telling:
    client = Client(Contact(name="Ольга Ларина"), "olga@clients.example", "Ольга", True, "private", False)
    nobody = Company(Channel(), {}, {local: User(name=name) for local, name in _CAST}, {}, {"private": [client]})
    words = Case(story, nobody, client, rng, at).words(at)
    links: dict[str, int] = {}
    said = tuple(
        (step.kind, text, text_to_html(text) if step.kind != "in" else "")
        for step in story.steps
        if step.kind != "do"
        for text in [tell(step.text, words, rng, links)]
    )
    return _Telling(tell(rng.choice(story.subjects), words, rng, links), said, story.tags, story.type)


_CAST: Final = (("agent", "Анна Лисицына"), ("technician", "Сергей Кольцов"), ("timur", "Тимур Хасанов"))


def _lives(
    rng: random.Random, at: datetime, people: _People, tellings: Sequence[_Telling], counts: Sequence[int]
) -> Iterator[Life]:
    statuses = {status.key: status for status in Status.objects.all()}
    types = {kind.key: kind for kind in TicketType.objects.all()}
    pause = SPAN / len(counts)
    for place, count in enumerate(counts):
        opened = at - SPAN + pause * place + pause * rng.random() / 2
        telling = rng.choice(tellings)
        contact, address = rng.choice(people.contacts)
        user = rng.choice(people.users)
        recent = at - opened < SPAN / 12
        yield Life(
            subject=telling.subject,
            requester=contact,
            channel=people.channel,
            status=statuses["new"],
            steps=_steps(rng, telling, count, opened, at, people, user, (contact, address), statuses, recent=recent),
            opened_by=Actor(kind="contact", id=contact.pk, name=contact.name),
            priority=rng.choices((Priority.LOW, Priority.NORMAL, Priority.HIGH, Priority.URGENT), (2, 10, 3, 1))[0],
            type=types[telling.type],
        )


def _steps(
    rng: random.Random,
    telling: _Telling,
    count: int,
    opened: datetime,
    at: datetime,
    people: _People,
    user: User,
    requester: tuple[Contact, str],
    statuses: dict[str, Status],
    *,
    recent: bool,
) -> list[Step]:
    """Say so many messages in turn, repeating the story when it is short; what is old ends closed."""
    contact, address = requester
    customer = Actor(kind="contact", id=contact.pk, name=contact.name)
    recipient = [{"role": "to", "name": contact.name, "address": address, "contact_id": contact.pk}]
    steps: list[Step] = []
    room = (at - opened) / (count + 3)
    for place in range(count):
        kind, text, html = telling.said[place % len(telling.said)] if place else telling.said[0]
        moment = opened + min(timedelta(hours=3), room) * place
        if kind == "in":
            steps.append(Said(moment, "incoming", customer, text))
        elif kind == "note":
            steps.append(Said(moment, "note", people.actors[user.pk], text, html))
        else:
            status = (
                statuses["open"] if not any(isinstance(step, Said) and step.kind == "reply" for step in steps) else None
            )
            said = Said(moment, "reply", people.actors[user.pk], text, html, status=status, recipients=recipient)
            steps.append(said)
        if place == 0 and (count > 1 or not recent):
            team = rng.choice(people.teams) if people.teams else None
            steps.append(Assigned(moment, people.actors[user.pk], user, team))
            steps.append(Tagged(moment, people.actors[user.pk], telling.tags[:2]))
    last = steps[-1].at
    if not recent or rng.random() < 0.4:
        steps.append(StatusSet(last, people.actors[user.pk], statuses["solved"]))
        if at - last > timedelta(days=14):
            steps.append(StatusSet(last, _SYSTEM, statuses["closed"], automatic=True))
    elif count > 1 and rng.random() < 0.4:
        steps.append(StatusSet(last, people.actors[user.pk], statuses[rng.choice(("pending", "on_hold"))]))
    return steps
