"""What threads show: messages with their files and deliveries, and events, as ready values."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from urllib.parse import quote
from zlib import crc32

from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from otklik.accounts.queries import colleagues
from otklik.core import shown
from otklik.core.events import StoredEvent
from otklik.tickets.models import Attachment, Message, MessageKind, Ticket
from otklik.tickets.presenters.deliveries import present_deliveries
from otklik.tickets.presenters.rows import channel_icon
from otklik.tickets.presenters.text import rich_html, text_html
from otklik.tickets.worked import worked_words

Item = dict[str, Any]
PICTURES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
TIMED: Final = (MessageKind.REPLY, MessageKind.NOTE)
SAID: Final = ("message.received", "message.sent", "note.added")
_EVENT_ICONS: Final = {
    "ticket.assigned": "user", "ticket.status_changed": "check", "ticket.reopened": "undo", "ticket.snoozed": "snooze",
    "ticket.woken": "bell", "ticket.tagged": "tag", "ticket.edited": "edit", "person.added": "users",
    "person.removed": "users", "foreign_reference.changed": "numbers", "ticket.opened": "plus",
    "message.unsent": "undo", "reply.scheduled": "clock", "reply.unscheduled": "clock", "reply.overtaken": "alert",
    "reply.not_sent": "alert", "ticket.followed": "eye", "ticket.unfollowed": "eye", "ticket.merged": "merge",
    "ticket.absorbed": "merge", "ticket.merge_undone": "undo", "ticket.split": "forward", "ticket.linked": "link",
    "ticket.unlinked": "link", "ticket.binned": "box", "ticket.marked_spam": "spam", "ticket.restored": "undo",
    "side.opened": "forward", "side.sent": "send", "side.received": "mail", "side.unsent": "undo", "side.read": "eye",
    "side.closed": "check", "side.reopened": "undo", "side.dropped": "x",
    "note.edited": "edit", "note.removed": "x", "note.restored": "undo",
    "message.time_changed": "clock", "message.reread": "refresh",
}  # fmt: skip
_TINY = 6000  # inline pictures below so many bytes are logos of signatures, not what the customer shows us


class Around(NamedTuple):
    """What of the ticket shows in its messages."""

    number: int
    several: bool
    address: str

    @classmethod
    def of(cls, ticket: Ticket) -> "Around":
        """Return it of a ticket loaded with its channel."""
        return cls(ticket.pk, ticket.message_count > 1, ticket.channel.address or ticket.channel.name)


def present_messages(
    ticket: Ticket, messages: Sequence[Message], blocks: dict[str, dict[int, Any]], at: datetime
) -> list[Item]:
    """Return messages with their files as ready items: the letters of a side conversation, a ticket on paper."""
    around, times = Around.of(ticket), shown.Moments(at)
    return [
        present_message(message, around, blocks, times, hue=hue_of(message.author_kind, message.author_id))
        for message in messages
    ]


def tells_nothing(event: StoredEvent) -> bool:
    """Tell whether an event is not news: the customer’s own opening is the first message, unless it follows a closed
    ticket or a colleague opened for him."""
    return event.kind == "ticket.opened" and event.actor.kind == "contact" and not event.data.get("previous")


def present_event(event: StoredEvent, times: shown.Dates) -> Item:
    """Return an event as a ready item."""
    return {
        "id": f"e{event.id}",
        "v": "1",
        "icon": _EVENT_ICONS.get(event.kind, "settings"),
        "line": _event_line(event, russian=times.russian),
        "time": times.moment(event.at),
        "exact": times.exact(event.at),
    }


def _event_line(event: StoredEvent, *, russian: bool) -> SafeString:
    """Word an event with who did it: a sentence in English, the fact and then the name where nobody is its subject."""
    name = _("Otklik") if event.actor.kind == "system" and event.actor.name == "Otklik" else event.actor.name
    words = event.event.describe()
    if russian or event.event.impersonal:
        return format_html("{} · <b>{}</b>", words[:1].upper() + words[1:], name)
    return format_html("<b>{}</b> {}", name, words)


def present_message(
    message: Message, around: Around, blocks: dict[str, dict[int, Any]], times: shown.Dates, *, hue: str
) -> Item:
    """Return one message as a ready item; ``blocks`` are what the channels say of messages, by kind and message.

    The card keeps what it shows of a message (see ``lines``): what is not among the arguments may not show in it.
    """
    # or by somebody else outside; what a colleague wrote down has the looks that he gave it
    by_customer = message.kind in {MessageKind.INCOMING, MessageKind.SIDE_IN} and not message.recorded
    email = (blocks.get("email") or {}).get(message.pk) or {}
    deliveries = present_deliveries((blocks.get("deliveries") or {}).get(message.pk) or [], times)
    files = [present_file(file) for file in message.files_shown]
    has_html = by_customer and bool(message.body_html)
    item: Item = {
        "id": f"m{message.pk}",
        "number": message.pk,
        "kind": message.kind,
        "face": _face(message, deliveries),
        "is_note": message.kind == MessageKind.NOTE,
        "from": message.author_name or _("Unknown sender"),
        "initials": shown.initials(message.author_name),
        "hue": hue,
        "to": _recipients_line(message, around, email),
        "time": times.moment(message.created_at),
        "exact": times.exact(message.created_at),
        "body": _body(message, by_customer=by_customer),
        "folded": _folded(message),
        "automatic": message.is_automatic,
        "author_id": message.author_id if message.author_kind == "user" else None,
        "edited": message.edited_at is not None,
        "removed": message.removed_at is not None,
        "spent": worked_words(message.spent_seconds),
        "recorded": _recorded(message),
        "timed": message.kind in TIMED and message.removed_at is None,
        "origin": message.origin_number if message.origin_number != around.number else None,
        "splittable": message.kind == MessageKind.INCOMING and around.several,
        "unchecked": by_customer and message.sender_checked is False,
        "has_html": has_html,
        "html_open": has_html and _wants_its_looks(message.body_html),
        "frame_url": f"/messages/{message.pk}/frame/",
        "remote_pictures": has_html and _has_remote_pictures(message.body_html),
        "pictures": [file for file in files if file["picture"] and not file["logo"]],
        "files": [file for file in files if not file["picture"] and not file["logo"]],
        "deliveries": deliveries,
    }
    item["v"] = f"{crc32(repr(deliveries).encode()):x}-{len(files)}-{len(item['body'])}-{message.spent_seconds or 0}"
    if item["splittable"]:
        item["v"] += "-s"
    if message.edited_at is not None or message.removed_at is not None:
        item["v"] += f"-{message.edited_at}-{message.removed_at}"
    return item


def _recorded(message: Message) -> Item | None:
    """Return how the words came that a colleague wrote down, and who he is."""
    if not message.recorded:
        return None
    words = _("%(channel)s · recorded by %(name)s")
    facts = {"channel": message.recorded["channel"], "name": message.recorded["by"]}
    return {"icon": channel_icon(message.recorded["kind"]), "words": words % facts}


def hue_of(author_kind: str, author_id: int | None) -> str:
    """Return the colour of an author's avatar: a colleague's own, else one by the contact's number."""
    if author_kind == "user":
        for user in colleagues():
            if user.pk == author_id:
                return f"avatar--{user.hue}"
    return shown.hue_class(author_id)


