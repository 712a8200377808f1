"""The body of a call: what happened, and the ticket, the person or the organisation as the API gives it."""

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import override

from otklik.contacts.events import SUBJECT_CONTACT, SUBJECT_ORGANIZATION
from otklik.contacts.models import Contact, Organization
from otklik.contacts.public import contact_json, organization_json
from otklik.core.events import Event
from otklik.core.locality import desk_language
from otklik.tickets import public
from otklik.tickets.models import Message, Ticket
from otklik.tickets.queries import CARD_RELATED
from otklik.webhooks.models import Delivery

Json = dict[str, Any]


def body_of(delivery: Delivery) -> str | None:
    """Return the JSON of a delivery; None when what it tells of was taken back (an answer that was never sent).

    Names of statuses are in the installation's language. ``data.message``, and the notes on a person or an
    organisation, are there only where texts are asked for. Of a person whose data were erased only his number is told.
    """
    event = Event.objects.filter(pk=delivery.event_id).first() if delivery.event_id else None
    with override(desk_language()):
        data: Json = dict(event.data) if event else {}
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
            **_subject(delivery, event, data),
            "data": data,
        }
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


def _subject(delivery: Delivery, event: Event | None, data: Json) -> Json:
    """Return what a call tells of, under its name; of an erased person also the ``data`` are blanked."""
    if delivery.subject_kind == SUBJECT_CONTACT:
        return {"ticket": None, "contact": _contact(delivery, event, data)}
    if delivery.subject_kind == SUBJECT_ORGANIZATION:
        rows = Organization.objects.filter(pk=delivery.ticket_id).prefetch_related("domains")
        return {"ticket": None, "organization": next((_told(organization_json(row), delivery) for row in rows), None)}
    return {"ticket": _ticket(delivery.ticket_id)}


def _contact(delivery: Delivery, event: Event | None, data: Json) -> Json | None:
    rows = Contact.objects.filter(pk=delivery.ticket_id).select_related("organization").prefetch_related("addresses")
    contact = rows.first()
    if contact is None:
        return None
    if contact.erased_at is None:
        return _told(contact_json(contact), delivery)
    if event is not None:
        data.update(type(event.stored().event).scrub(dict(event.data)))
        if event.actor_kind == "contact":
            data["actor"]["name"] = ""
    return {"id": contact.pk, "erased_at": public.iso(contact.erased_at)}


def _told(value: Json, delivery: Delivery) -> Json:
    """Return it without the note that colleagues wrote, where texts are not asked for."""
    return value if delivery.webhook.with_bodies else {key: part for key, part in value.items() if key != "note"}


def _ticket(number: int) -> Json | None:
    rows = Ticket.objects.select_related(*CARD_RELATED).prefetch_related("requester__addresses").filter(pk=number)
    found = public.tickets_json(list(rows))
    return found[0] if found else None
