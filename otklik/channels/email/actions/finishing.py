"""Writes what the steps decided: one transaction for a group, with bulk inserts, or nothing at all."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO

from django.db import connection, transaction

from otklik.accounts.queries import actor_for
from otklik.channels.email import bounces, confirmation
from otklik.channels.email.actions.answering import NotTaken, write_answer
from otklik.channels.email.actions.as_incoming import arrived_at, attach_files, make_incoming, make_side
from otklik.channels.email.actions.relating import hold_twins, relate
from otklik.channels.email.case import Case, Facts, Stop
from otklik.channels.email.events.inbound import MailHeld
from otklik.channels.email.facts import make_fact
from otklik.channels.email.models import EmailFact, Inbound, InboundState, SenderState, Source
from otklik.channels.email.old_mail import is_old
from otklik.channels.email.steps.quiet_automatic import is_answer
from otklik.contacts.actions import ensure_contacts
from otklik.contacts.models import Contact
from otklik.contacts.queries import contacts_by_address
from otklik.core.actor import Actor
from otklik.core.bulk import insert_rows
from otklik.core.clock import now
from otklik.core.events import DomainEvent, record_many, unannounced
from otklik.core.text import normal_address
from otklik.tickets import policies
from otklik.tickets.actions import Received, add_note, receive, upload
from otklik.tickets.actions.base import Shelved
from otklik.tickets.actions.side_answers import receive_side
from otklik.tickets.models import Category, Message, Ticket

log = logging.getLogger(__name__)

_SYSTEM = Actor.system()
PREVIEW = 600
COLLEAGUE = "colleague"  # the reason of mails that became words of a colleague: those are his
SIDE = "side"  # the reason of mails in side conversations: by it they lead nobody to the ticket


class LostClaim(Exception):
    """Another worker has the mail: its lease ran out here. Everything written is undone."""

    code = "lost_claim"


class Overtaken(Exception):
    """The request changed between the look and the writing; look again."""

    code = "overtaken"


@dataclass(slots=True)
class End:
    """Where a mail ended, as the ledger keeps it."""

    case: Case
    state: InboundState
    reason: str = ""
    ticket_id: int | None = None
    message_id: int | None = None


def write(cases: Sequence[Case], facts: Facts, *, then: Callable[[list[End]], None] | None = None) -> None:
    """Bring a group to its ends in one transaction, with ``then`` as its last act.

    Raises ``LostClaim`` or ``Overtaken`` to have it redone.
    """
    with transaction.atomic():
        twins = hold_twins(cases)
        ends = _write_all([case for case in cases if not is_old(case.row)], facts)
        if old := [case for case in cases if is_old(case.row)]:
            with unannounced():
                ends += _write_all(old, facts)
        relate(ends, twins)
        close(ends)
        if then is not None:
            then(ends)


def _write_all(cases: Sequence[Case], facts: Facts) -> list[End]:
    ends = _write_incoming([case for case in cases if _is_incoming(case)], facts)
    for case in cases:
        if case.stop is not None:
            ends.append(_write_stop(case, case.stop))
        elif case.side is not None:
            ends.append(_write_side(case, facts))
        elif not _is_incoming(case):
            ends.append(_write_note(case))
    _tell_held(ends)
    return ends


def _is_incoming(case: Case) -> bool:
    """Tell whether a mail becomes words of a customer; a believed colleague on a request writes a note instead."""
    return case.stop is None and case.side is None and not (case.agent and case.match and case.forwarded_by is None)


def _write_incoming(cases: Sequence[Case], facts: Facts) -> list[End]:
    if not cases:
        return []
    told: list[tuple[DomainEvent, Actor]] = []
    contacts = _contacts(cases, facts, told)
    attachments = attach_files(cases)
    items = [make_incoming(case, contacts, attachments[case.row.pk]) for case in cases]
    received = receive(items, also=told)
    for case, item in zip(cases, received, strict=True):
        closed = item.ticket.category == Category.CLOSED
        if closed and not (is_answer(case) or is_old(case.row)):
            raise Overtaken
    insert_rows([make_fact(case, item.message) for case, item in zip(cases, received, strict=True)])
    _write_forward_notes(cases, received)
    _confirm(cases, received, facts)
    return [_end_of(case, item) for case, item in zip(cases, received, strict=True)]


def _end_of(case: Case, item: Received) -> End:
    state = InboundState.TICKET if item.opened else InboundState.MESSAGE
    case.tell("opened" if item.opened else "reopened" if item.reopened else "added", ticket=item.ticket.pk)
    return End(case, state, "", item.ticket.pk, item.message.pk)


def _contacts(cases: Sequence[Case], facts: Facts, told: list[tuple[DomainEvent, Actor]]) -> dict[str, Contact]:
    """Return the people of the mails; what is to be told of new ones goes into ``told``.

    Only addresses that were looked up count as known: those of others are looked up now.
    """
    people = [(box.address, box.name) for case in cases for box in [case.author, *case.people] if box is not None]
    unknown = [(address, name) for address, name in people if normal_address(address) not in facts.contacts]
    if not unknown:
        return facts.contacts
    missed = {normal_address(address) for address, _name in unknown} - facts.looked_up
    known = facts.contacts | (contacts_by_address(missed) if missed else {})
    return ensure_contacts(people, by=_SYSTEM, known=known, told=told, apart=_forged(cases))


def _forged(cases: Sequence[Case]) -> set[str]:
    """Return the addresses in whose names only forged mail came: they do not belong to the owner of their domain."""
    forged = [case for case in cases if case.sender_state == SenderState.FAILED and case.forwarded_by is None]
    others = {normal_address(case.author_address) for case in cases if case not in forged}
    return {normal_address(case.author_address) for case in forged} - others


def _write_forward_notes(cases: Sequence[Case], received: Sequence[Received]) -> None:
    for case, item in zip(cases, received, strict=True):
        if case.forwarded_by is not None and case.note.strip() and item.ticket.shelf is None:
            add_note(item.ticket, body_text=case.note, by=actor_for(case.forwarded_by))


def _confirm(cases: Sequence[Case], received: Sequence[Received], facts: Facts) -> None:
    """Queue confirmations for new requests; who may get one, and how many, is decided there."""
    opened = [
        confirmation.Receipt(
            ticket=item.ticket,
            channel=case.channel,
            address=case.author.address,
            message_id=case.row.mail_id,
            quiet=case.quiet,
            return_path=_return_path(case),
            subject=facts.rules[case.channel.pk].confirmation_subject,
            text=facts.rules[case.channel.pk].confirmation_text,
        )
        for case, item in zip(cases, received, strict=True)
        if item.opened
        and case.author is not None
        and case.forwarded_by is None
        and _confirms(case, facts)
        and not is_old(case.row)
    ]
    if opened:
        confirmation.queue(opened, at=now())


def _confirms(case: Case, facts: Facts) -> bool:
    rule = facts.rules.get(case.channel.pk)
    return rule is not None and rule.confirmation


def _return_path(case: Case) -> str | None:
    if case.row.source == Source.SMTP:
        return str(case.row.envelope.get("from") or "")
    return case.mail.return_path


def _write_side(case: Case, facts: Facts) -> End:
    """Keep the letter of a third party in its side conversation: the ticket and its customer learn nothing of it."""
    told: list[tuple[DomainEvent, Actor]] = []
    contacts = {} if case.agent else _contacts([case], facts, told)
    if told:
        record_many(told)
    message = receive_side(make_side(case, contacts, attach_files([case])[case.row.pk]))
    insert_rows([make_fact(case, message)])
    return End(case, InboundState.MESSAGE, SIDE, message.ticket_id, message.pk)


def _write_note(case: Case) -> End:
    """Keep a believed colleague's mail as his note: nothing goes to the customer that he did not send himself."""
    assert case.agent is not None
    assert case.match is not None
    if case.door is not None and not is_old(case.row):
        return _write_answer(case)
    ticket, actor = case.match.ticket, actor_for(case.agent)
    if not policies.can_note(actor, ticket):
        case.tell("no_right")
        return End(case, InboundState.QUARANTINED, "no_right", ticket.pk)
    try:
        with transaction.atomic():
            message = _noted(case, ticket, actor)
    except Shelved:
        end = End(case, InboundState.QUARANTINED, "shelved", ticket.pk)
        case.tell("ended", reason=end.reason, **_preview(case, end))
        return end
    EmailFact.objects.bulk_create([make_fact(case, message)])
    case.tell("noted", ticket=ticket.pk)
    return End(case, InboundState.MESSAGE, COLLEAGUE, ticket.pk, message.pk)


