"""What people do with webhooks: add, change, remove, bring back, test, send again."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.accounts import policies as rights
from otklik.core import http
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict, DomainError, Forbidden, Invalid
from otklik.core.events import record
from otklik.core.secrets import seal
from otklik.webhooks import catalog, events
from otklik.webhooks.actions.delivering import LIFE, cancel_waiting, wake_sender
from otklik.webhooks.models import Delivery, DeliveryState, Webhook

MOST: Final = 50
BACK_FOR: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person enters: name, address, the names of events, whether texts go along, whether it is on."""

    name: str
    url: str
    events: Sequence[str]
    with_bodies: bool = False
    enabled: bool = True


def _check(wanted: Wanted, by: Actor, *, same_url: bool = False) -> None:
    """Refuse what cannot be used. The address is looked up, so this is called outside any transaction."""
    _check_right(by)
    if not wanted.name.strip():
        raise Invalid(_("Enter a name."), field="name")
    if unknown := sorted(set(wanted.events) - catalog.NAMES):
        raise Invalid(_("There is no event “%(name)s”.") % {"name": unknown[0][:60]}, field="events")
    if not wanted.events:
        raise Invalid(_("Choose at least one event."), field="events")
    if same_url:
        return
    try:
        http.check_url(wanted.url)
    except DomainError as error:
        raise Invalid(error.message, field="url") from error


def _check_right(by: Actor) -> None:
    if not rights.can(by, "settings.edit"):
        raise Forbidden(_("You have no right to do this."))


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "")[:100]


def _told(name: str, value: Any) -> Any:
    """Return a value as the log keeps it: an address may hold a secret behind its host."""
    return _host(value) if name == "url" else value


def _fresh_secret() -> str:
    return f"whsec_{secrets.token_urlsafe(32)}"


def add_webhook(wanted: Wanted, *, by: Actor) -> tuple[Webhook, str]:
    """Add a webhook; return it and its secret, which is shown this once only. Records ``webhook.added``.

    Raises ``Invalid`` naming the field: an address that cannot be used or lies in an inner network, an unknown event.
    """
    _check(wanted, by)
    plain = _fresh_secret()
    with transaction.atomic():
        if Webhook.objects.filter(removed_at__isnull=True)[MOST:].exists():
            raise Conflict(_("There are 50 webhooks already."))
        hook = Webhook.objects.create(
            name=" ".join(wanted.name.split())[:120], url=wanted.url, secret=seal(plain), created_at=now(),
            events=sorted(set(wanted.events)), with_bodies=wanted.with_bodies, enabled=wanted.enabled,
        )  # fmt: skip
        record(events.WebhookAdded(subject_id=hook.pk, name=hook.name, host=_host(hook.url)), by=by)
    return hook, plain


def change_webhook(hook: Webhook, wanted: Wanted, *, version: int | None = None, by: Actor) -> Webhook:
    """Change a webhook; equal values change nothing. Switching it on again forgets its failures.

    Records ``webhook.changed``. Raises ``Invalid`` as ``add_webhook`` does, ``Conflict`` for an older version.
    """
    _check(wanted, by, same_url=wanted.url == hook.url)
    with transaction.atomic():
        row = Webhook.objects.select_for_update().get(pk=hook.pk)
        if version is not None and version != row.version:
            raise Conflict(_("Somebody else changed these settings meanwhile."), current=row)
        values = {
            "name": " ".join(wanted.name.split())[:120], "url": wanted.url, "events": sorted(set(wanted.events)),
            "with_bodies": wanted.with_bodies, "enabled": wanted.enabled,
        }  # fmt: skip
        changed = sorted(name for name, value in values.items() if getattr(row, name) != value)
        if not changed:
            return row
        changes = {name: [_told(name, getattr(row, name)), _told(name, values[name])] for name in changed}
        for name in changed:
            setattr(row, name, values[name])
        row.version += 1
        if {"url", "enabled"} & set(changed):
            row.failures, row.failing_since, row.paused_until, row.off_reason = 0, None, None, ""
        row.save()
        if not row.enabled:
            cancel_waiting(row)
        told = events.WebhookChanged(
            subject_id=row.pk, name=row.name, host=_host(row.url), fields=changed, changes=changes
        )
        record(told, by=by)
        transaction.on_commit(wake_sender)
    return row


def new_secret(hook: Webhook, *, by: Actor) -> str:
    """Give a webhook another secret and return it; the old one signs nothing any more. Records ``webhook.changed``."""
    _check_right(by)
    plain = _fresh_secret()
    with transaction.atomic():
        Webhook.objects.filter(pk=hook.pk).update(secret=seal(plain))
        record(
            events.WebhookChanged(subject_id=hook.pk, name=hook.name, host=_host(hook.url), fields=["secret"]), by=by
        )
    return plain


def remove_webhook(hook: Webhook, *, by: Actor) -> bool:
    """Remove a webhook with what waits for it; for a day it can be brought back. Records ``webhook.removed``.

    False when it was removed before.
    """
    _check_right(by)
    with transaction.atomic():
        if not Webhook.objects.filter(pk=hook.pk, removed_at__isnull=True).update(removed_at=now()):
            return False
        cancel_waiting(hook)
        record(events.WebhookRemoved(subject_id=hook.pk, name=hook.name, host=_host(hook.url)), by=by)
    return True


def restore_webhook(hook: Webhook, *, by: Actor) -> bool:
    """Bring a removed webhook back, within a day. Records ``webhook.restored``; false when there is nothing to do."""
    _check_right(by)
    with transaction.atomic():
        removed = Webhook.objects.filter(pk=hook.pk, removed_at__gt=now() - BACK_FOR)
        if not removed.update(removed_at=None):
            return False
        record(events.WebhookRestored(subject_id=hook.pk, name=hook.name, host=_host(hook.url)), by=by)
    return True


def send_test(hook: Webhook, *, by: Actor) -> Delivery:
    """Queue a test call that tells of no ticket; its outcome stands in the log.

    Raises ``Conflict`` when the webhook is switched off: nothing would ever be called.
    """
    _check_right(by)
    at = now()
    with transaction.atomic():
        # what failed before does not hold a test up
        if not Webhook.objects.filter(pk=hook.pk, enabled=True, removed_at__isnull=True).update(paused_until=None):
            raise Conflict(_("Switch the webhook on first."))
        delivery = Delivery.objects.create(
            webhook=hook, name=catalog.TEST, ticket_id=0, run_at=at, created_at=at, tries_until=at
        )
        transaction.on_commit(wake_sender)
    return delivery


def send_again(delivery: Delivery, *, by: Actor) -> bool:
    """Have the same call, with the same id and body, made again; one that waits is tried at once.

    False when it is being made already. Raises ``Conflict`` when the webhook is switched off.
    """
    _check_right(by)
    if not delivery.webhook.enabled or delivery.webhook.removed_at is not None:
        raise Conflict(_("Switch the webhook on first."))
    at = now()
    with transaction.atomic():
        rows = Delivery.objects.filter(pk=delivery.pk).exclude(state=DeliveryState.SENDING)
        if not rows.update(
            state=DeliveryState.QUEUED, run_at=at, tries_until=at + LIFE, attempts=0, worker="", ended_at=None
        ):
            return False
        Webhook.objects.filter(pk=delivery.webhook_id).update(paused_until=None)
        transaction.on_commit(wake_sender)
    return True
