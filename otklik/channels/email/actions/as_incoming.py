"""A judged mail as the words of a customer: which of its texts, its files, its people, and when it arrived."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from otklik.accounts.queries import actor_for
from otklik.channels.email.case import Case
from otklik.channels.email.models import SenderState, Source
from otklik.channels.email.old_mail import is_old, status_of, written_at
from otklik.channels.email.steps.quiet_automatic import is_answer
from otklik.contacts.models import Contact
from otklik.core.blobs import put_blobs
from otklik.core.text import normal_address
from otklik.tickets.actions import Incoming, NewAttachment
from otklik.tickets.actions.side_answers import SideIncoming

_CHECKED = {SenderState.VERIFIED: True, SenderState.FAILED: False, SenderState.UNCHECKED: None}
_DAMAGED = frozenset(
    {
        "attachment_unreadable", "base64_damaged", "boundary_guessed", "boundary_unclosed", "broken_header",
        "headers_too_long", "nesting_too_deep", "parser_error", "text_too_long", "too_many_parts",
        "transfer_encoding_unknown",
    }
)  # fmt: skip


def attach_files(cases: Sequence[Case]) -> dict[int, list[NewAttachment]]:
    """Keep the prepared files of mails inside the transaction; a damaged mail brings its raw source as a file."""
    flat = [
        (case, prepared, part)
        for case in cases
        for prepared, part in zip(case.files, case.mail.attachments, strict=True)
    ]
    blobs = put_blobs([prepared for _case, prepared, _part in flat]) if flat else []
    found: dict[int, list[NewAttachment]] = {case.row.pk: [] for case in cases}
    for (case, _prepared, part), blob in zip(flat, blobs, strict=True):
        found[case.row.pk].append(
            NewAttachment(
                blob_id=blob.pk,
                name=part.name,
                content_type=part.content_type,
                size=part.size,
                inline=part.inline,
                cid=part.cid,
            )
        )
    for case in cases:
        if damaged(case):
            found[case.row.pk].append(
                NewAttachment(
                    blob_id=case.row.raw.pk, name="message.eml", content_type="message/rfc822", size=case.row.size
                )
            )
    return found


def damaged(case: Case) -> bool:
    """Tell whether the mail was damaged so far that the raw message goes along as a file."""
    return any(problem.code in _DAMAGED for problem in case.mail.problems)


def arrived_at(case: Case) -> datetime:
    """Return when the mail arrived: at its IMAP server, else here; an old one when it was written; never ahead."""
    row, at = case.row, case.row.received_at
    if is_old(row):
        return written_at(row, case.mail.date)
    if row.source == Source.IMAP and (told := row.envelope.get("internaldate")):
        at = min(at, datetime.fromisoformat(str(told)))
    return at


def shown_texts(case: Case, *, as_answer: bool) -> tuple[str, str, str, list[Any]]:
    """Return whole text, clean HTML, visible text and folds: of an answer without its quote, else all."""
    reading = case.reading
    if case.forwarded_by is not None:
        return case.text, case.html, case.text, []
    if as_answer:
        return case.text, case.html, reading.visible_reply, list(reading.folded_reply)
    return case.text, case.html, reading.visible_new, list(reading.folded_new)


def sender_checked(case: Case) -> bool | None:
    """Return what a trusted server said of the one who wrote; of a forwarded author nobody said anything."""
    return None if case.forwarded_by is not None else _CHECKED[case.sender_state]


def make_incoming(case: Case, contacts: dict[str, Contact], attachments: list[NewAttachment]) -> Incoming:
    """Build what ``tickets.actions.receive`` takes; the contacts are known, the files are kept."""
    assert case.author is not None
    ticket = case.match.ticket if case.match else None
    text, html, visible, folded = shown_texts(case, as_answer=ticket is not None or case.previous is not None)
    return Incoming(
        author=contacts[normal_address(case.author.address)],
        channel=case.channel,
        at=arrived_at(case),
        old_status=status_of(case, arrived_at(case)),
        subject=case.subject,
        body_text=text,
        body_html=html,
        visible_text=visible,
        folded=folded,
        ticket=ticket,
        attachments=attachments,
        people=[(contacts[normal_address(box.address)], box.address) for box in case.people],
        foreign_refs=case.foreign_refs,
        quiet=ticket is not None and is_answer(case),
        sender_checked=sender_checked(case),
        created_by=actor_for(case.forwarded_by) if case.forwarded_by else None,
        previous=case.previous,
        language=case.reading.language if case.reading.language in {"ru", "en"} else "",
    )


def make_side(case: Case, contacts: dict[str, Contact], attachments: list[NewAttachment]) -> SideIncoming:
    """Build what ``tickets.actions.side_answers.receive_side`` takes."""
    assert case.side is not None
    author = contacts.get(normal_address(case.author_address))
    local_part = case.author_address.partition("@")[0]  # what somebody is called of whom we know the address only
    text, html, visible, folded = shown_texts(case, as_answer=True)
    return SideIncoming(
        side=case.side,
        author=author,
        name=case.author.name.strip() if case.author and author and author.name == local_part else "",
        channel=case.channel,
        at=arrived_at(case),
        body_text=text,
        body_html=html,
        visible_text=visible,
        folded=folded,
        attachments=attachments,
        quiet=case.quiet,
        sender_checked=sender_checked(case),
        colleague=actor_for(case.agent) if case.agent else None,
    )
