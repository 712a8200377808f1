"""What a person chooses to be told, by himself or by the administrator who adds him."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.accounts.models import User
from otklik.accounts.policies import can
from otklik.core.actor import Actor
from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.core.errors import Conflict, Forbidden, Invalid
from otklik.core.events import record
from otklik.notifications import events
from otklik.notifications.actions.boxes import hurry
from otklik.notifications.kinds import CHANGES, DIGESTS, NEW, NEW_BY_DEFAULT, REACH, WAYS
from otklik.notifications.models import Box, Wishes
from otklik.notifications.rules import rules_of, zone_of

_PLAIN: Final = ("quiet", "quiet_from", "quiet_to", "digest", "digest_at")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wished, as it came from outside. ``ways``: kind of change → ways; ``new``: way → reach. None keeps it."""

    ways: Mapping[str, list[str]] = field(default_factory=dict)
    new: Mapping[str, str] = field(default_factory=dict)
    quiet: bool | None = None
    quiet_from: time | None = None
    quiet_to: time | None = None
    digest: str | None = None
    digest_at: time | None = None


def change_wishes(user: User, wanted: Wanted, *, version: int | None = None, by: Actor) -> Wishes:
    """Change how a person is told; what is not given stays. Records ``user.notification_rules_changed`` if it differs.

    What waits leaves at once where the new rules no longer hold it.
    Raises ``Forbidden`` for anyone but himself and those who manage people, ``Invalid`` naming the field (a kind, a way
    or a reach that is none), ``Conflict`` when ``version`` is old.
    """
    own = by.kind == "user" and by.id == user.pk
    if not own and not can(by, "users.manage"):
        raise Forbidden(_("You have no right to do this."))
    check_wanted(wanted)
    with transaction.atomic():
        Wishes.objects.bulk_create([Wishes(user_id=user.pk)], ignore_conflicts=True)
        held = Wishes.objects.select_for_update().get(pk=user.pk)
        if version is not None and version != held.version:
            raise Conflict
        changed = _apply(held, wanted)
        if changed:
            held.version += 1
            held.save()
            name = "" if own else user.name
            record(events.NotificationRulesChanged(subject_id=user.pk, fields=changed, name=name), by=by)
            _let_leave(user, held)
            transaction.on_commit(lambda: forget("directories"))
    return held


def _let_leave(user: User, held: Wishes) -> None:
    box = Box.objects.select_for_update().filter(pk=user.pk).first()
    if box is not None:
        hurry(box, rules_of(held), zone_of(user), now())


def check_wanted(wanted: Wanted) -> None:
    """Raise ``Invalid`` with every field that holds what is none."""
    problems: list[tuple[str, Any]] = []
    for key, ways in wanted.ways.items():
        if key not in CHANGES:
            problems.append((key[:40], _("There is no such kind of change.")))
        elif not set(ways) <= set(WAYS):
            problems.append((key, _("There is no such way.")))
    for way, reach in wanted.new.items():
        if way not in WAYS or reach not in REACH:
            problems.append((NEW, _("Choose one of the values offered.")))
    if wanted.digest is not None and wanted.digest not in DIGESTS:
        problems.append(("digest", _("Choose one of the values offered.")))
    for name in ("quiet_from", "quiet_to", "digest_at"):
        moment = getattr(wanted, name)
        if moment is not None and moment.tzinfo is not None:
            problems.append((name, _("Give the time without a zone: it is that of the person.")))
    if problems:
        raise Invalid(problems[0][1], errors=problems)


def _apply(held: Wishes, wanted: Wanted) -> list[str]:
    """Put what is wanted into the row; return what differs."""
    chosen = dict(held.chosen)
    for key, ways in wanted.ways.items():
        told = [way for way in WAYS if way in ways]
        if told != chosen.get(key, [way for way in WAYS if way in CHANGES[key].ways]):
            chosen[key] = told
    known = {**NEW_BY_DEFAULT, **chosen.get(NEW, {})}
    if any(known[way] != reach for way, reach in wanted.new.items()):
        chosen[NEW] = {**chosen.get(NEW, {}), **wanted.new}
    changed = sorted(key for key, value in chosen.items() if held.chosen.get(key) != value)
    held.chosen = chosen
    for name in _PLAIN:
        value = getattr(wanted, name)
        if value is not None and value != getattr(held, name):
            setattr(held, name, value)
            changed.append(name)
    return changed