def _face(message: Message, deliveries: list[Item]) -> str:
    if message.kind in {MessageKind.INCOMING, MessageKind.SIDE_IN}:
        return "message--customer"
    bounced = any(delivery["bad"] for delivery in deliveries)
    return "message--agent message--bounced" if bounced else "message--agent"


def _body(message: Message, *, by_customer: bool) -> SafeString:
    if not by_customer and message.body_html:
        return rich_html(message.body_html)
    return text_html(message.visible_text or message.body_text)


def _folded(message: Message) -> list[Item]:
    """Return what was folded away: quotes and signatures, each with its text."""
    parts = []
    for part in message.folded or []:
        text = part.get("text", "") if isinstance(part, dict) else str(part)
        if text.strip():
            parts.append({"text": text_html(text)})
    return parts


def _wants_its_looks(html: str) -> bool:
    """A mail with tables or pictures says something by its layout; other HTML mails read better as text."""
    head = html[:200_000].lower()
    return "<table" in head or "<img" in head


def _has_remote_pictures(html: str) -> bool:
    head = html.lower()
    return 'src="http' in head or "src='http" in head


def _recipients_line(message: Message, around: Around, email: dict[str, Any]) -> str:
    """Return to whom a message went: «→ support@… · копия: …»."""
    if message.kind == MessageKind.NOTE or message.recorded:
        return ""
    if message.recipients:
        to = [person["name"] for person in message.recipients if person["role"] == "to"]
        copies = [person["name"] for person in message.recipients if person["role"] == "cc"]
    elif email:
        to = [person.get("name") or person.get("address", "") for person in email.get("to") or []]
        copies = [person.get("name") or person.get("address", "") for person in email.get("cc") or []]
    else:
        to, copies = [around.address], []
    if not to and not copies:
        return ""
    line = f"→ {_names(to)}" if to else ""
    if copies:
        line += (" · " if line else "") + _("copy: %(names)s") % {"names": _names(copies)}
    return line


def _names(people: list[str]) -> str:
    if len(people) <= 3:
        return ", ".join(people)
    others = len(people) - 2
    rest = ngettext("%(count)s more", "%(count)s more", others) % {"count": others}
    return f"{', '.join(people[:2])}, {rest}"


def removed_words(file: Attachment) -> str:
    """Return since when a file is gone by the rule of retention; nothing for one that is there."""
    if file.removed_at is None:
        return ""
    return _("removed on %(day)s by the retention rule") % {
        "day": date_format(localtime(file.removed_at), "SHORT_DATE_FORMAT")
    }


def present_file(file: Attachment) -> Item:
    """Return a file as its chip or thumbnail shows it; one that is gone is no picture any more and says since when."""
    drawn = file.content_type.lower() in PICTURES
    removed = file.removed_at is not None
    return {
        "name": file.name,
        "url": f"/attachments/{file.token}/{quote(file.name, safe='')}",
        "size": shown.file_size(file.size),
        "picture": drawn and not removed,
        "logo": drawn and file.inline and file.size < _TINY,
        "removed": removed_words(file),
        "icon": "image" if file.content_type.startswith("image/") else "file",
    }
