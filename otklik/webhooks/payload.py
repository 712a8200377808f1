"""The body of a call: what happened, and the ticket as the API gives it."""

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import override

from otklik.core.events import Event
from otklik.core.locality import desk_language
from otklik.tickets import public
from otklik.tickets.models import Message, Ticket
from otklik.tickets.queries import CARD_RELATED
from otklik.webhooks.models import Delivery


def body_of(delivery: Delivery) -> str | None:
    """Return the JSON of a delivery; None when what it tells of was taken back (an answer that was never sent).

    Names of statuses are in the installation's language. ``data.message`` is there only where texts are asked for.
    """
    event = Event.objects.filter(pk=delivery.event_id).first() if delivery.event_id else None
    with override(desk_language()):
        data: dict[str, Any] = dict(event.data) if event else {}
        data.pop("not_before", None)
        if event is not None:
            data["actor"] = {"kind": event.actor_kind, "id": event.actor_id, "name": event.actor_name}
        if message_id := data.get("message_id"):
            rows = Message.objects.filter(pk=message_id).select_related("channel").prefetch_related("attachments")
            messages = list(rows)
            if not messages and delivery.name in {"message.sent", "side.sent"}:
                return None
            if delivery.webhook.with_bodies and messages:
                data["message"] = public.messages_json(messages)[0]
        value = {
            "id": delivery.key,
            "event": delivery.name,
            "at": public.iso(event.at if event else delivery.created_at),
            "ticket": _ticket(delivery.ticket_id),
            "data": data,
        }
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


def _ticket(number: int) -> dict[str, Any] | None:
    rows = Ticket.objects.select_related(*CARD_RELATED).prefetch_related("requester__addresses").filter(pk=number)
    found = public.tickets_json(list(rows))
    return found[0] if found else None
