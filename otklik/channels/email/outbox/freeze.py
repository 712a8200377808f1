"""Freeze an agent's answer: what was written, to whom, from which mailbox, as it is at this moment.

Runs inside the transaction of the answer, told by ``message.sent``, in a handful of statements for any number of
answers. What stood in the ticket before never leaves by itself; a mailbox may quote the mail that is answered.
"""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from otklik.accounts.models import User
from otklik.channels.base import Capability
from otklik.channels.email import ids, mailbox
from otklik.channels.email.header_values import BadAddress, trim_references, wire_address
from otklik.channels.email.keys import thread_key
from otklik.channels.email.models import EmailFact, Outgoing, OutgoingKind
from otklik.channels.email.outbox.enqueue import Draft, DraftFile, enqueue
from otklik.channels.email.outbox.quoting import NO_QUOTE, quote_of
from otklik.channels.models import Connection
from otklik.channels.registry import adapters
from otklik.core.errors import Invalid
from otklik.core.locality import language_or_ours
from otklik.core.markup import text_to_html
from otklik.core.text import normal_address
from otklik.tickets.models import Attachment, Channel, ChannelKind, Message
from otklik.tickets.queries import active_channels, default_channel

_PICTURE: Final = re.compile(r'(<img\b[^>]*?\bsrc=")(?:https?://[^/"]+)?/attachments/([A-Za-z0-9_-]{8,40})/[^"]*(")')
_PREFIX: Final = re.compile(r"(?:(?:re|fwd?|aw|ответ|отв|на|пересл)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_PAGE: Final = (
    '<!doctype html><html lang="{language}"><head><meta charset="utf-8"></head>'
    '<body style="font-family: Arial, Helvetica, sans-serif; font-size: 14px; line-height: 1.5">{body}</body></html>'
)


@dataclass(frozen=True, slots=True)
class Sender:
    """The mailbox an answer leaves from."""

    channel_id: int | None
    name: str
    address: str
    style: str
    quotes: bool = False

    @property
    def host(self) -> str:
        """Return the domain for Message-IDs."""
        try:
            return wire_address(self.address).rpartition("@")[2].lower()
        except BadAddress:
            return "localhost"

    def shown_name(self, agent: str) -> str:
        """Return the name in From: the mailbox's, or the agent's first name before it."""
        first = next(iter(agent.split()), "")
        if self.style != mailbox.FROM_AGENT or not first or not self.name:
            return self.name or agent
        return f"{first} · {self.name}"


def sender_of(channel: Channel | None, connection: Connection | None) -> Sender:
    """Return the mailbox for a channel; the installation's own address when there is none."""
    if channel is None:
        return Sender(None, "", settings.DEFAULT_FROM_EMAIL, mailbox.FROM_CHANNEL)
    config = (connection.config if connection else None) or {}
    style = str(config.get("from_name") or mailbox.FROM_AGENT)
    return Sender(channel.pk, channel.name, channel.address, style, bool(config.get("quote_history")))


def reply_subject(number: int, subject: str, *, answers: bool) -> str:
    """Return the subject of an answer: ``Re: [#1042] Не холодит витрина``, each mark once."""
    bare = _PREFIX.sub("", subject.strip(), count=1) if _PREFIX.match(subject.strip()) else subject.strip()
    token = ids.subject_token(number)
    marked = bare if token in bare else f"{token} {bare}".strip()
    return f"Re: {marked}" if answers else marked


def freeze_replies(message_ids: Sequence[int], *, not_before: Mapping[int, datetime] | None = None) -> list[Outgoing]:
    """Freeze the answers with these message ids and queue their deliveries, held until ``not_before`` by message.

    Raises ``Invalid`` (field ``to``) for an answer that nobody would get: there is no address, and the ticket came by
    no way on which answers are read.
    """
    messages = list(
        Message.objects.filter(pk__in=message_ids, kind="reply")
        .select_related("ticket", "ticket__channel", "channel")
        .order_by("pk")
    )
    if not messages:
        return []
    senders = _senders(messages)
    signatures = _signatures(messages)
    facts = _last_mails(messages)
    files = _files(messages)
    drafts = [
        _draft(
            message,
            senders[message.pk],
            signatures.get(message.pk, ""),
            facts.get(message.ticket_id),
            files[message.pk],
            (not_before or {}).get(message.pk),
        )
        for message in messages
    ]
    for message, draft in zip(messages, drafts, strict=True):
        if not (draft.to or draft.cc or _is_read_elsewhere(message)):
            raise Invalid(_("The customer has no e-mail address. Choose another address for the reply."), field="to")
    at = messages[0].created_at
    return enqueue([draft for draft in drafts if draft.to or draft.cc], at=at)


def _is_read_elsewhere(message: Message) -> bool:
    """Tell whether an answer is read without mail: on a page that shows it, or by the program that opened it."""
    if message.ticket.channel.kind == ChannelKind.API:
        return True
    return any(adapter.shows(message) for adapter in adapters().values() if Capability.SHOWS in adapter.capabilities)


def _senders(messages: Sequence[Message]) -> dict[int, Sender]:
    chosen = {}
    for message in messages:
        channel = message.channel or message.ticket.channel
        chosen[message.pk] = channel if channel.kind == "email" and channel.address else default_channel("email")
    wanted = {channel.pk for channel in chosen.values() if channel is not None}
    connections = {
        row.channel_id: row for row in Connection.objects.filter(channel_id__in=wanted).only("channel_id", "config")
    }
    return {
        pk: sender_of(channel, connections.get(channel.pk) if channel is not None else None)
        for pk, channel in chosen.items()
    }


