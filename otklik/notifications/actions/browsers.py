"""The browsers that show a person's notifications as push messages."""

import base64
import binascii
import hashlib
from typing import Final
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.core.actor import Actor
from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.core.errors import Forbidden, Invalid
from otklik.core.events import record
from otklik.notifications import events
from otklik.notifications.models import Browser

MOST: Final = 20
_KEY, _SECRET = 65, 16  # bytes of a point of P-256, and of the shared secret


def add_browser(*, endpoint: str, p256dh: str, auth: str, name: str, by: Actor) -> Browser:
    """Let a browser show the actor's notifications; the same one again changes only its keys and its owner.

    ``endpoint`` is an https address of the browser's maker; whether it is a public one is checked at each call.
    Records ``browser.added``.
    Raises ``Invalid`` naming the field.
    """
    if by.kind != "user" or by.id is None:
        raise Forbidden
    if len(endpoint) > 1000 or not endpoint.startswith("https://") or not urlsplit(endpoint).hostname:
        raise Invalid(_("This is not an address for push messages."), field="endpoint")
    if _size(p256dh) != _KEY or _size(auth) != _SECRET:
        raise Invalid(_("The keys of the browser cannot be used."), field="keys")
    key = hashlib.sha256(endpoint.encode()).hexdigest()
    values = {"user_id": by.id, "p256dh": p256dh, "auth": auth, "name": name[:120], "last_error": ""}
    with transaction.atomic():
        known = Browser.objects.select_for_update().filter(endpoint_key=key).first()
        if known is None and Browser.objects.filter(user_id=by.id).count() >= MOST:
            raise Invalid(_("At most 20 browsers can show notifications."), field="endpoint")
        found, made = Browser.objects.update_or_create(
            endpoint_key=key, defaults=values, create_defaults={**values, "endpoint": endpoint, "created_at": now()}
        )
        if made or (known is not None and known.user_id != by.id):
            record(events.BrowserAdded(subject_id=by.id, name=found.name), by=by)
            transaction.on_commit(lambda: forget("directories"))
    return found


def _size(text: str) -> int:
    """Return how many bytes a URL-safe base64 text holds; -1 for what is none."""
    if len(text) > 120 or not text.isascii():
        return -1
    try:
        return len(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        return -1


def remove_browser(browser: Browser, *, by: Actor) -> bool:
    """Let a browser show nothing any more; a second time changes nothing. Records ``browser.removed``.

    Raises ``Forbidden`` for anyone but its owner and the house itself (a server that says the browser is gone).
    """
    if not by.is_system and (by.kind != "user" or by.id != browser.user_id):
        raise Forbidden
    with transaction.atomic():
        if not Browser.objects.filter(pk=browser.pk).delete()[0]:
            return False
        record(events.BrowserRemoved(subject_id=browser.user_id, name=browser.name), by=by)
    return True
