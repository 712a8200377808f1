"""Freeze a letter to a third party: names, threads and signature of its own, nothing of the ticket but what was chosen.

Runs inside the transaction of the letter, told by ``side.sent``. Its Message-ID and answer address are signed for the
side conversation; In-Reply-To and References hold letters of that conversation only.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from otklik.channels.email import ids
from otklik.channels.email.header_values import trim_references
from otklik.channels.email.keys import thread_key
from otklik.channels.email.models import EmailFact, Outgoing, OutgoingKind
from otklik.channels.email.outbox.enqueue import Draft, DraftFile, enqueue
from otklik.channels.email.outbox.freeze import (
    _PAGE,
    Sender,
    _files,
    _language,
    _outlook_headers,
    _senders,
    _signature_html,
    _signatures,
    _with_pictures,
    _with_signature,
)
from otklik.core.markup import text_to_html
from otklik.core.text import normal_address
from otklik.tickets.models import Attachment, Message, SideConversation
from otklik.tickets.queries import active_channels


def freeze_sides(message_ids: Sequence[int], *, not_before: Mapping[int, datetime] | None = None) -> list[Outgoing]:
    """Freeze the letters with these message ids and queue their deliveries, held until ``not_before`` by message."""
    rows = Message.objects.filter(pk__in=message_ids, kind="side_out", side__isnull=False)
    messages = list(rows.select_related("side", "ticket", "ticket__channel", "channel").order_by("pk"))
    if not messages:
        return []
    senders, signatures, files = _senders(messages), _signatures(messages), _files(messages)
    drafts = [
        _draft(
            message, message.side, senders[message.pk], signatures.get(message.pk, ""), files[message.pk],
            (not_before or {}).get(message.pk),
        )
        for message in messages
        if message.side is not None
    ]  # fmt: skip
    return enqueue([draft for draft in drafts if draft.to or draft.cc], at=messages[0].created_at)


def _draft(
    message: Message,
    side: SideConversation,
    sender: Sender,
    signature: str,
    files: Sequence[Attachment],
    not_before: datetime | None,
) -> Draft:
    key, host, language = thread_key(), sender.host, _language(message.ticket.language)
    body, shown = _with_pictures(message.body_html or text_to_html(message.body_text), files, host)
    fact, answered, earlier = _before(message, side)
    people: dict[str, list[tuple[str, str]]] = {"to": [], "cc": []}
    own = {normal_address(channel.address) for channel in active_channels() if channel.address}
    for person in message.recipients:
        if normal_address(person["address"]) not in own:
            people["cc" if person["role"] == "cc" else "to"].append((person["name"], person["address"]))
    return Draft(
        kind=OutgoingKind.SIDE,
        message_id=ids.make_side_message_id(key, side.pk, message.token, host),
        from_name=sender.shown_name(message.author_name),
        from_address=sender.address,
        reply_to=ids.make_side_address(key, side.pk, sender.address),
        subject=f"Re: {side.subject}" if answered and not side.subject.lower().startswith("re:") else side.subject,
        text=_with_signature(message.body_text, signature),
        html=_PAGE.format(language=language, body=body + _signature_html(signature)),
        to=people["to"],
        cc=people["cc"],
        in_reply_to=answered,
        references=trim_references([*earlier, answered]) if answered else [],
        headers=_outlook_headers(fact),
        files=[
            DraftFile(row.kept_id, row.name, row.content_type, f"{row.token}@{host}" if row.token in shown else "")
            for row in files
        ],
        channel_id=sender.channel_id,
        ticket_id=message.ticket_id,
        ticket_message_id=message.pk,
        not_before=not_before,
    )


def _before(message: Message, side: SideConversation) -> tuple[EmailFact | None, str, list[str]]:
    """Return the third party's newest letter, the id of the newest letter of either side, and what that one named."""
    came = EmailFact.objects.filter(message__side=side, message__kind="side_in", auto_reply=False)
    fact = came.order_by("-message_id").first()
    sent = Outgoing.objects.filter(ticket_message__side=side).exclude(ticket_message=message)
    ours = sent.order_by("-ticket_message_id").first()
    if fact is not None and (ours is None or fact.message_id > (ours.ticket_message_id or 0)):
        return fact, fact.mail_id, list(fact.references)
    if ours is not None:
        return fact, ours.message_id, list(ours.references)
    return None, "", []
