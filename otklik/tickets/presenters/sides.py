"""Side conversations as pages and panels show them: ready strings."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from otklik.core import shown
from otklik.tickets.models import Message, MessageKind, SideConversation
from otklik.tickets.presenters.thread import present_file


def side_url(side: SideConversation) -> str:
    """Return the address of a side conversation."""
    return f"/tickets/{side.ticket_id}/side/{side.pk}/"


def present_sides(sides: Sequence[SideConversation], at: datetime) -> list[dict[str, Any]]:
    """Return side conversations as lines of the card's panel: unread first, closed last."""
    times = shown.Moments(at)
    ordered = sorted(sides, key=lambda side: (not side.is_unread, not side.is_open, -side.last_message_at.timestamp()))
    return [
        {
            "url": side_url(side),
            "subject": side.subject,
            "people": people_line(side),
            "said_by": side.last_author_name.split(" ", 1)[0],
            "preview": side.preview or _("Nothing is sent yet"),
            "time": times.moment(side.last_message_at),
            "exact": times.exact(side.last_message_at),
            "unread": side.is_unread,
            "closed": not side.is_open,
            "count": side.message_count,
        }
        for side in ordered
    ]


def people_line(side: SideConversation) -> str:
    """Return who takes part, by names or addresses."""
    return ", ".join(person["name"] or person["address"] for person in side.people)


def present_side(side: SideConversation, at: datetime) -> dict[str, Any]:
    """Return the head of a side conversation's page."""
    return {
        "id": side.pk,
        "number": side.ticket_id,
        "subject": side.subject,
        "url": side_url(side),
        "open": side.is_open,
        "unread": side.is_unread,
        "empty": side.message_count == 0,
        "origin": side.origin_number if side.origin_number != side.ticket_id else None,
        "people": [
            {
                "name": person["name"] or person["address"],
                "address": person["address"],
                "contact_id": person["contact_id"],
                "initials": shown.initials(person["name"] or person["address"]),
                "hue": shown.hue_class(person["contact_id"]),
                "copy": person["role"] == "cc",
            }
            for person in side.people
        ],
        "first_address": next((person["address"] for person in side.people), ""),
        "begun": shown.moment(side.created_at, at),
        "begun_exact": shown.exact(side.created_at),
        "v": f"{side.is_open:d}{side.is_unread:d}-{len(side.people)}-{side.message_count}",
    }


def present_offered(messages: Sequence[Message], chosen: set[int], at: datetime) -> list[dict[str, Any]]:
    """Return the messages of a ticket as lines to choose from; notes say that they are notes and are never chosen by
    themselves."""
    times = shown.Moments(at)
    return [
        {
            "id": message.pk,
            "chosen": message.pk in chosen,
            "who": message.author_name or _("Unknown sender"),
            "time": times.moment(message.created_at),
            "note": message.kind == MessageKind.NOTE,
            "text": " ".join((message.visible_text or message.body_text)[:400].split())[:160],
            "files": [{"id": file.pk, **present_file(file)} for file in message.files_shown if _is_offered(file)],
        }
        for message in messages
    ]


def _is_offered(file: Any) -> bool:
    return file.removed_at is None and not present_file(file)["logo"]
