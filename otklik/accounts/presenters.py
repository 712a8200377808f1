"""Ready words of people, teams, sessions and tokens for their pages."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from otklik.accounts.actions.checks import CUSTOM
from otklik.accounts.models import ApiToken, CustomRole, Role, Session, Team, User
from otklik.accounts.queries import role_label, session_handle
from otklik.core.events import StoredEvent
from otklik.core.shown import Moments, initials

_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"),
            ("Linux", "Linux"))  # fmt: skip
_BROWSERS = (("YaBrowser", "Яндекс Браузер"), ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"),
             ("Chrome", "Chrome"), ("Safari", "Safari"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One line of the list of people."""

    url: str
    name: str
    email: str
    initials: str
    hue: str
    role: str
    teams: str
    state: str
    chip: str
    seen: str
    seen_exact: str


@dataclass(frozen=True, slots=True)
class Device:
    """One session, as its owner sees it; ``key`` names it and lets nobody in."""

    key: str
    name: str
    address: str
    seen: str
    seen_exact: str
    here: bool


@dataclass(frozen=True, slots=True)
class Past:
    """One line of a person's history: what happened, by whom, and each change as before and after."""

    at: str
    exact: str
    who: str
    what: str
    changes: list[tuple[str, str, str]] = field(default_factory=list)


def role_choices(custom: Iterable[CustomRole]) -> list[tuple[str, str]]:
    """Return keys and names of all roles, the built-in ones first."""
    return [*((key, str(label)) for key, label in Role.choices), *((f"{CUSTOM}{row.pk}", row.name) for row in custom)]


def state_of(user: User) -> tuple[str, str]:
    """Return the state of an account in words and its chip's class; none for the ordinary one."""
    if not user.is_active:
        return _("Blocked"), "chip--bad"
    return (_("Invited"), "chip--accent") if user.invited_at is not None else ("", "")


def person_rows(people: Iterable[Any], now: datetime) -> list[PersonRow]:
    """Return the lines of people who were annotated with ``seen_at``."""
    moments = Moments(now)
    return [_person_row(user, moments) for user in people]


def _person_row(user: Any, moments: Moments) -> PersonRow:
    state, chip = state_of(user)
    seen = user.seen_at or user.last_login
    teams = ", ".join(team.name for team in user.teams.all())
    return PersonRow(
        url=reverse("people:person", args=[user.pk]), name=user.name, email=user.email, initials=initials(user.name),
        hue=f"avatar--{user.hue}", role=role_label(user), teams=teams, state=state, chip=chip,
        seen=moments.moment(seen) if seen else _("never"), seen_exact=moments.exact(seen) if seen else "",
    )  # fmt: skip


def devices(rows: Iterable[Session], now: datetime, current: str) -> list[Device]:
    """Return sessions as devices; ``current`` is the key of the reader's own."""
    moments = Moments(now)
    return [
        Device(
            session_handle(row.session_key),
            device_name(row.device),
            row.address,
            moments.moment(row.seen_at) if row.seen_at else "",
            moments.exact(row.seen_at) if row.seen_at else "",
            row.session_key == current,
        )
        for row in rows
    ]


def token_lines(rows: Iterable[ApiToken], now: datetime) -> list[dict[str, str | int]]:
    """Return tokens as their owner and an administrator see them: never more of the token than its beginning."""
    moments = Moments(now)
    return [_token_line(row, moments) for row in rows]


def _token_line(row: ApiToken, moments: Moments) -> dict[str, str | int]:
    ended = row.expires_at is not None and row.expires_at <= moments.now
    return {
        "id": row.pk, "name": row.name, "prefix": row.prefix, "scopes": ", ".join(row.scopes),
        "used": moments.moment(row.last_used_at) if row.last_used_at else _("never used"),
        "ends": _("has ended") if ended else moments.day(row.expires_at) if row.expires_at else "",
    }  # fmt: skip


def device_name(agent: str) -> str:
    """Return browser and system of a browser's own words; the beginning of the words when neither is known."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return ", ".join(filter(None, (browser, system))) or re.sub(r"[^\w ./()-]", "", agent)[:40] or _("Unknown device")


def team_line(team: Team) -> dict[str, Any]:
    """Return a team with the names of its members."""
    members = list(team.members.all())
    return {
        "url": reverse("people:team", args=[team.pk]), "name": team.name, "hue": team.hue,
        "archived": team.archived_at is not None, "number": len(members),
        "members": ", ".join(user.name for user in members),
    }  # fmt: skip


def past(events: Iterable[StoredEvent], now: datetime) -> list[Past]:
    """Return the history of a person, ready to show."""
    moments = Moments(now)
    return [
        Past(
            moments.moment(event.at), moments.exact(event.at), event.actor.name or _("System"), _sentence(event),
            _changes(event.data.get("changes")),
        )
        for event in events
    ]  # fmt: skip


def _sentence(event: StoredEvent) -> str:
    text = event.event.describe()
    return text[:1].upper() + text[1:]


def _changes(held: Any) -> list[tuple[str, str, str]]:
    if not isinstance(held, dict):
        return []
    names = {
        "role": _("Role"), "teams": _("Teams"), "name": _("Name"), "email": _("E-mail"), "language": _("Language"),
        "position": _("Place in the list"), "hue": _("Colour"), "archived_at": _("Archive"), "rights": _("Rights"),
        "base": _("Based on"), "second_factor": _("Second factor"),
    }  # fmt: skip
    roles = {key: str(label) for key, label in Role.choices}
    pairs = [(key, pair) for key, pair in held.items() if isinstance(pair, list) and len(pair) == 2]
    return [(str(names.get(key, key)), _value(pair[0], roles), _value(pair[1], roles)) for key, pair in pairs]


def _value(value: object, roles: dict[str, str]) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "—"
    return roles.get(str(value), str(value)) or "—"
