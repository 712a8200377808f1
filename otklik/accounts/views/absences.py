"""Absences: who is away and who stands in, entering and changing one's own (or, by right, anybody's), coming back."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from otklik.accounts import actions, policies
from otklik.accounts.models import Absence, User
from otklik.accounts.queries import absences_visible_to, assignable
from otklik.accounts.reasons import in_language, offered
from otklik.accounts.views.reading import actor_of, refuse_unknown, words_of
from otklik.accounts.web import staff_required
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import DomainError, Invalid
from otklik.core.locality import desk_zone, zone_or_ours
from otklik.core.shown import Moments

_FIELDS = ("person", "starts_on", "ends_on", "stand_in", "reason")
_CHANGED = ("ends_on", "stand_in", "reason")
_MOST = 200


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required
def absences(request: HttpRequest) -> HttpResponse:
    """Show who is away now and later; POST enters an absence: days of the person's own time zone, both included."""
    actor = actor_of(request)
    people = list(assignable(actor).order_by("name", "id"))
    if request.method != "POST":
        chosen = request.GET.get("person", "")
        return _page(request, people, {"person": chosen if chosen.isdigit() else str(actor.id)}, {})
    values = {name: request.POST.get(name, "").strip() for name in _FIELDS}
    try:
        refuse_unknown(request, _FIELDS)
        person = _one_of(people, values["person"] or str(actor.id), "person")
        actions.plan_absence(
            person,
            starts_at=_first_moment(person, values["starts_on"]),
            ends_at=_last_moment(person, values["ends_on"]),
            stand_in=_one_of(people, values["stand_in"], "stand_in"),
            reason=values["reason"],
            by=actor,
        )
    except DomainError as error:
        return _page(request, people, values, words_of(error), status=error.status)
    messages.success(request, _("The absence is entered."))
    return redirect("people:absences")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required
def absence(request: HttpRequest, absence_id: int) -> HttpResponse:
    """Change an absence that lasts or lies ahead: its last day in the person's own time zone, stand-in and reason."""
    actor = actor_of(request)
    found = _own_to_change(actor, absence_id)
    if found.over_at is not None:
        raise Http404
    people = [person for person in assignable(actor).order_by("name", "id") if person.pk != found.person_id]
    if request.method != "POST":
        last = (found.ends_at - timedelta(microseconds=1)).astimezone(_zone(found.person)) if found.ends_at else None
        held = {"ends_on": last.date().isoformat() if last else "", "stand_in": str(found.stand_in_id)}
        return _form(request, found, people, held | {"reason": in_language(found.reason)}, {})
    values = {name: request.POST.get(name, "").strip() for name in _CHANGED}
    try:
        refuse_unknown(request, _CHANGED)
        kept = values["reason"] == in_language(found.reason)
        actions.change_absence(
            found,
            ends_at=_last_moment(found.person, values["ends_on"]),
            stand_in=_one_of(people, values["stand_in"], "stand_in"),
            reason=found.reason if kept else values["reason"],
            by=actor,
        )
    except DomainError as error:
        return _form(request, found, people, values, words_of(error), status=error.status)
    messages.success(request, _("The absence is changed."))
    return redirect("people:absences")


def _form(
    request: HttpRequest,
    found: Absence,
    people: list[User],
    values: dict[str, str],
    errors: dict[str, str],
    status: int = 200,
) -> HttpResponse:
    context = {
        "absence": found, "line": _line(found, now(), actor_of(request)), "people": people, "values": values,
        "errors": errors, "reasons": offered(),
    }  # fmt: skip
    return render(request, "accounts/absence.html", context, status=status)


def _own_to_change(actor: Actor, absence_id: int) -> Absence:
    found = absences_visible_to(actor).filter(pk=absence_id).first()
    if found is None or not actions.may_enter(found.person_id, actor):
        raise Http404
    return found


@require_POST
@staff_required
def absence_end(request: HttpRequest, absence_id: int) -> HttpResponse:
    """End an absence that lasts, or take back one that is to come."""
    actor = actor_of(request)
    found = _own_to_change(actor, absence_id)
    refuse_unknown(request, ())
    if actions.end_absence(found, by=actor):
        messages.success(request, _("The absence is over."))
    return redirect("people:absences")


def _one_of(people: list[User], text: str, field: str) -> User:
    for person in people:
        if str(person.pk) == text:
            return person
    raise Invalid(_("Choose a person."), field=field)


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(_("Enter a day."), field=field) from None


def _zone(person: User) -> ZoneInfo:
    return zone_or_ours(person.time_zone)


def _midnight(person: User, day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=_zone(person)).astimezone(UTC)


def _first_moment(person: User, text: str) -> datetime:
    return _midnight(person, _day(text, "starts_at"))


def _last_moment(person: User, text: str) -> datetime | None:
    """Return the end of the last day; nothing means: until he is back."""
    try:
        return _midnight(person, _day(text, "ends_at") + timedelta(days=1)) if text else None
    except OverflowError:
        raise Invalid(_("This day is too far away."), field="ends_at") from None


def _page(
    request: HttpRequest, people: list[User], values: dict[str, str], errors: dict[str, str], status: int = 200
) -> HttpResponse:
    actor, at = actor_of(request), now()
    all_people = policies.can(actor, "users.absences")
    rows = list(absences_visible_to(actor).filter(over_at=None)[:_MOST])
    lines = [_line(row, at, actor) for row in rows]
    context = {
        "now": [line for line in lines if line["lasts"]], "later": [line for line in lines if not line["lasts"]],
        "values": values, "errors": errors, "people": people, "for_all": all_people,
        "may": all_people or any(person.pk == actor.id for person in people),
        "today": at.astimezone(desk_zone()).date().isoformat(),
        "reasons": offered(), "me": str(actor.id),
    }  # fmt: skip
    return render(request, "accounts/absences.html", context, status=status)


def _line(row: Absence, at: datetime, actor: Actor) -> dict[str, Any]:
    moments, person = Moments(at), row.person
    first = datetime.combine(row.starts_at.astimezone(_zone(person)).date(), time(12), tzinfo=moments.zone)
    last = row.last_day(person.time_zone)
    lasts = person.absence_id == row.pk
    since = _("since %(day)s") if lasts else _("from %(day)s")
    until = _("until %(day)s") % {"day": moments.day(last)} if last else _("open end")
    return {
        "id": row.pk, "person": person, "stand_in": row.stand_in, "reason": in_language(row.reason), "lasts": lasts,
        "when": f"{since % {'day': moments.day(first)}} {until}", "may_end": actions.may_enter(row.person_id, actor),
        "own": row.person_id == actor.id,
    }  # fmt: skip
