"""The rows of mail behind the messages of a life: the ledger of what came in, the frozen answers and their
deliveries."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from otklik.channels.email import ids
from otklik.channels.email.fingerprint import fingerprint
from otklik.channels.email.keys import LOOP_HEADER, loop_id, thread_key
from otklik.channels.email.models import (
    Delivery,
    DeliveryState,
    EmailFact,
    Inbound,
    InboundState,
    Outgoing,
    OutgoingFile,
    OutgoingKind,
    Source,
)
from otklik.channels.email.outbox.freeze import reply_subject
from otklik.core.blobs import put_blobs, store
from otklik.core.markup import text_to_html
from otklik.core.text import normal_address
from otklik.demo.delivery_events import write_delivery_events
from otklik.demo.lives import Said
from otklik.demo.quick import insert
from otklik.demo.rawmail import Raw, build
from otklik.demo.replay import Replayed
from otklik.tickets.models import Attachment, Channel, Message


@dataclass(frozen=True, slots=True)
class Letter:
    """How an incoming message was mailed."""

    name: str
    address: str
    mailer: str = ""
    charset: str = "utf-8"
    cc: Sequence[tuple[str, str]] = ()
    headers: Sequence[tuple[str, str]] = ()
    copies: int = 0


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of an answer: its state and, when it went wrong, the code and the words of the server."""

    state: str = DeliveryState.SENT
    code: str = ""
    response: str = "250 2.0.0 Ok: queued"


@dataclass(slots=True)
class _Incoming:
    item: Replayed
    said: Said
    message: Message
    raw: bytes
    parent: str
    references: list[str]


