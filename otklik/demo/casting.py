"""Who has which trouble when: six hundred cases over ninety days, each told so that no list shows a sentence twice."""

import random
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from otklik.demo.case import Case
from otklik.demo.company import Client, Company
from otklik.demo.compose import Directories, Plan, live
from otklik.demo.letters import ZONE
from otklik.demo.lives import Life, Said, Woken
from otklik.demo.replay import preview_of
from otklik.demo.stories import Story, all_stories

TICKETS: Final = 600
DAYS: Final = 90
NEAR: Final = 60
"""As many neighbours in a list share no sentence: a page of fifty and a little more."""
TRIES: Final = 30
PATIENCE: Final = 5
"""After so many tellings that repeat a neighbour the person gets another story."""
_HOURS: Final = (0.3, 0.2, 0.1, 0.1, 0.2, 0.5, 1, 3, 7, 11, 12, 11, 8, 9, 10, 9, 8, 6, 4, 3, 2.5, 2, 1, 0.6)
_SENTENCE: Final = re.compile(r"[^.!?…]+")
_WORDS: Final = 5


@dataclass(slots=True)
class Casting:
    """A case before it is told: told again with another ``attempt`` it uses other words."""

    seed: str
    story: Story
    client: Client
    opened_at: datetime
    agent: str
    technician: str
    plan: Plan
    attempt: int = 0


def lives(company: Company, directories: Directories, seed: str, now: datetime) -> list[Life]:
    """Return the lives of the demo company in order of their opening."""
    casts = list(_casts(company, random.Random(f"{seed}/casting"), seed, now))
    told = [_tell(cast, company, directories, now) for cast in casts]
    for _ in range(TRIES):
        again = _repeats(told)
        if not again:
            break
        for place in again:
            casts[place] = _again(casts[place])
            told[place] = _tell(casts[place], company, directories, now)
    return told


def _again(cast: Casting) -> Casting:
    """Return the case for another telling; one that cannot help repeating its neighbours becomes another case."""
    attempt, story = cast.attempt + 1, cast.story
    if attempt % PATIENCE == 0:
        about = cast.client.about
        others = [
            other for other in all_stories() if about in other.about and not other.numbered and other is not story
        ]
        story = random.Random(f"{cast.seed}/{attempt}/story").choice(others or [story])
    return replace(cast, attempt=attempt, story=story)


def _tell(cast: Casting, company: Company, directories: Directories, now: datetime) -> Life:
    found = company.organizations.get(cast.client.contact.organization_id or 0)
    case = Case(
        story=cast.story,
        company=company,
        client=cast.client,
        rng=random.Random(f"{cast.seed}/{cast.attempt}"),
        opened_at=cast.opened_at,
        organization=found[0].name if found else "",
        agent=cast.agent,
        technician=cast.technician,
        shopman="timur",
    )
    return live(case, cast.plan, directories, now)


def _casts(company: Company, rng: random.Random, seed: str, now: datetime) -> Iterator[Casting]:
    deck = _Deck(rng)
    for place, opened in enumerate(_openings(rng, now)):
        story = deck.draw()
        client = _client(story, company, rng)
        yield Casting(
            seed=f"{seed}/{place}",
            story=story,
            client=client,
            opened_at=opened,
            agent=_agent(story, rng),
            technician="maxim"
            if story.unit == "aircon"
            else rng.choice(("technician", "technician", "egor", "egor", "maxim")),
            plan=_plan(rng, (now - opened).total_seconds() / 86_400, len(story.steps)),
        )


def _openings(rng: random.Random, now: datetime) -> list[datetime]:
    """Moments in order: mostly by day, less on weekends, the last one a few minutes ago."""
    today = now.astimezone(ZONE)
    found: list[datetime] = []
    while len(found) < TICKETS - 1:
        day = today - timedelta(days=rng.triangular(0, DAYS, 4))
        if day.weekday() > 4 and rng.random() < 0.7:
            continue
        hour = rng.choices(range(24), _HOURS)[0]
        at = day.replace(
            hour=hour, minute=rng.randint(0, 59), second=rng.randint(0, 59), microsecond=rng.randint(0, 999_999)
        )
        at = at.astimezone(UTC)
        if now - timedelta(days=DAYS) <= at < now - timedelta(minutes=9):
            found.append(at)
    return [*sorted(found), (now - timedelta(minutes=4)).astimezone(UTC)]


