"""Mails for the tests of intake, written by name, and short ways to have them taken in."""

from collections.abc import Sequence
from email.message import EmailMessage
from typing import Any

from otklik.channels.email.loop import settle_now
from otklik.channels.email.models import Inbound, Source
from otklik.channels.email.reading import read_mail
from otklik.channels.email.store import RawMail, store_raw
from otklik.core.clock import now
from otklik.tickets.models import Channel

CLARA = "Клара Ким <clara@berezka.example>"
DMITRI = "Dmitri <dmitri@nowhere.example>"


def support(address: str = "support@demo.otklik.test", **changes: Any) -> Channel:
    """Return a mail channel."""
    values = {"kind": "email", "name": "Поддержка", "created_at": now(), **changes}
    channel, _ = Channel.objects.get_or_create(address=address, defaults=values)
    return channel


def mail(
    sender: str = CLARA, subject: str = "Не холодит витрина", text: str = "Витрина в зале не холодит.", **headers: str
) -> bytes:
    """Return the bytes of a mail; headers by keyword, underscores for dashes, ``None`` leaves one out."""
    message = EmailMessage()
    named = {
        "From": sender,
        "To": "support@demo.otklik.test",
        "Subject": subject,
        "Date": "Mon, 02 Nov 2026 10:00:00 +0300",
        "Message-ID": f"<{abs(hash((sender, subject, text)))}@berezka.example>",
    }
    named |= {key.replace("_", "-"): value for key, value in headers.items()}
    for key, value in named.items():
        if value is not None:
            message[key] = value
    message.set_content(text)
    return message.as_bytes()


def read_here(raws: Sequence[bytes]) -> list[Any]:
    """Read mails in this process, where a test can see into it."""
    return [read_mail(raw) for raw in raws]


def arrive(
    *raws: bytes, channel: Channel | None = None, source: Source = Source.SMTP, **envelope: Any
) -> list[Inbound]:
    """Store mails, take them in, and return their rows in the order given."""
    place = channel or support()
    told = {"from": "someone@somewhere.example", "to": [place.address], "peer": "127.0.0.1", **envelope}
    stored = store_raw([RawMail(place.pk, raw, source, told) for raw in raws])
    settle_now(None, read_here)
    rows = {row.pk: row for row in Inbound.objects.select_related("ticket", "message")}
    return [rows[entry.id] for entry in stored]
