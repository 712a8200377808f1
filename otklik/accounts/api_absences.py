"""REST of absences: who is away and who stands in; entering, changing and ending them."""

from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, Field

from otklik.accounts import actions
from otklik.accounts.models import Absence, User
from otklik.accounts.queries import absences_visible_to, assignable
from otklik.accounts.reasons import in_language
from otklik.accounts.rest import Json, PageQuery, Strict, idempotent, needs
from otklik.core.actor import Actor
from otklik.core.errors import Invalid, NotFound
from otklik.core.pages import keyset_page

router = Router(tags=["directories"])


class AbsenceIn(Strict):
    """An absence; without ``ends_at`` it lasts until it is ended. ``person`` is oneself when not given."""

    person: int | None = None
    stand_in: int
    reason: str = Field(max_length=80)
    starts_at: AwareDatetime
    ends_at: AwareDatetime | None = None


class AbsencePatch(Strict):
    """What to change; fields that are absent stay, ``ends_at`` null makes it last until it is ended."""

    stand_in: int | None = None
    reason: str | None = Field(None, max_length=80)
    ends_at: AwareDatetime | None = None


class SomebodyOut(Schema):
    """A colleague by id and name."""

    id: int
    name: str


class AbsenceOut(Schema):
    """An absence; ``state`` is ``planned``, ``running`` or ``over``."""

    id: int
    person: SomebodyOut
    stand_in: SomebodyOut
    reason: str
    starts_at: datetime
    ends_at: datetime | None
    over_at: datetime | None
    state: str


class AbsencesOut(Schema):
    """A page of absences."""

    items: list[AbsenceOut]
    next: str | None


@router.get("/absences", response=AbsencesOut, summary="Absences")
def list_absences(request: HttpRequest, query: Query[PageQuery]) -> Json:
    """Absences of colleagues, the first entered first, past ones too."""
    actor = needs(request, "tickets.view", query, scope="absences:read")
    rows = absences_visible_to(actor)
    page = keyset_page(rows, order=[("id", int)], cursor=query.cursor or None, limit=query.limit)
    return {"items": [_absence_json(row) for row in page.items], "next": page.next}


@router.post("/absences", response={201: AbsenceOut}, summary="Enter an absence")
@idempotent
def post_absence(request: HttpRequest, body: AbsenceIn) -> tuple[int, Json]:
    """Enter one's own absence, or with the right somebody else's; one that starts in the past begins at once."""
    actor = needs(request, "tickets.view", scope="absences:write")
    person = _somebody(actor, actor.id if body.person is None else body.person, "person")
    stand_in = _somebody(actor, body.stand_in, "stand_in")
    made = actions.plan_absence(
        person, stand_in=stand_in, reason=body.reason, starts_at=body.starts_at, ends_at=body.ends_at, by=actor
    )
    return 201, _absence_json(_absence(actor, made.pk))


@router.get("/absences/{int:absence_id}", response=AbsenceOut, summary="One absence")
def get_absence(request: HttpRequest, absence_id: int) -> Json:
    """An absence of a colleague."""
    return _absence_json(_absence(needs(request, "tickets.view", scope="absences:read"), absence_id))


@router.patch("/absences/{int:absence_id}", response=AbsenceOut, summary="Change an absence")
def patch_absence(request: HttpRequest, absence_id: int, body: AbsencePatch) -> Json:
    """Give an absence that lasts or lies ahead another end, stand-in or reason; 409 when it is over."""
    actor = needs(request, "tickets.view", scope="absences:write")
    found, wanted = _absence(actor, absence_id), body.dict(exclude_unset=True)
    stand_in = found.stand_in if wanted.get("stand_in") is None else _somebody(actor, wanted["stand_in"], "stand_in")
    actions.change_absence(
        found,
        ends_at=wanted.get("ends_at", found.ends_at),
        stand_in=stand_in,
        reason=found.reason if wanted.get("reason") is None else wanted["reason"],
        by=actor,
    )
    return _absence_json(_absence(actor, absence_id))


@router.delete("/absences/{int:absence_id}", response=AbsenceOut, summary="End an absence")
def delete_absence(request: HttpRequest, absence_id: int) -> Json:
    """End an absence early, or take back one that is to come; it stays in the list as over."""
    actor = needs(request, "tickets.view", scope="absences:write")
    found = _absence(actor, absence_id)
    actions.end_absence(found, by=actor)
    return _absence_json(_absence(actor, absence_id))


def _somebody(actor: Actor, user_id: int | None, field: str) -> User:
    found = assignable(actor).filter(pk=user_id).first() if user_id is not None and 0 < user_id < 2**63 else None
    if found is None:
        raise Invalid(_("There is no such person."), field=field)
    return found


def _absence(actor: Actor, absence_id: int) -> Absence:
    found = absences_visible_to(actor).filter(pk=absence_id).first() if absence_id < 2**63 else None
    if found is None:
        raise NotFound
    return found


def _absence_json(row: Absence) -> Json:
    running = row.person.absence_id == row.pk
    return {
        "id": row.pk, "person": {"id": row.person_id, "name": row.person.name},
        "stand_in": {"id": row.stand_in_id, "name": row.stand_in.name}, "reason": in_language(row.reason),
        "starts_at": row.starts_at, "ends_at": row.ends_at, "over_at": row.over_at,
        "state": "over" if row.over_at is not None else "running" if running else "planned",
    }  # fmt: skip