class MailWriter:
    """Writes the rows of mail of one channel for a slice of lives."""

    def __init__(
        self, channel: Channel, signatures: dict[int, str], asides: Callable[[], list[Inbound]] | None = None
    ) -> None:
        self.channel = channel
        self.signatures = signatures
        self.asides = asides
        self.key = thread_key()
        self.host = channel.address.rpartition("@")[2]

    def __call__(self, done: Sequence[Replayed]) -> None:
        """Write the mail behind everything that was said by mail in these lives."""
        incoming: list[_Incoming] = []
        outgoing: list[tuple[Outgoing, Said, Message]] = []
        for item in done:
            if item.life.channel.pk == self.channel.pk:
                self._thread(item, incoming, outgoing)
            else:
                outgoing += [
                    (self._outgoing(item, said, message, "", []), said, message)
                    for said, message in item.said
                    if said.kind == "reply"
                ]
        self._write_outgoing(outgoing)
        self._write_incoming(incoming)

    def _thread(
        self, item: Replayed, incoming: list[_Incoming], outgoing: list[tuple[Outgoing, Said, Message]]
    ) -> None:
        """Follow one conversation: every mail names the one it answers and all before it."""
        chain: list[str] = []
        last = ""
        for said, message in item.said:
            if said.kind == "reply":
                row = self._outgoing(item, said, message, last, chain)
                outgoing.append((row, said, message))
                last, chain = row.message_id, [*chain, row.message_id]
            elif said.kind == "incoming" and isinstance(said.mail, Letter):
                own = self._their_id(said.mail, message)
                raw = build(self._raw(item, said, own, last, chain, first=message is item.said[0][1]))
                incoming.append(_Incoming(item, said, message, raw, last, list(chain)))
                last, chain = own, [*chain, own]

    @staticmethod
    def _their_id(letter: Letter, message: Message) -> str:
        return f"<{ids.message_code(message.token)}@{letter.address.rpartition('@')[2]}>"

    def _raw(self, item: Replayed, said: Said, own: str, parent: str, chain: list[str], *, first: bool) -> Raw:
        letter = said.mail
        subject = item.life.subject
        if not first:
            subject = reply_subject(item.ticket.pk, subject, answers=True)
        return Raw(
            at=said.at,
            sender=(letter.name, letter.address),
            to=[(self.channel.name, self.channel.address)],
            cc=letter.cc,
            subject=subject,
            text=said.text,
            message_id=own,
            in_reply_to=parent,
            references=chain[-12:],
            headers=[*([("X-Mailer", letter.mailer)] if letter.mailer else []), *letter.headers],
            files=said.files,
            charset=letter.charset,
        )

    def _write_incoming(self, incoming: Sequence[_Incoming]) -> None:
        prepared = [store(entry.raw) for entry in incoming]
        blobs = put_blobs(prepared) if prepared else []
        rows = [self._inbound(entry, blob.pk) for entry, blob in zip(incoming, blobs, strict=True)]
        if self.asides is not None:
            rows += self.asides()
        rows.sort(key=lambda row: row.received_at)
        insert(rows)
        by_message = {row.message_id: row for row in rows if row.reason != "bounce"}
        insert([self._fact(entry, by_message[entry.message.pk]) for entry in incoming])

    def _inbound(self, entry: _Incoming, blob_id: int) -> Inbound:
        said, ticket, letter = entry.said, entry.item.ticket, entry.said.mail
        mark = fingerprint(entry.raw)
        first = entry.message is entry.item.said[0][1]
        at, done = said.at.isoformat(), (said.at + timedelta(milliseconds=12)).isoformat()
        steps: list[list[Any]] = [
            ["received", {"source": "smtp", "peer": "127.0.0.1"}, at],
            ["author", {"by": "from", "address": letter.address}, done],
            ["sender_unchecked", {}, done],
        ]
        if not first:
            steps.append(
                [
                    "thread",
                    {"by": "our_id" if entry.parent.startswith("<t-") else "their_id", "ticket": ticket.pk},
                    done,
                ]
            )
        steps.append(["opened" if first else "added", {"ticket": ticket.pk}, done])
        return Inbound(
            channel=self.channel,
            dedupe=mark.digest,
            source=Source.SMTP,
            received_at=said.at,
            envelope={"from": letter.address, "to": [self.channel.address], "peer": "127.0.0.1", "tls": False},
            size=len(entry.raw),
            blob_id=blob_id,
            copies=letter.copies,
            mail_id=mark.message_id,
            in_reply_to=mark.in_reply_to,
            from_address=normal_address(letter.address),
            from_name=letter.name[:200],
            subject=(entry.item.life.subject if first else reply_subject(ticket.pk, ticket.subject, answers=True))[
                :300
            ],
            state=InboundState.TICKET if first else InboundState.MESSAGE,
            ticket=ticket,
            message=entry.message,
            steps=steps,
            finished_at=said.at + timedelta(milliseconds=12),
            run_at=said.at,
            attempts=1,
        )

    def _fact(self, entry: _Incoming, row: Inbound) -> EmailFact:
        letter = entry.said.mail
        return EmailFact(
            message=entry.message,
            inbound=row,
            mail_id=row.mail_id,
            in_reply_to=row.in_reply_to,
            references=entry.references[-12:],
            sender={"name": letter.name, "address": letter.address},
            to=[{"name": self.channel.name, "address": self.channel.address}],
            cc=[{"name": name, "address": address} for name, address in letter.cc],
            auto_reply=entry.said.automatic,
            sent_at=entry.said.at,
        )

    def _outgoing(self, item: Replayed, said: Said, message: Message, parent: str, chain: list[str]) -> Outgoing:
        ticket = item.ticket
        signature = self.signatures.get(said.by.id or 0, "")
        people = {
            role: [[who["name"], who["address"]] for who in said.recipients if who["role"] == role]
            for role in ("to", "cc")
        }
        return Outgoing(
            message_id=ids.make_message_id(self.key, ticket.pk, message.token, self.host),
            kind=OutgoingKind.REPLY,
            channel=self.channel,
            ticket=ticket,
            ticket_message=message,
            envelope_from=self.channel.address,
            from_name=f"{said.by.name.split()[0]} · {self.channel.name}",
            from_address=self.channel.address,
            reply_to=ids.make_plus_address(self.key, ticket.pk, self.channel.address),
            to=people["to"],
            cc=people["cc"],
            subject=reply_subject(ticket.pk, ticket.subject, answers=True),
            in_reply_to=parent,
            references=chain[-12:],
            headers=[[LOOP_HEADER, loop_id()]],
            text=f"{said.text}\n\n-- \n{signature}\n" if signature else f"{said.text}\n",
            html=said.html or text_to_html(said.text),
            created_at=said.at,
        )

    def _write_outgoing(self, outgoing: Sequence[tuple[Outgoing, Said, Message]]) -> None:
        wanted = sorted((entry for entry in outgoing if entry[1].recipients), key=lambda entry: entry[1].at)
        insert([row for row, _said, _message in wanted])
        deliveries: list[Delivery] = []
        for row, said, _message in wanted:
            fate = said.mail if isinstance(said.mail, Fate) else Fate()
            deliveries += [self._delivery(row, who, said.at, fate) for who in said.recipients]
        insert(deliveries)
        self._write_files(wanted)
        write_delivery_events(deliveries)

    def _delivery(self, row: Outgoing, who: dict[str, Any], at: datetime, fate: Fate) -> Delivery:
        out = fate.state in {DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.BOUNCED}
        return Delivery(
            outgoing=row,
            channel=self.channel,
            kind=row.kind,
            recipient=who["address"],
            address_key=normal_address(who["address"]),
            role=who["role"],
            state=fate.state,
            run_at=None,
            attempts=17 if fate.code == "expired" else 1,
            doubts=2 if fate.state == DeliveryState.UNCERTAIN else 0,
            first_queued_at=at,
            sent_at=at + timedelta(seconds=2) if out else None,
            error_code=fate.code,
            response=fate.response,
            settled=False,
        )

    def _write_files(self, wanted: Sequence[tuple[Outgoing, Said, Message]]) -> None:
        rows = {message.pk: row for row, said, message in wanted if said.files}
        insert(
            [
                OutgoingFile(
                    outgoing=rows[file.message_id], blob_id=file.blob_id, name=file.name, content_type=file.content_type
                )
                for file in Attachment.objects.filter(message_id__in=rows).order_by("id")
                if file.message_id is not None
            ]
        )