def _signatures(messages: Sequence[Message]) -> dict[int, str]:
    authors = {message.author_id for message in messages if message.author_kind == "user" and message.author_id}
    texts = dict(User.objects.filter(pk__in=authors).values_list("pk", "signature"))
    return {
        message.pk: texts.get(message.author_id or 0, "").strip()
        for message in messages
        if message.author_kind == "user"
    }


def _last_mails(messages: Sequence[Message]) -> dict[int, EmailFact]:
    """Return the newest mail of the customer on each ticket: the one an answer answers."""
    tickets = {message.ticket_id for message in messages}
    newest = (
        EmailFact.objects.filter(message__ticket_id__in=tickets, message__kind="incoming", auto_reply=False)
        .order_by()
        .values("message__ticket_id")
        .annotate(newest=Max("message_id"))
        .values("newest")
    )
    facts = EmailFact.objects.filter(message_id__in=newest).select_related("message")
    return {fact.message.ticket_id: fact for fact in facts}


def _files(messages: Sequence[Message]) -> dict[int, list[Attachment]]:
    """Return the files of each answer, and pictures of its ticket that its HTML shows."""
    shown = {message.pk: {found[1] for found in _PICTURE.findall(message.body_html)} for message in messages}
    tokens = set().union(*shown.values())
    wanted = Q(message_id__in=[message.pk for message in messages])
    if tokens:
        wanted |= Q(token__in=tokens, ticket_id__in=[message.ticket_id for message in messages])
    rows = list(Attachment.objects.filter(wanted).order_by("pk"))
    return {
        message.pk: [
            row
            for row in rows
            if row.message_id == message.pk or (row.ticket_id == message.ticket_id and row.token in shown[message.pk])
        ]
        for message in messages
    }


def _draft(
    message: Message,
    sender: Sender,
    signature: str,
    fact: EmailFact | None,
    files: Sequence[Attachment],
    not_before: datetime | None,
) -> Draft:
    ticket, key, host = message.ticket, thread_key(), sender.host
    body, shown = _with_pictures(message.body_html or text_to_html(message.body_text), files, host)
    quote = quote_of(fact, _language(ticket.language)) if sender.quotes else NO_QUOTE
    own = {channel.address for channel in active_channels() if channel.address}
    people: dict[str, list[tuple[str, str]]] = {"to": [], "cc": []}
    for person in message.recipients:
        if normal_address(person["address"]) not in own:
            people["cc" if person["role"] == "cc" else "to"].append((person["name"], person["address"]))
    return Draft(
        kind=OutgoingKind.REPLY,
        message_id=ids.make_message_id(key, ticket.pk, message.token, host),
        from_name=sender.shown_name(message.author_name),
        from_address=sender.address,
        reply_to=ids.make_plus_address(key, ticket.pk, sender.address),
        subject=reply_subject(ticket.pk, ticket.subject, answers=fact is not None or message.ticket.message_count > 1),
        text=_with_signature(message.body_text, signature) + quote.text,
        html=_PAGE.format(language=_language(ticket.language), body=body + _signature_html(signature) + quote.html),
        to=people["to"],
        cc=people["cc"],
        in_reply_to=fact.mail_id if fact else "",
        references=trim_references([*fact.references, fact.mail_id]) if fact else [],
        headers=_outlook_headers(fact),
        files=[
            DraftFile(row.kept_id, row.name, row.content_type, f"{row.token}@{host}" if row.token in shown else "")
            for row in files
        ],
        channel_id=sender.channel_id,
        ticket_id=ticket.pk,
        ticket_message_id=message.pk,
        not_before=not_before,
    )


def _outlook_headers(fact: EmailFact | None) -> list[tuple[str, str]]:
    """Copy what Outlook groups conversations by."""
    held = {name.lower(): str(value) for name, value in (fact.headers if fact else {}).items()}
    index = "".join(held.get("thread-index", "").split())
    found = []
    if index and len(index) <= 500 and re.fullmatch(r"[A-Za-z0-9+/=]+", index):
        found.append(("Thread-Index", index))
    if topic := held.get("thread-topic", "").strip():
        found.append(("Thread-Topic", topic[:300]))
    return found


def _with_pictures(body: str, files: Sequence[Attachment], host: str) -> tuple[str, set[str]]:
    """Point pictures at the parts that travel along; return the HTML and the tokens of the files it shows."""
    known, shown = {row.token for row in files}, set()

    def point(found: re.Match[str]) -> str:
        before, token, after = found.groups()
        if token not in known:
            return found.group(0)
        shown.add(token)
        return f"{before}cid:{token}@{host}{after}"

    return _PICTURE.sub(point, body), shown


def _with_signature(text: str, signature: str) -> str:
    return f"{text.rstrip()}\n\n-- \n{signature}\n" if signature else f"{text.rstrip()}\n"


def _signature_html(signature: str) -> str:
    if not signature:
        return ""
    lines = "<br>".join(html.escape(line) for line in signature.splitlines())
    return f'<p style="color: #666; margin-top: 1.5em">-- <br>{lines}</p>'


def _language(language: str) -> str:
    return language_or_ours(language)
