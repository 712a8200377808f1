"""The confirmation of receipt: a short text, built in or the mailbox's own, never in the words of the one who wrote.

An automatic answer is a cannon in the hands of whoever forges senders, so it is counted: ten in three hours to somebody
we know, one a day to an address that no person of the desk has answered yet, and twenty an hour of those a mailbox.
It never answers what is automatic itself.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import override

from otklik.channels.email import ids
from otklik.channels.email.keys import thread_key
from otklik.channels.email.models import Delivery, DeliveryState, Outgoing, OutgoingKind
from otklik.channels.email.outbox.enqueue import Draft, enqueue
from otklik.channels.email.outbox.freeze import sender_of
from otklik.core.locality import language_or_ours
from otklik.core.text import normal_address, short_token
from otklik.tickets.models import Channel, Ticket
from otklik.tickets.queries import active_channels

KNOWN_LIMIT, KNOWN_WINDOW = 10, timedelta(hours=3)
STRANGER_LIMIT, STRANGER_WINDOW = 1, timedelta(days=1)
CHANNEL_LIMIT, CHANNEL_WINDOW = 20, timedelta(hours=1)
_ROBOT: Final = re.compile(
    r"(mailer-daemon|postmaster|no-?_?reply|do-?not-?reply|abuse|root|bounces?)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A ticket that a mail has just opened, and what decides whether its receipt may be confirmed.

    ``quiet`` is the parser's word that no automatic answer may follow; ``return_path`` is the envelope sender, empty
    for the null sender and None when it is not known. ``message_id`` is that of the mail. ``subject`` and
    ``text`` are the mailbox's own words with places to fill, empty for the built-in ones.
    """

    ticket: Ticket
    channel: Channel
    address: str
    message_id: str = ""
    quiet: bool = False
    return_path: str | None = None
    subject: str = ""
    text: str = ""


PLACES: Final = ("number", "mailbox")
"""What a confirmation's own words may name, as ``{number}``: nothing in it comes from the one who wrote."""
_PLACE: Final = re.compile(r"\{([a-z_]+)\}")


def unknown_places(words: str) -> list[str]:
    """Return the places that a text names and that there are not."""
    return [name for name in _PLACE.findall(words) if name not in PLACES]


def _filled(words: str, receipt: Receipt) -> str:
    values = {"number": str(receipt.ticket.pk), "mailbox": receipt.channel.name}
    return _PLACE.sub(lambda found: values.get(found[1], found[0]), words)


def queue(receipts: Sequence[Receipt], *, at: datetime) -> list[Outgoing]:
    """Queue the confirmations that may be sent, inside the transaction that opened the tickets; return them.

    Whether a mailbox confirms at all is the caller's question (``MailboxConfig.confirmation``). Five statements at most
    for any number of tickets; none when nobody may be answered.
    """
    own = {channel.address for channel in active_channels() if channel.address}
    asked = [receipt for receipt in receipts if may_answer(receipt, own)]
    if not asked:
        return []
    _one_at_a_time({receipt.channel.pk for receipt in asked})
    addresses = {normal_address(receipt.address) for receipt in asked}
    known = _answered_before(addresses)
    recent = _recent(addresses, at)
    strangers = _strangers({receipt.channel.pk for receipt in asked}, at) if addresses - known else Counter()
    drafts = []
    for receipt in asked:
        address = normal_address(receipt.address)
        stranger = address not in known
        if not _has_room(recent.get(address, []), at, stranger=stranger):
            continue
        if stranger:
            if strangers[receipt.channel.pk] >= CHANNEL_LIMIT:
                continue
            strangers[receipt.channel.pk] += 1
        recent.setdefault(address, []).append(at)
        drafts.append(_draft(receipt, stranger=stranger))
    return enqueue(drafts, at=at)


def may_answer(receipt: Receipt, own: set[str]) -> bool:
    """Tell whether the mail may be answered by a program at all."""
    address = normal_address(receipt.address)
    if receipt.quiet or receipt.return_path == "" or "@" not in address:
        return False
    if ids.without_plus(address) in own or _ROBOT.match(address):
        return False
    return receipt.return_path is None or not _ROBOT.match(receipt.return_path)


def _one_at_a_time(channel_ids: set[int]) -> None:
    """On PostgreSQL several intakes run at once: they count one after the other. SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        list(Channel.objects.select_for_update(no_key=True).filter(pk__in=channel_ids).order_by("pk").values_list("pk"))


def _answered_before(addresses: set[str]) -> set[str]:
    """Return those that a person of the desk has written to."""
    answered = Delivery.objects.filter(
        address_key__in=addresses,
        kind=OutgoingKind.REPLY,
        state__in=[DeliveryState.SENT, DeliveryState.DELIVERED],
    )
    return set(answered.order_by().values_list("address_key", flat=True).distinct())


def _recent(addresses: set[str], at: datetime) -> dict[str, list[datetime]]:
    found: dict[str, list[datetime]] = {}
    rows = Delivery.objects.filter(
        address_key__in=addresses, kind=OutgoingKind.CONFIRMATION, first_queued_at__gt=at - STRANGER_WINDOW
    )
    for address, queued_at in rows.values_list("address_key", "first_queued_at"):
        found.setdefault(address, []).append(queued_at)
    return found


def _strangers(channel_ids: set[int], at: datetime) -> Counter[int | None]:
    rows = Outgoing.objects.filter(to_stranger=True, channel_id__in=channel_ids, created_at__gt=at - CHANNEL_WINDOW)
    return Counter(rows.values_list("channel_id", flat=True)[: CHANNEL_LIMIT * len(channel_ids) * 2])


def _has_room(sent: Sequence[datetime], at: datetime, *, stranger: bool) -> bool:
    limit, window = (STRANGER_LIMIT, STRANGER_WINDOW) if stranger else (KNOWN_LIMIT, KNOWN_WINDOW)
    return sum(moment > at - window for moment in sent) < limit


def _draft(receipt: Receipt, *, stranger: bool) -> Draft:
    ticket, channel, key = receipt.ticket, receipt.channel, thread_key()
    sender = sender_of(channel, None)
    with override(language_or_ours(channel.language)):
        subject = _("Your request has been received %(mark)s") % {"mark": ids.subject_token(ticket.pk)}
        text = _(
            "Hello!\n\n"
            "We have received your mail. The number of your request is %(number)s.\n"
            "We will answer you by e-mail. To add something, just reply to this mail.\n\n"
            "%(name)s\n\n"
            "This mail was sent automatically."
        ) % {"number": ticket.pk, "name": channel.name}
    if receipt.subject:
        subject = f"{_filled(receipt.subject, receipt)} {ids.subject_token(ticket.pk)}"
    if receipt.text:
        text = _filled(receipt.text, receipt)
    # a stranger's Message-ID is text of his choice: it is not sent to an address that he may have made up
    answered = "" if stranger else receipt.message_id
    return Draft(
        kind=OutgoingKind.CONFIRMATION,
        message_id=ids.make_message_id(key, ticket.pk, short_token(), sender.host),
        from_name=channel.name,
        from_address=channel.address,
        envelope_from="",
        reply_to=ids.make_plus_address(key, ticket.pk, channel.address),
        subject=subject,
        text=text + "\n",
        to=[("", receipt.address)],
        in_reply_to=answered,
        references=[answered] if answered else [],
        headers=[("Auto-Submitted", "auto-replied"), ("Precedence", "auto_reply")],
        is_automatic=True,
        to_stranger=stranger,
        channel_id=channel.pk,
        ticket_id=ticket.pk,
    )
