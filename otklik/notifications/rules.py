"""What each person wants to be told, as plain values kept in memory: the dispatcher asks for them on each round."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from otklik.accounts.models import Membership, User
from otklik.accounts.queries import actor_for
from otklik.core.actor import Actor
from otklik.core.cached import kept_for
from otklik.core.locality import zone_or_ours
from otklik.notifications.hours import next_clock, next_hour, quiet_until
from otklik.notifications.kinds import CHANGES, NEW, NEW_BY_DEFAULT, REACH, WAYS
from otklik.notifications.models import Browser, Wishes


@dataclass(frozen=True, slots=True)
class Rules:
    """What a person is told: the ways of each kind of change, how far new tickets reach him by each way, and when."""

    ways: Mapping[str, frozenset[str]]
    new: Mapping[str, str]
    quiet: tuple[time, time] | None = None
    digest: str = ""
    digest_at: time = time(9, 0)

    def ways_of_new(self, relation: str) -> frozenset[str]:
        """Return by which ways a new ticket is told that is ``mine``, of his ``teams``, or any (``all``)."""
        rank = REACH.index(relation)
        return frozenset(way for way in WAYS if REACH.index(self.new[way]) >= rank)

    def leaves_at(self, at: datetime, zone: ZoneInfo) -> datetime:
        """Return when something that is ready at ``at`` may leave by push, or by mail without a digest."""
        return at if self.quiet is None else quiet_until(at, *self.quiet, zone)

    def mail_at(self, at: datetime, zone: ZoneInfo) -> datetime:
        """Return when mail that is ready at ``at`` leaves, with digest and quiet hours."""
        if self.digest == "hour":
            at = next_hour(at)
        elif self.digest == "day":
            at = next_clock(at, self.digest_at, zone)
        return self.leaves_at(at, zone)


def rules_of(wishes: Wishes | None) -> Rules:
    """Read a person's wishes; what he did not choose is as for a fresh account."""
    chosen: Mapping[str, Any] = wishes.chosen if wishes is not None else {}
    new = {**NEW_BY_DEFAULT, **chosen.get(NEW, {})}
    ways = {key: frozenset(chosen[key]) if key in chosen else change.ways for key, change in CHANGES.items()}
    if wishes is None:
        return Rules(ways, new)
    quiet = (wishes.quiet_from, wishes.quiet_to) if wishes.quiet else None
    return Rules(ways, new, quiet, wishes.digest, wishes.digest_at)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be told: his actor, his rules, his time zone."""

    id: int
    actor: Actor
    rules: Rules
    zone: ZoneInfo
    has_browser: bool = False


@dataclass(slots=True)
class Directory:
    """Everybody who can be told, and who wants to hear of what concerns his teams or all."""

    people: dict[int, Person] = field(default_factory=dict)
    new_of_team: dict[int, list[int]] = field(default_factory=dict)
    new_of_all: list[int] = field(default_factory=list)
    messages_of_team: dict[int, list[int]] = field(default_factory=dict)
    given_to_team: dict[int, list[int]] = field(default_factory=dict)


def zone_of(user: User) -> ZoneInfo:
    """Return a person's time zone; the desk's when he chose none."""
    return zone_or_ours(user.time_zone)


def person_of(user: User, teams: frozenset[int], wishes: Wishes | None, *, has_browser: bool = False) -> Person:
    """Return a user as somebody who can be told."""
    return Person(user.pk, actor_for(user, team_ids=teams), rules_of(wishes), zone_of(user), has_browser)


@kept_for(2, "directories")
def directory() -> Directory:
    """Return everybody who is not blocked, read in four statements and kept for a moment."""
    teams: dict[int, set[int]] = {}
    for user_id, team_id in Membership.objects.values_list("user_id", "team_id"):
        teams.setdefault(user_id, set()).add(team_id)
    wishes = {row.pk: row for row in Wishes.objects.all()}
    with_browser = set(Browser.objects.values_list("user_id", flat=True))
    found = Directory()
    for user in User.objects.select_related("custom_role").filter(is_active=True):
        member = frozenset(teams.get(user.pk, ()))
        person = person_of(user, member, wishes.get(user.pk), has_browser=user.pk in with_browser)
        found.people[user.pk] = person
        if person.rules.ways_of_new("all"):
            found.new_of_all.append(user.pk)
        for team in person.actor.team_ids:
            if person.rules.ways_of_new("teams"):
                found.new_of_team.setdefault(team, []).append(user.pk)
            if person.rules.ways["message_teams"]:
                found.messages_of_team.setdefault(team, []).append(user.pk)
            if person.rules.ways["given_team"]:
                found.given_to_team.setdefault(team, []).append(user.pk)
    return found
