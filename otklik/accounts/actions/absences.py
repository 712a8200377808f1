"""Enters absences with their stand-ins, changes, begins and ends them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from otklik.accounts import events, policies
from otklik.accounts.actions.checks import lock_person, rights_of
from otklik.accounts.models import Absence, Membership, User, new_stamp
from otklik.accounts.queries import forget_tokens, stand_ins
from otklik.accounts.reasons import in_language
from otklik.core.actor import Actor
from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.core.errors import Conflict, Forbidden, Invalid
from otklik.core.events import record
from otklik.core.moments import clear_moment, set_moment

BEGIN: Final = "absence.begin"
END: Final = "absence.end"
SUBJECT_ABSENCE: Final = 11
_LONGEST = timedelta(days=1100)
_NEEDED = frozenset({"tickets.view", "tickets.reply", "tickets.note"})


def may_enter(person_id: int, by: Actor) -> bool:
    """Tell whether the actor may enter and end absences of this person: his own, or with the right those of all."""
    if policies.can(by, "users.absences"):
        return True
    own = by.kind == "user" and by.id == person_id
    return own and (by.scopes is None or policies.scope_allows(by.scopes, "users.absences"))


def plan_absence(
    person: User, *, starts_at: datetime, ends_at: datetime | None, stand_in: User, reason: str, by: Actor
) -> Absence:
    """Enter an absence; one that starts now or earlier begins at once, in the same transaction.

    Records ``user.absence_planned`` and, when it begins, ``user.absence_begun``. Raises ``Forbidden`` for the absence
    of another without the right, ``Invalid`` naming the field: times that cannot be or that overlap another absence
    of the person, a stand-in who cannot work his tickets, or whose own stand-in leads back to the person.
    """
    if not may_enter(person.pk, by):
        raise Forbidden(_("You have no right to do this."))
    words = " ".join(reason.replace("\x00", "").split())
    at = now()
    problems = list(_problems(starts_at, ends_at, words, at))
    if problems:
        raise Invalid(problems[0][1], field=problems[0][0], errors=problems)
    with transaction.atomic():
        lock_person(person.pk, also={stand_in.pk, *people_in_absences()})
        held, other = User.objects.get(pk=person.pk), User.objects.get(pk=stand_in.pk)
        if not held.is_active or held.role == "observer":
            raise Invalid(_("This person has no tickets that somebody could take over."), field="person")
        _check_free(held, starts_at, ends_at)
        _check_stand_in(held, other)
        _check_no_circle(held, other, starts_at, ends_at)
        absence = Absence.objects.create(
            person=held, stand_in=other, reason=words, starts_at=starts_at, ends_at=ends_at
        )
        record(events.AbsencePlanned(**_told(absence)), by=by)
        if ends_at is not None:
            set_moment(END, SUBJECT_ABSENCE, absence.pk, ends_at)
        if starts_at <= at:
            _begin(absence, by=by)
        else:
            set_moment(BEGIN, SUBJECT_ABSENCE, absence.pk, starts_at)
    return absence


def change_absence(absence: Absence, *, ends_at: datetime | None, stand_in: User, reason: str, by: Actor) -> bool:
    """Give an absence that lasts or lies ahead another end, stand-in or reason; false when it is so already.

    Records ``user.absence_changed``; who stands in sees and hears what is his at once. Raises ``Conflict`` for one that
    is over, else as ``plan_absence``.
    """
    if not may_enter(absence.person_id, by):
        raise Forbidden(_("You have no right to do this."))
    words = " ".join(reason.replace("\x00", "").split())
    with transaction.atomic():
        held = _locked(absence.pk, also=stand_in.pk)
        if held is None or held.over_at is not None:
            raise Conflict(_("This absence is over."))
        problems = [wrong for wrong in _problems(held.starts_at, ends_at, words, now()) if wrong[0] != "starts_at"]
        if problems:
            raise Invalid(problems[0][1], field=problems[0][0], errors=problems)
        other = User.objects.get(pk=stand_in.pk)
        wanted = {"ends_at": ends_at, "stand_in": other, "reason": words}
        changes = {name: value for name, value in wanted.items() if getattr(held, name) != value}
        if not changes:
            return False
        _check_free(held.person, held.starts_at, ends_at, but=held.pk)
        if "stand_in" in changes:
            _check_stand_in(held.person, other)
        _check_no_circle(held.person, other, max(held.starts_at, now()), ends_at)
        _rewrite(held, changes, by=by)
    return True


def _rewrite(absence: Absence, changes: dict[str, Any], *, by: Actor) -> None:
    """Write what changes of a locked absence, and what follows from it."""
    before, old = stand_ins(), _told(absence)
    for name, value in changes.items():
        setattr(absence, name, value)
    absence.save(update_fields=list(changes))
    if "ends_at" in changes:
        clear_moment(END, SUBJECT_ABSENCE, absence.pk)
        if absence.ends_at is not None:
            set_moment(END, SUBJECT_ABSENCE, absence.pk, absence.ends_at)
    told = _told(absence)
    record(events.AbsenceChanged(**told, changes={name: [old[name], told[name]] for name in changes}), by=by)
    _follow(before)


def _problems(starts_at: datetime, ends_at: datetime | None, reason: str, at: datetime) -> Iterable[tuple[str, Any]]:
    if not reason:
        yield "reason", _("Say why, in a word.")
    elif len(reason) > 80:
        yield "reason", _("The reason is longer than 80 characters.")
    if abs(starts_at - at) > _LONGEST:
        yield "starts_at", _("This day is too far away.")
    if ends_at is not None and (ends_at <= starts_at or ends_at <= at):
        yield "ends_at", _("The end lies before the beginning or in the past.")
    elif ends_at is not None and ends_at - at > _LONGEST:
        yield "ends_at", _("This day is too far away.")


def _meeting(starts_at: datetime, ends_at: datetime | None) -> Q:
    """Return the condition for absences that are not over and share a moment with this time."""
    lasting = Q(over_at=None) & (Q(ends_at=None) | Q(ends_at__gt=starts_at))
    return lasting if ends_at is None else lasting & Q(starts_at__lt=ends_at)


def _check_free(person: User, starts_at: datetime, ends_at: datetime | None, *, but: int = 0) -> None:
    other = Absence.objects.filter(_meeting(starts_at, ends_at), person=person).exclude(pk=but).first()
    if other is not None:
        field = "starts_at" if other.starts_at <= starts_at else "ends_at"
        text = _("There is another absence at this time already: %(reason)s.") % {"reason": in_language(other.reason)}
        raise Invalid(text, field=field)


def _check_stand_in(person: User, other: User) -> None:
    if other.pk == person.pk:
        raise Invalid(_("Nobody can stand in for himself."), field="stand_in")
    fit = other.is_active and other.invited_at is None and rights_of(other.role, other.custom_role) >= _NEEDED
    if not fit:
        raise Invalid(_("This person cannot work on tickets now."), field="stand_in")
    if other.role in {"admin", "supervisor"}:
        return
    teams = Membership.objects.filter(user=person).values("team_id")
    if teams.exists() and not Membership.objects.filter(user=other, team_id__in=teams).exists():
        raise Invalid(_("Choose somebody of the same team, a supervisor or an administrator."), field="stand_in")


def _check_no_circle(person: User, other: User, starts_at: datetime, ends_at: datetime | None) -> None:
    """Follow the stand-ins of stand-ins through the time they share; one may be away twice within it."""
    paths: list[tuple[int, datetime, datetime | None]] = [(other.pk, starts_at, ends_at)]
    for _step in range(1000):
        if not paths:
            return
        who, begin, end = paths.pop()
        for row in Absence.objects.filter(_meeting(begin, end), person_id=who).select_related("person", "stand_in"):
            if row.stand_in_id == person.pk:
                text = _("This would be a circle: %(name)s is away then too, and %(stand_in)s stands in.")
                raise Invalid(text % {"name": row.person.name, "stand_in": person.name}, field="stand_in")
            ends = [moment for moment in (end, row.ends_at) if moment is not None]
            paths.append((row.stand_in_id, max(begin, row.starts_at), min(ends, default=None)))
    raise Invalid(_("This chain of stand-ins is too long."), field="stand_in")


def people_in_absences() -> set[int]:
    """Return the ids of all who are or will be away and of their stand-ins: a change may renew the access of each.

    They are locked together with the administrators, at once and in one order: so absences are entered and ended one
    after the other, and nobody waits for somebody who waits for him.
    """
    pairs = Absence.objects.filter(over_at=None).values_list("person_id", "stand_in_id")
    return {user_id for pair in pairs for user_id in pair}


def begin_absence(absence_id: int, *, by: Actor) -> bool:
    """Begin an absence whose time has come; one that began or is over already stays as it is."""
    with transaction.atomic():
        absence = _locked(absence_id)
        if absence is None or absence.over_at is not None or absence.person.absence_id == absence.pk:
            return False
        _begin(absence, by=by)
    return True


def _begin(absence: Absence, *, by: Actor) -> None:
    before = stand_ins()
    User.objects.filter(pk=absence.person_id).update(absence=absence)
    record(events.AbsenceBegun(**_told(absence)), by=by)
    _follow(before)


def end_absence(absence: Absence, *, by: Actor) -> bool:
    """End an absence: the person is back, or it is taken back before it began; again changes nothing.

    Records ``user.absence_ended``. Raises ``Forbidden`` for the absence of another without the right.
    """
    if by.kind != "system" and not may_enter(absence.person_id, by):
        raise Forbidden(_("You have no right to do this."))
    with transaction.atomic():
        held = _locked(absence.pk)
        return held is not None and _end([held], by=by)


def end_absence_in_time(absence_id: int, *, by: Actor) -> bool:
    """End an absence whose last moment has come; one that is over already stays as it is."""
    with transaction.atomic():
        held = _locked(absence_id)
        if held is None or held.ends_at is None or held.ends_at > now():
            return False  # it was given a later end while this moment was on its way
        return _end([held], by=by, early=False)


def end_absences_with(person: User, *, by: Actor) -> None:
    """End all absences of a person and those he stands in for: he was blocked. Only inside a transaction."""
    rows = Absence.objects.filter(Q(person=person) | Q(stand_in=person), over_at=None)
    _end(list(rows.select_related("person", "stand_in").order_by("pk")), by=by)


def _locked(absence_id: int, *, also: int | None = None) -> Absence | None:
    """Return an absence as it is once the locks are ours: those that plans and blocking take too, in one order."""
    person_id = Absence.objects.filter(pk=absence_id).values_list("person_id", flat=True).first()
    if person_id is None:
        return None
    lock_person(person_id, also=people_in_absences() | ({also} if also else set()))
    return Absence.objects.select_related("person", "stand_in").get(pk=absence_id)


def _end(absences: list[Absence], *, by: Actor, early: bool = True) -> bool:
    absences = [row for row in absences if row.over_at is None]
    if not absences:
        return False
    before = stand_ins()
    for absence in absences:
        absence.over_at = now()
        absence.save(update_fields=["over_at"])
        User.objects.filter(absence=absence).update(absence=None)
        clear_moment(BEGIN, SUBJECT_ABSENCE, absence.pk)
        clear_moment(END, SUBJECT_ABSENCE, absence.pk)
        record(events.AbsenceEnded(**_told(absence), early=early), by=by)
    _follow(before)
    return True


def _follow(before: dict[int, int]) -> None:
    """Renew the access of everybody who stands in for somebody else than before: sessions, streams, tokens follow."""
    changed = set(before.items()) ^ set(stand_ins().items())
    for user_id in sorted({stand_in for _absent, stand_in in changed}):
        User.objects.filter(pk=user_id).update(access_stamp=new_stamp())
    transaction.on_commit(_forget)


def _forget() -> None:
    forget("directories")
    forget_tokens()


def _told(absence: Absence) -> dict[str, Any]:
    return {
        "subject_id": absence.person_id, "name": absence.person.name, "absence_id": absence.pk,
        "reason": absence.reason, "starts_at": absence.starts_at.isoformat(),
        "ends_at": absence.ends_at.isoformat() if absence.ends_at else None,
        "stand_in": absence.stand_in.name, "stand_in_id": absence.stand_in_id,
    }  # fmt: skip
