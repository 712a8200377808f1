"""REST of notifications: one's own, and the rules; those of others for those who manage people."""

from datetime import time
from typing import Literal

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field

from otklik.accounts.models import User
from otklik.accounts.queries import manageable
from otklik.accounts.rest import Json, PageQuery, Strict, idempotent, needs
from otklik.accounts.shapes import PageOf
from otklik.core.actor import Actor
from otklik.core.errors import Conflict, Invalid
from otklik.notifications import actions, queries
from otklik.notifications.actions.choosing import Wanted
from otklik.notifications.kinds import CHANGES, WAYS
from otklik.notifications.models import Notification, Wishes
from otklik.notifications.presenters import words_of
from otklik.notifications.rules import rules_of
from otklik.notifications.shapes import NotificationOut, RulesOut, UnreadOut
from otklik.tickets.public import iso

router = Router(tags=["notifications"])

Way = Literal["desk", "mail", "push"]
Reach = Literal["none", "mine", "teams", "all"]


class NotificationQuery(PageQuery):
    """Which notifications: all, or only those not read."""

    unread: bool = False


class ReadIn(Strict):
    """What to mark as read: some by their ids, all of a ticket, or everything up to an id. Exactly one of them."""

    ids: list[int] | None = Field(None, max_length=200)
    ticket: int | None = Field(None, ge=1, lt=2**63)
    until: int | None = Field(None, ge=0, lt=2**63)


class RulesIn(Strict):
    """Rules; what is left out stays. ``version`` guards against changing what somebody else changed meanwhile."""

    new: dict[Way, Reach] = Field(default_factory=dict)
    changes: dict[str, list[Way]] = Field(default_factory=dict, max_length=50)
    quiet: bool | None = None
    quiet_from: time | None = None
    quiet_to: time | None = None
    digest: Literal["none", "hour", "day"] | None = None
    digest_at: time | None = None
    version: int | None = None


def _writer(request: HttpRequest) -> Actor:
    """Return the token's owner when the token may change what is his own."""
    return needs(request, "tickets.view", scope="notifications:write")


def _json(row: Notification) -> Json:
    ticket = row.ticket
    return {
        "id": row.pk, "kind": row.why, "text": words_of(row), "who": row.who,
        "ticket": {"number": ticket.pk, "subject": ticket.subject, "status": ticket.status.key},
        "message": row.message_id, "instead_of": row.in_place_of.name if row.in_place_of else None,
        "created_at": iso(row.made_at), "read_at": iso(row.read_at), "url": f"/tickets/{ticket.pk}/",
    }  # fmt: skip


def _rules(user_id: int) -> Json:
    held = queries.wishes_of(user_id)
    row, rules = held or Wishes(user_id=user_id), rules_of(held)
    return {
        "new": {way: rules.new[way] for way in WAYS},
        "changes": {key: [way for way in WAYS if way in rules.ways[key]] for key in CHANGES},
        "quiet": row.quiet, "quiet_from": f"{row.quiet_from:%H:%M}", "quiet_to": f"{row.quiet_to:%H:%M}",
        "digest": row.digest or None, "digest_at": f"{row.digest_at:%H:%M}", "version": row.version,
    }  # fmt: skip


@router.get("/notifications", response=PageOf[NotificationOut], summary="Own notifications")
def list_notifications(request: HttpRequest, query: Query[NotificationQuery]) -> Json:
    """What the token's owner was told in the desk, newest first, of tickets he may see now."""
    actor = needs(request, "tickets.view", query, scope="notifications:read")
    page = queries.page_of(actor, cursor=query.cursor or None, limit=query.limit, unread=query.unread)
    return {"items": [_json(row) for row in page.items], "next": page.next}


@router.post("/notifications/read", response=UnreadOut, summary="Mark as read")
@idempotent
def post_read(request: HttpRequest, body: ReadIn) -> tuple[int, Json]:
    """Mark one's own notifications as read; what is read already changes nothing."""
    actor = _writer(request)
    given = body.dict(exclude_none=True)
    if len(given) != 1:
        raise Invalid(_("Give exactly one of: ids, ticket, until."), field="ids")
    if body.ids is not None:
        changed = actions.mark_read([pk for pk in body.ids if 0 < pk < 2**63], by=actor)
    elif body.ticket is not None:
        changed = actions.mark_ticket_read(body.ticket, by=actor)
    else:
        before = queries.count_unread(actor)
        actions.mark_all_read(until=body.until, by=actor)
        changed = before - queries.count_unread(actor)
    return 200, {"changed": changed, "unread": queries.count_unread(actor)}


@router.get("/notifications/rules", response=RulesOut, summary="Own notification rules")
def get_rules(request: HttpRequest) -> Json:
    """What the token's owner is told, and how."""
    return _rules(needs(request, "tickets.view", scope="notifications:read").id or 0)


@router.put("/notifications/rules", response=RulesOut, summary="Change own notification rules")
def put_rules(request: HttpRequest, body: RulesIn) -> Json:
    """Change what the token's owner is told; what is left out stays."""
    actor = _writer(request)
    return _change(User.objects.get(pk=actor.id or 0), body, actor)


@router.get("/users/{int:user_id}/notification-rules", response=RulesOut, summary="Notification rules of a person")
def get_user_rules(request: HttpRequest, user_id: int) -> Json:
    """What somebody is told, for those who manage people."""
    return _rules(_person(needs(request, "users.manage"), user_id).pk)


@router.put("/users/{int:user_id}/notification-rules", response=RulesOut, summary="Change those of a person")
def put_user_rules(request: HttpRequest, user_id: int, body: RulesIn) -> Json:
    """Change what somebody is told, for those who manage people."""
    actor = needs(request, "users.manage")
    return _change(_person(actor, user_id), body, actor)


def _person(actor: Actor, user_id: int) -> User:
    found = manageable(actor).filter(pk=user_id).first() if 0 < user_id < 2**63 else None
    if found is None:
        raise Http404
    return found


def _change(user: User, body: RulesIn, actor: Actor) -> Json:
    digest = {"none": ""}.get(body.digest, body.digest) if body.digest else None
    wanted = Wanted(
        ways={key: [*ways] for key, ways in body.changes.items()},
        new={str(way): str(reach) for way, reach in body.new.items()},
        quiet=body.quiet,
        quiet_from=body.quiet_from,
        quiet_to=body.quiet_to,
        digest=digest,
        digest_at=body.digest_at,
    )
    try:
        actions.change_wishes(user, wanted, version=body.version, by=actor)
    except Conflict as error:
        raise Conflict(error.message, current=_rules(user.pk)) from error
    return _rules(user.pk)
