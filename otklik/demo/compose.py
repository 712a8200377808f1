"""Turns a case into the life of a ticket: messages in words, who did what when, and where the work stands today."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from otklik.channels.email.text import split_quotes
from otklik.core.actor import Actor
from otklik.core.markup import text_to_html
from otklik.demo.case import Case
from otklik.demo.letters import PROGRAMS, ZONE, Answered, dress, program_of
from otklik.demo.lives import Assigned, Edited, File, Joined, Life, Numbered, Said, Snoozed, StatusSet, Tagged, Woken
from otklik.demo.lives import Step as LifeStep
from otklik.demo.mail import Letter
from otklik.demo.papers import file_of
from otklik.demo.stories import Step, tell
from otklik.tickets.models import Category, Channel, Priority, Status, TicketType

_SYSTEM: Final = Actor.system()
CLOSES_AFTER: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Directories:
    """What tickets point at, by key."""

    statuses: dict[str, Status]
    types: dict[str, TicketType]
    channels: dict[str, Channel]


@dataclass(frozen=True, slots=True)
class Plan:
    """How far a case gets: ``stop`` cuts it after so many messages and leaves it ``waiting``, perhaps put off."""

    stop: int | None = None
    waiting: str = ""
    snooze_days: float = 0.0
    follower: str = ""
    joins: bool = False
    away: bool = False


@dataclass(slots=True)
class _Teller:
    case: Case
    plan: Plan
    directories: Directories
    now: datetime
    steps: list[LifeStep] = field(default_factory=list)
    answered: Answered | None = None
    assigned: bool = False
    said: int = 0
    status: str = "new"


def live(case: Case, plan: Plan, directories: Directories, now: datetime) -> Life:
    """Return the life of the case up to now."""
    teller = _Teller(case, plan, directories, now)
    story, company = case.story, case.company
    subject = tell(case.rng.choice(story.subjects), case.words(case.opened_at), case.rng, case.links)
    channel = directories.channels[story.channel]
    program = program_of(case.rng, case.client)
    at, before = case.opened_at, "in"
    for place, step in enumerate(story.steps):
        by = step.options.get("by", "")
        if place:
            at = case.moment(step.kind, by, at, before, step.options.get("gap", ""))
        if at >= now or (plan.stop is not None and teller.said >= plan.stop and step.kind != "do"):
            break
        _take(teller, step, at, subject, program)
        before = step.kind
    _end(teller)
    teller.steps.sort(key=lambda step: step.at)  # who took the request did so a little before he answered
    first = case.company.actors[case.agent]
    opener = first if story.by_hand else Actor(kind="contact", id=case.client.contact.pk, name=case.client.contact.name)
    return Life(
        subject=subject[:1].upper() + subject[1:],
        requester=case.client.contact,
        channel=channel,
        status=directories.statuses["new"],
        steps=teller.steps,
        opened_by=opener,
        language=story.language,
        priority=Priority[story.priority.upper()] if story.by_hand else Priority.NORMAL,
        type=directories.types[story.type] if story.by_hand else None,
        followers=[company.users[plan.follower]] if plan.follower and teller.said > 1 else [],
    )


def _take(teller: _Teller, step: Step, at: datetime, subject: str, program: str) -> None:
    at = at.astimezone(UTC)
    if step.kind == "do":
        _do(teller, step, at)
        return
    text = tell(step.text, teller.case.words(at), teller.case.rng, teller.case.links)
    text = text[:1].upper() + text[1:]
    attached = [file_of(teller.case, name, at) for name in step.options.get("files", "").split(",") if name]
    teller.said += 1
    if step.kind == "in":
        _hear(teller, text, attached, at, program)
    elif step.kind == "note":
        teller.steps.append(Said(at, "note", _worker(teller.case, step), text, text_to_html(text), files=attached))
    else:
        _reply(teller, step, text, attached, at, subject)


def _worker(case: Case, step: Step) -> Actor:
    local = {"tech": case.technician, "shop": case.shopman}.get(step.options.get("by", ""), case.agent)
    return case.company.actors[local]


def _hear(teller: _Teller, text: str, attached: Sequence[File], at: datetime, program: str) -> None:
    """The customer writes a mail, or by the form of the site; by phone, somebody of ours writes it down."""
    case, client = teller.case, teller.case.client
    first = teller.said == 1
    if case.story.channel == "web":
        actor = Actor(kind="contact", id=client.contact.pk, name=client.contact.name)
        teller.steps.append(Said(at, "incoming", actor, text, visible=text, files=attached))
    elif case.story.by_hand:
        teller.steps.append(
            Said(at, "incoming", case.company.actors[case.agent], text, text_to_html(text), files=attached)
        )
    else:
        whole = dress(text, client, program, case.organization, teller.answered, first=first)
        split = split_quotes(whole, new_ticket=first)
        actor = Actor(kind="contact", id=client.contact.pk, name=client.contact.name)
        letter = Letter(client.contact.name, client.address, PROGRAMS[program], copies=int(case.rng.random() < 0.012))
        said = Said(
            at, "incoming", actor, whole, visible=split.visible, folded=split.as_json(), files=attached, mail=letter
        )
        teller.steps.append(said)
    if first:
        _number(teller, at)
        if teller.plan.joins:
            _join(teller, at)
    if teller.status in {"pending", "on_hold", "solved"}:
        teller.status = "open"


def _number(teller: _Teller, at: datetime) -> None:
    case = teller.case
    found = case.company.organizations.get(case.client.contact.organization_id or 0)
    if case.story.numbered and found:
        number = case.fixed["ref"]
        url = f"https://{found[1].system}/requests/{number}"
        teller.steps.append(Numbered(at + timedelta(milliseconds=5), _SYSTEM, found[1].system, number, url))


def _join(teller: _Teller, at: datetime) -> None:
    case = teller.case
    mates = [
        mate
        for mate in case.company.clients[case.client.about]
        if mate.contact.organization_id == case.client.contact.organization_id and mate is not case.client
    ]
    if mates and case.client.contact.organization_id and at + timedelta(minutes=4) < teller.now:
        mate = case.rng.choice(mates)
        by = case.company.actors[case.agent]
        teller.steps.append(Joined(at + timedelta(minutes=4), by, mate.contact, mate.address))


def _reply(teller: _Teller, step: Step, text: str, attached: Sequence[File], at: datetime, subject: str) -> None:
    case = teller.case
    actor = _worker(case, step)
    if not teller.assigned:
        _begin(teller, at)
    wanted = step.options.get("status", "") or ("open" if teller.status == "new" else "")
    people = [
        {
            "role": "to",
            "name": case.client.contact.name,
            "address": case.client.address,
            "contact_id": case.client.contact.pk,
        }
    ]
    people += [
        {"role": "cc", "name": step_.contact.name, "address": step_.address, "contact_id": step_.contact.pk}
        for step_ in teller.steps
        if isinstance(step_, Joined)
    ]
    status = teller.directories.statuses[wanted] if wanted and wanted != teller.status else None
    teller.steps.append(
        Said(at, "reply", actor, text, text_to_html(text), files=attached, status=status, recipients=people)
    )
    teller.status = wanted or teller.status
    teller.answered = Answered(at, actor.name.split()[0], text, subject)


def _begin(teller: _Teller, at: datetime) -> None:
    """Who answers first takes the request, names its kind and tags it."""
    case, story = teller.case, teller.case.story
    company, by = case.company, case.company.actors[case.agent]
    teller.assigned = True
    local = case.shopman if story.team == "workshop" else case.agent
    team = company.teams["workshop" if story.team == "workshop" else "desk"]
    quick = at - timedelta(seconds=case.rng.randint(60, 150))
    if case.rng.random() < 0.85:
        teller.steps.append(Assigned(quick, by, company.users[local], team))
    if not story.by_hand:
        priority, kind = Priority[story.priority.upper()], teller.directories.types[story.type]
        teller.steps.append(Edited(quick + timedelta(seconds=12), by, priority, kind))
    if story.tags and case.rng.random() < 0.8:
        teller.steps.append(Tagged(quick + timedelta(seconds=20), by, story.tags[: case.rng.randint(1, 2)]))


def _do(teller: _Teller, step: Step, at: datetime) -> None:
    case = teller.case
    by = case.company.actors[case.agent]
    if step.options.get("assign") == "tech":
        teller.assigned = True
        teller.steps.append(Assigned(at, by, case.user(case.technician), case.company.teams["field"]))
    if priority := step.options.get("priority"):
        teller.steps.append(Edited(at + timedelta(seconds=6), by, Priority[priority.upper()]))


def _end(teller: _Teller) -> None:
    """Bring the case to where it stands: left waiting, put off, solved again after thanks, closed by time."""
    plan, case, now = teller.plan, teller.case, teller.now
    statuses = teller.directories.statuses
    at = teller.steps[-1].at
    by = case.company.actors[case.agent]
    complete = teller.said == sum(1 for step in case.story.steps if step.kind != "do")
    if (
        plan.away
        and teller.answered is not None
        and isinstance(teller.steps[-1], Said)
        and teller.steps[-1].kind == "reply"
    ):
        _away(teller, at + timedelta(seconds=50))
    if complete and teller.status != "solved" and at + timedelta(hours=3) < now:
        at += timedelta(minutes=case.rng.randint(4, 70))
        teller.steps.append(StatusSet(at, by, statuses["solved"]))
        teller.status = "solved"
    elif plan.waiting and not complete and teller.status in {"new", "open"} and teller.assigned:
        at += timedelta(minutes=case.rng.randint(2, 30))
        if at < now:
            teller.steps.append(StatusSet(at, by, statuses[plan.waiting]))
            teller.status = plan.waiting
    if (
        plan.snooze_days
        and statuses[teller.status].category not in {Category.SOLVED, Category.CLOSED}
        and teller.assigned
    ):
        _put_off(teller, at + timedelta(minutes=3), by)
    if teller.status == "solved" and at + CLOSES_AFTER < now:
        teller.steps.append(StatusSet(at + CLOSES_AFTER, _SYSTEM, statuses["closed"], automatic=True))


def _away(teller: _Teller, at: datetime) -> None:
    """An absence note comes back: it changes nothing."""
    case, client = teller.case, teller.case.client
    until = (at + timedelta(days=6)).astimezone(ZONE)
    text = (
        f"Здравствуйте! Я в отпуске до {until:%d.%m}. По срочным вопросам обращайтесь к коллегам: {case.fixed['who2']}."
    )
    if client.about == "foreign":
        text = f"I am out of the office until {until:%d %B}. For urgent matters please call the front desk."
    letter = Letter(client.contact.name, client.address, headers=(("Auto-Submitted", "auto-replied"),))
    actor = Actor(kind="contact", id=client.contact.pk, name=client.contact.name)
    teller.steps.append(Said(at, "incoming", actor, text, automatic=True, mail=letter))


def _put_off(teller: _Teller, at: datetime, by: Actor) -> None:
    days = teller.plan.snooze_days
    morning = (teller.now + timedelta(days=days)).astimezone(ZONE).replace(hour=9, minute=0, second=0, microsecond=0)
    until = morning.astimezone(UTC)
    if at >= teller.now or until <= at:
        return
    teller.steps.append(Snoozed(at, by, until))
    if until <= teller.now:
        teller.steps.append(Woken(until + timedelta(seconds=1)))