def _noted(case: Case, ticket: Ticket, actor: Actor) -> Message:
    uploaded = [
        upload(BytesIO(part.data), name=part.name, content_type=part.content_type, size=part.size, by=actor).pk
        for part in case.mail.attachments
    ]
    text = case.reading.visible_reply or case.mail.body_text or case.mail.subject or "—"
    message: Message = add_note(ticket, body_text=text, attachments=uploaded, by=actor)
    if is_old(case.row):
        Message.objects.filter(pk=message.pk).update(created_at=arrived_at(case))
    return message


def _write_answer(case: Case) -> End:
    """Keep a colleague's answer to a notification: to the customer or as a note, or held when it cannot be taken."""
    assert case.door is not None
    try:
        with transaction.atomic():
            message = write_answer(case)
    except NotTaken as error:
        end = End(case, InboundState.QUARANTINED, error.reason, case.door.ticket.pk)
        case.tell("ended", reason=error.reason, **_preview(case, end))
        return end
    if message is None:
        case.tell("ended", reason="overtaken")
        return End(case, InboundState.IGNORED, "overtaken", case.door.ticket.pk)
    EmailFact.objects.bulk_create([make_fact(case, message)])
    case.tell("noted" if message.kind == "note" else "answered", ticket=message.ticket_id)
    return End(case, InboundState.MESSAGE, COLLEAGUE, message.ticket_id, message.pk)


