"""REST of what webhooks did: their log, a test, a new secret, a call made again, a removed webhook brought back."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from otklik.accounts.rest import Json, PageQuery, idempotent, needs, takes_key
from otklik.accounts.shapes import PageOf
from otklik.contacts.events import SUBJECT_CONTACT, SUBJECT_ORGANIZATION
from otklik.core.errors import Conflict, NotFound
from otklik.core.pages import keyset_page
from otklik.tickets.events import SUBJECT_TICKET
from otklik.tickets.public import iso
from otklik.webhooks import actions, queries
from otklik.webhooks.api_answers import told_once, webhook_json
from otklik.webhooks.models import Delivery, DeliveryState
from otklik.webhooks.shapes import CallOut, CallWithBodyOut, SecretOut, WebhookOut

router = Router(tags=["webhooks"])


@router.get("/webhooks/{int:webhook_id}/calls", response=PageOf[CallOut], summary="Log of a webhook")
def list_calls(request: HttpRequest, webhook_id: int, query: Query[PageQuery]) -> Json:
    """The calls of a webhook of the last month, newest first, with every attempt."""
    hook = queries.get_webhook(needs(request, "settings.edit", query, scope="webhooks:read"), webhook_id)
    rows = Delivery.objects.filter(webhook=hook).prefetch_related("tries")
    page = keyset_page(rows, order=[("-id", int)], cursor=query.cursor or None, limit=query.limit)
    return {"items": [_call_json(row) for row in page.items], "next": page.next}


@router.get("/webhooks/{int:webhook_id}/calls/{int:call_id}", response=CallWithBodyOut, summary="One call")
def get_call(request: HttpRequest, webhook_id: int, call_id: int) -> Json:
    """A call of a webhook with the body that is sent; null before the first attempt."""
    actor = needs(request, "settings.edit", scope="webhooks:read")
    return _with_body_json(queries.get_delivery(actor, webhook_id, call_id))


@router.post("/webhooks/{int:webhook_id}/calls/{int:call_id}/again", response=CallOut, summary="Make a call again")
@idempotent
def post_call_again(request: HttpRequest, webhook_id: int, call_id: int) -> tuple[int, Json]:
    """Have the same call, with the same id and body, made again; one that waits is tried at once.

    409 while the webhook is switched off: switch it on again with ``PATCH`` and ``"enabled": true``.
    """
    actor = needs(request, "settings.edit", scope="webhooks:write")
    actions.send_again(queries.get_delivery(actor, webhook_id, call_id), by=actor)
    return 200, _call_json(queries.get_delivery(actor, webhook_id, call_id))


@router.post("/webhooks/{int:webhook_id}/test", response={201: CallOut}, summary="Test a webhook")
@idempotent
def post_test(request: HttpRequest, webhook_id: int) -> tuple[int, Json]:
    """Queue a test call that tells of no ticket; its outcome stands in the log a moment later.

    409 while the webhook is switched off.
    """
    actor = needs(request, "settings.edit", scope="webhooks:write")
    made = actions.send_test(queries.get_webhook(actor, webhook_id), by=actor)
    return 201, _call_json(queries.get_delivery(actor, webhook_id, made.pk))


@router.post("/webhooks/{int:webhook_id}/secret", response=SecretOut, summary="Give a webhook a new secret")
@takes_key
def post_secret(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """Make a new secret; the old one signs nothing any more. A repeat with the same key has null in its place."""
    actor = needs(request, "settings.edit", scope="webhooks:write")
    hook = queries.get_webhook(actor, webhook_id)

    def work() -> tuple[int, Json, str]:
        return 200, {}, actions.new_secret(hook, by=actor)

    return told_once(request, work)


@router.post("/webhooks/{int:webhook_id}/restoration", response=WebhookOut, summary="Bring a removed webhook back")
@idempotent
def post_restoration(request: HttpRequest, webhook_id: int) -> tuple[int, Json]:
    """Bring a webhook back that was removed less than a day ago; one that is there stays as it is."""
    actor = needs(request, "settings.edit", scope="webhooks:write")
    hook = queries.visible_to(actor).filter(pk=webhook_id).first()
    if hook is None:
        raise NotFound
    if not actions.restore_webhook(hook, by=actor) and hook.removed_at is not None:
        raise Conflict
    return 200, webhook_json(queries.get_webhook(actor, webhook_id))


_SUBJECTS: Final = {
    "ticket": SUBJECT_TICKET, "contact": SUBJECT_CONTACT, "organization": SUBJECT_ORGANIZATION,
}  # fmt: skip


def _call_json(row: Delivery) -> Json:
    waits = row.state == DeliveryState.QUEUED
    return {
        "id": row.pk, "key": row.key, "event": row.name, "state": row.state,
        **{name: row.ticket_id or None if row.subject_kind == kind else None for name, kind in _SUBJECTS.items()},
        "created_at": iso(row.created_at), "ended_at": iso(row.ended_at), "next_at": iso(row.run_at) if waits else None,
        "attempts": [
            {"at": iso(each.at), "status": each.status, "error": each.error or None, "answer": each.answer or None,
             "milliseconds": each.milliseconds}
            for each in row.tries.all()
        ],
    }  # fmt: skip


def _with_body_json(row: Delivery) -> Json:
    return _call_json(row) | {"body": row.body or None}