class _Deck:
    """Stories in shuffled rounds: one does not return before two thirds of the others were told."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.cards: list[Story] = []
        self.recent: deque[str] = deque(maxlen=len(all_stories()) * 2 // 3)

    def draw(self) -> Story:
        """Return the next story."""
        if not self.cards:
            self.cards = list(all_stories())
            self.rng.shuffle(self.cards)
        place = next((at for at, card in enumerate(self.cards) if card.key not in self.recent), 0)
        card = self.cards.pop(place)
        self.recent.append(card.key)
        return card


def _client(story: Story, company: Company, rng: random.Random) -> Client:
    chosen = [about for about in story.about if about in company.clients]
    people = company.clients[rng.choice(chosen)]
    if story.numbered:
        people = [client for client in people if company.organizations[client.contact.organization_id or 0][1].pattern]
    clara = next((client for client in people if client.address == "clara@berezka.example"), None)
    return clara if clara is not None and rng.random() < 0.09 else rng.choice(people)


def _agent(story: Story, rng: random.Random) -> str:
    if story.type == "documents":
        return rng.choice(("vera", "vera", "vera", "agent"))
    if story.team == "workshop":
        return rng.choice(("timur", "timur", "olga", "agent"))
    return rng.choice(("agent", "agent", "agent", "boris", "olga", "olga"))


def _plan(rng: random.Random, age: float, steps: int) -> Plan:
    """How far the case gets, by its age in days: what is older is done, some of it hangs."""
    follower = rng.choice(("supervisor", "boris", "agent")) if rng.random() < 0.06 else ""
    plan = Plan(follower=follower, joins=rng.random() < 0.07)
    if rng.random() < (0.6 if age < 1.2 else 0.12 if age < 4 else 0):
        return replace(plan, stop=1)  # nobody has looked at it yet
    hangs = 0.04 if age > 45 else 0.18 if age > 14 else 0.5
    if rng.random() >= hangs:
        return plan
    stop = rng.randint(2, max(2, min(5, steps - 1)))
    plan = replace(plan, stop=stop, waiting=rng.choice(("pending", "on_hold", "", "", "")), away=rng.random() < 0.2)
    if rng.random() < 0.22:
        plan = replace(plan, snooze_days=rng.choice((0.6, 1, 2, 3, 5, 7, -1, -2)))
    return plan


def _repeats(told: Sequence[Life]) -> set[int]:
    """Return the places of lives that show a sentence which a neighbour in a list shows as well."""
    shown = [_shown(life) for life in told]
    order = sorted(range(len(told)), key=lambda place: _active_at(told[place]))
    unfinished = [place for place in order if not _is_done(told[place])]
    again: set[int] = set()
    for places in (order, unfinished):
        near: deque[set[str]] = deque(maxlen=NEAR)
        for place in places:
            if any(shown[place] & other for other in near):
                again.add(place)
            near.append(shown[place])
    return again


def _shown(life: Life) -> set[str]:
    """The sentences a list shows of a ticket: its subject, and the beginning of what was said last."""
    last = next(step for step in reversed(life.steps) if isinstance(step, Said) and _is_spoken(step))
    preview = preview_of(last.visible or last.text)
    return {life.subject.casefold(), *sentences(preview)}


def sentences(text: str) -> set[str]:
    """Return the sentences that are long enough to be noticed when they come twice."""
    pieces = (" ".join(piece.split()).casefold() for piece in _SENTENCE.findall(text))
    return {piece for piece in pieces if len(piece.split()) >= _WORDS}


def _active_at(life: Life) -> datetime:
    """What lists sort by: when somebody spoke last, or when a snooze ran out since."""
    moving = (
        step.at for step in life.steps if isinstance(step, Woken) or (isinstance(step, Said) and _is_spoken(step))
    )
    return max(moving)


def _is_spoken(said: Said) -> bool:
    return said.kind != "note" and not said.automatic


def _is_done(life: Life) -> bool:
    return getattr(getattr(life.steps[-1], "status", None), "key", "") in {"solved", "closed"}
