"""What the REST operations of webhooks share: the JSON of a webhook, and a secret that is told once only."""

import json
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from otklik.accounts.rest import Json, actor_of, as_json
from otklik.core.idempotency import Answer, fingerprint, run_once
from otklik.tickets.public import iso
from otklik.webhooks.models import Webhook


def webhook_json(hook: Webhook) -> Json:
    """Return a webhook as programs see it."""
    return {
        "id": hook.pk,
        "name": hook.name,
        "url": hook.url,
        "events": hook.events,
        "with_bodies": hook.with_bodies,
        "enabled": hook.enabled,
        "off_reason": hook.off_reason or None,
        "failing_since": iso(hook.failing_since),
        "last_ok_at": iso(hook.last_ok_at),
        "version": hook.version,
        "created_at": iso(hook.created_at),
    }


def told_once(request: HttpRequest, work: Callable[[], tuple[int, Json, str]]) -> HttpResponse:
    """Answer with what ``work`` made and its secret; the answer that is kept for a repeat holds null in its place."""
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        status, value, secret = work()
        return as_json(status, value | {"secret": secret})
    made: list[str] = []

    def kept() -> Answer:
        status, value, secret = work()
        made.append(secret)
        return Answer(status=status, body=as_json(status, value).content)

    mark = fingerprint(request.method or "", request.get_full_path(), request.body)
    answer = run_once(actor_of(request).principal, key, mark, kept)
    response = as_json(answer.status, json.loads(answer.body) | {"secret": made[0] if made else None})
    if answer.replayed:
        response["Idempotent-Replayed"] = "true"
    return response