def _write_stop(case: Case, stop: Stop) -> End:
    ticket_id = stop.ticket.pk if stop.ticket else None
    end = End(case, stop.state, stop.reason, ticket_id)
    if case.report == "bounce" and case.mail.bounce is not None:
        hit = bounces.apply(case.mail.bounce, channel_id=case.channel.pk, at=arrived_at(case))
        if hit is not None and hit.ticket_id is not None:
            end.state, end.ticket_id, end.message_id = InboundState.MESSAGE, hit.ticket_id, hit.message_id
    case.tell("ended", reason=stop.reason, **_preview(case, end))
    return end


def _preview(case: Case, end: End) -> dict[str, str]:
    """Keep the first words of a held mail with its way, so that whoever decides need not open the source."""
    if end.state != InboundState.QUARANTINED:
        return {}
    return {"text": (case.reading.visible_reply or case.reading.visible_new)[:PREVIEW]}


def _tell_held(ends: Sequence[End]) -> None:
    held = [
        (
            MailHeld(
                subject_id=end.ticket_id,
                inbound_id=end.case.row.pk,
                sender=end.case.author_address[:200],
                reason=end.reason,
                team_id=_team_of(end.case),
            ),
            _SYSTEM,
        )
        for end in ends
        if end.state == InboundState.QUARANTINED and end.ticket_id is not None
    ]
    if held:
        record_many(held)


def _team_of(case: Case) -> int | None:
    ticket = case.stop.ticket if case.stop else case.match.ticket if case.match else None
    return ticket.team_id if ticket else None


_SET = (
    "UPDATE {table} SET state = %s, reason = %s, ticket_id = %s, message_id = %s, steps = %s, finished_at = %s, "
    "worker = '', last_error = '', from_address = %s, from_name = %s, subject = %s "
    "WHERE id = %s AND worker = %s AND attempts = %s AND state = 'waiting'"
)


def close(ends: Sequence[End]) -> None:
    """Write the ends of mails in one statement; raises ``LostClaim`` unless every one of them is still ours."""
    at = now()
    adapt_json, adapt_time = connection.ops.adapt_json_value, connection.ops.adapt_datetimefield_value
    values = []
    for end in ends:
        row, mail = end.case.row, end.case.mail
        shown = mail.from_ or end.case.author
        steps = row.steps + [[code, facts, at.isoformat()] for code, facts in end.case.way]
        values.append(
            (
                str(end.state), end.reason[:40], end.ticket_id, end.message_id, adapt_json(steps, None),
                adapt_time(at), (normal_address(shown.address) if shown else "")[:320],
                (shown.name if shown else "")[:200], mail.subject[:300], row.pk, row.worker, row.attempts,
            )
        )  # fmt: skip
    sql = _SET.format(table=connection.ops.quote_name(Inbound._meta.db_table))
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)
        if cursor.rowcount != len(values):
            raise LostClaim
