"""Freeze mails: the only door by which anything leaves as e-mail.

Runs inside the transaction of the act that causes the mail, so that both are there or neither is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from otklik.channels.email.header_values import BadAddress, clean_value, wire_address
from otklik.channels.email.keys import LOOP_HEADER, loop_id
from otklik.channels.email.models import Delivery, DeliveryState, Outgoing, OutgoingFile
from otklik.core.bulk import insert_rows
from otklik.core.engine import wake
from otklik.core.text import normal_address

SERVICE = "deliveries"
AUTOMATIC_HEADERS = (("X-Auto-Response-Suppress", "DR, RN, NRN, OOF, AutoReply"),)


@dataclass(frozen=True, slots=True)
class DraftFile:
    """A file to go along, by its blob; with a content id it is shown inside the HTML."""

    blob_id: int
    name: str
    content_type: str
    cid: str = ""


@dataclass(slots=True)
class Draft:
    """A mail to be frozen; people are ``(name, address)`` pairs. ``bcc`` gets it without being named in it."""

    kind: str
    message_id: str
    from_name: str
    from_address: str
    subject: str
    text: str
    html: str = ""
    envelope_from: str | None = None
    reply_to: str = ""
    to: list[tuple[str, str]] = field(default_factory=list)
    cc: list[tuple[str, str]] = field(default_factory=list)
    bcc: list[tuple[str, str]] = field(default_factory=list)
    in_reply_to: str = ""
    references: Sequence[str] = ()
    headers: Sequence[tuple[str, str]] = ()
    files: Sequence[DraftFile] = ()
    is_automatic: bool = False
    to_stranger: bool = False
    channel_id: int | None = None
    ticket_id: int | None = None
    ticket_message_id: int | None = None
    not_before: datetime | None = None


def enqueue(drafts: Sequence[Draft], *, at: datetime) -> list[Outgoing]:
    """Freeze the drafts and queue a delivery for each recipient, in three statements at most; wake the sender.

    A recipient named twice gets one mail. An address that cannot be written to becomes a delivery that failed for that
    reason, so that it is seen. A draft without any recipient is kept without deliveries. Must run in a transaction.
    """
    if not drafts:
        return []
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("Mail is frozen inside the transaction of what causes it.")
    people = [_recipients(draft) for draft in drafts]
    rows = [_outgoing(draft, found, at) for draft, found in zip(drafts, people, strict=True)]
    insert_rows(rows)
    insert_rows(
        [
            _delivery(row, address, role, usable, draft.not_before or at)
            for row, draft, found in zip(rows, drafts, people, strict=True)
            for _name, address, role, usable in found
        ]
    )
    files = [
        OutgoingFile(
            outgoing=row, blob_id=file.blob_id, name=file.name[:255], content_type=file.content_type[:120], cid=file.cid
        )
        for row, draft in zip(rows, drafts, strict=True)
        for file in draft.files
    ]
    if files:
        insert_rows(files)
    transaction.on_commit(wake_sender)
    return rows


def wake_sender() -> None:
    """Tell the service that something is queued."""
    wake(SERVICE)


def _recipients(draft: Draft) -> list[tuple[str, str, str, bool]]:
    """Return ``(name, address, role, usable)`` of everybody once, in order: to, cc, bcc."""
    found: dict[str, tuple[str, str, str, bool]] = {}
    for role, people in (("to", draft.to), ("cc", draft.cc), ("bcc", draft.bcc)):
        for name, address in people:
            shown = clean_value(address)[:320]
            try:
                wire_address(shown)
                usable = True
            except BadAddress:
                usable = False
            if shown:
                found.setdefault(normal_address(shown), (name, shown, role, usable))
    return list(found.values())


def _outgoing(draft: Draft, people: Sequence[tuple[str, str, str, bool]], at: datetime) -> Outgoing:
    named = {
        wanted: [
            [clean_value(name)[:200], address] for name, address, role, usable in people if role == wanted and usable
        ]
        for wanted in ("to", "cc")
    }
    headers = [(LOOP_HEADER, loop_id()), *draft.headers]
    if draft.is_automatic:
        headers += AUTOMATIC_HEADERS
    return Outgoing(
        message_id=draft.message_id,
        kind=draft.kind,
        is_automatic=draft.is_automatic,
        to_stranger=draft.to_stranger,
        channel_id=draft.channel_id,
        ticket_id=draft.ticket_id,
        ticket_message_id=draft.ticket_message_id,
        envelope_from=draft.from_address if draft.envelope_from is None else draft.envelope_from,
        from_name=clean_value(draft.from_name)[:200],
        from_address=draft.from_address,
        reply_to=draft.reply_to,
        to=named["to"],
        cc=named["cc"],
        subject=clean_value(draft.subject)[:400],
        in_reply_to=draft.in_reply_to[:500],
        references=list(draft.references),
        headers=[list(pair) for pair in headers],
        text=draft.text,
        html=draft.html,
        created_at=at,
    )


def _delivery(row: Outgoing, address: str, role: str, usable: bool, at: datetime) -> Delivery:
    return Delivery(
        outgoing=row,
        channel_id=row.channel_id,
        kind=row.kind,
        recipient=address,
        address_key=normal_address(address),
        role=role,
        state=DeliveryState.QUEUED if usable else DeliveryState.FAILED,
        run_at=at if usable else None,
        error_code="" if usable else "bad_address",
        first_queued_at=at,
    )
