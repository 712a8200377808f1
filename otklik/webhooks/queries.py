"""What is selected of webhooks."""

from typing import Final

from django.db.models import QuerySet

from otklik.accounts.policies import can
from otklik.core.actor import Actor
from otklik.core.errors import NotFound
from otklik.webhooks.models import Delivery, Webhook

PAGE: Final = 30


def visible_to(actor: Actor | None) -> QuerySet[Webhook]:
    """Return the webhooks an actor may see: all with the right to change settings, else none."""
    if actor is None or not can(actor, "settings.edit"):
        return Webhook.objects.none()
    return Webhook.objects.order_by("id")


def get_webhook(actor: Actor | None, webhook_id: int) -> Webhook:
    """Return a webhook that is not removed, or raise ``NotFound``."""
    rows = visible_to(actor).filter(removed_at__isnull=True)
    hook = rows.filter(pk=webhook_id).first() if 0 < webhook_id < 2**63 else None
    if hook is None:
        raise NotFound
    return hook


def get_delivery(actor: Actor | None, webhook_id: int, delivery_id: int) -> Delivery:
    """Return a delivery of a webhook the actor may see, or raise ``NotFound``."""
    hook = get_webhook(actor, webhook_id)
    rows = Delivery.objects.select_related("webhook").filter(webhook=hook)
    found = rows.filter(pk=delivery_id).first() if 0 < delivery_id < 2**63 else None
    if found is None:
        raise NotFound
    return found


def log_of(hook: Webhook, before: int = 0) -> list[Delivery]:
    """Return one more than a page of the log, newest first, with the attempts; ``before`` is the id to go on from."""
    rows = Delivery.objects.filter(webhook=hook).prefetch_related("tries").order_by("-id")
    if 0 < before < 2**63:
        rows = rows.filter(pk__lt=before)
    return list(rows[: PAGE + 1])
