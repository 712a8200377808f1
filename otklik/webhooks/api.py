"""REST of webhooks: for those who may change settings, with a token whose scopes cover it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import Field

from otklik.accounts.rest import Json, PageQuery, Strict, needs, takes_key
from otklik.accounts.shapes import PageOf
from otklik.core.errors import Conflict
from otklik.core.pages import keyset_page
from otklik.webhooks import actions, queries
from otklik.webhooks.actions import Wanted
from otklik.webhooks.api_answers import told_once, webhook_json
from otklik.webhooks.api_log import router as log_router
from otklik.webhooks.shapes import NewWebhookOut, WebhookOut

router = Router(tags=["webhooks"])
router.add_router("", log_router)


class WebhookIn(Strict):
    """A webhook: where to call, of what, whether texts of messages go along."""

    name: str = Field(max_length=120)
    url: str = Field(max_length=2048)
    events: list[str] = Field(max_length=50)
    with_bodies: bool = False
    enabled: bool = True


class WebhookPatch(Strict):
    """What to change; ``version`` guards against changing what somebody else changed meanwhile."""

    name: str | None = Field(None, max_length=120)
    url: str | None = Field(None, max_length=2048)
    events: list[str] | None = Field(None, max_length=50)
    with_bodies: bool | None = None
    enabled: bool | None = None
    version: int | None = None


@router.get("/webhooks", response=PageOf[WebhookOut], summary="Webhooks")
def list_webhooks(request: HttpRequest, query: Query[PageQuery]) -> Json:
    """All webhooks, oldest first; their secrets are never shown again."""
    rows = queries.visible_to(needs(request, "settings.edit", query, scope="webhooks:read")).filter(
        removed_at__isnull=True
    )
    page = keyset_page(rows, order=[("id", int)], cursor=query.cursor or None, limit=query.limit)
    return {"items": [webhook_json(hook) for hook in page.items], "next": page.next}


@router.post("/webhooks", response={201: NewWebhookOut}, summary="Add a webhook")
@takes_key
def post_webhook(request: HttpRequest, body: WebhookIn) -> HttpResponse:
    """Add a webhook. Its secret stands in the first answer only: a repeat with the same key has null in its place."""
    actor = needs(request, "settings.edit", scope="webhooks:write")

    def work() -> tuple[int, Json, str]:
        hook, plain = actions.add_webhook(Wanted(**body.dict()), by=actor)
        return 201, webhook_json(hook), plain

    return told_once(request, work)


@router.get("/webhooks/{int:webhook_id}", response=WebhookOut, summary="One webhook")
def get_webhook(request: HttpRequest, webhook_id: int) -> Json:
    """A webhook and how it fares."""
    return webhook_json(queries.get_webhook(needs(request, "settings.edit", scope="webhooks:read"), webhook_id))


@router.patch("/webhooks/{int:webhook_id}", response=WebhookOut, summary="Change a webhook")
def patch_webhook(request: HttpRequest, webhook_id: int, body: WebhookPatch) -> Json:
    """Change a webhook; switching it on again forgets its failures."""
    actor = needs(request, "settings.edit", scope="webhooks:write")
    hook = queries.get_webhook(actor, webhook_id)
    given: dict[str, Any] = {key: value for key, value in body.dict(exclude_unset=True).items() if value is not None}
    version = given.pop("version", None)
    held = {
        "name": hook.name, "url": hook.url, "events": hook.events, "with_bodies": hook.with_bodies,
        "enabled": hook.enabled,
    }  # fmt: skip
    try:
        return webhook_json(actions.change_webhook(hook, Wanted(**(held | given)), version=version, by=actor))
    except Conflict as error:
        raise Conflict(error.message, current=webhook_json(queries.get_webhook(actor, webhook_id))) from error


@router.delete("/webhooks/{int:webhook_id}", response={204: None}, summary="Remove a webhook")
def delete_webhook(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """Remove a webhook with what waits for it."""
    actor = needs(request, "settings.edit", scope="webhooks:write")
    actions.remove_webhook(queries.get_webhook(actor, webhook_id), by=actor)
    return HttpResponse(status=204)
