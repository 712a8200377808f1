"""What people decide about received mail: process it again, let a held one in, make a request of it, put it aside.

Every decision takes the mail by one conditional update, so that of two people who click only one has decided.
"""

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from otklik.accounts import policies as rights
from otklik.channels.email.actions.as_incoming import attach_files, sender_checked, shown_texts
from otklik.channels.email.actions.finishing import End, write
from otklik.channels.email.case import Case, Facts, Match
from otklik.channels.email.events.inbound import (
    HeldMailIgnored,
    HeldMailJoined,
    HeldMailReleased,
    MailProcessedAgain,
)
from otklik.channels.email.facts import derived
from otklik.channels.email.files_ahead import prepare_all
from otklik.channels.email.gather import gather_senders, gather_threads
from otklik.channels.email.intake import WHO, begin, walk
from otklik.channels.email.ledger_words import removed_words
from otklik.channels.email.models import EmailFact, Inbound, InboundState
from otklik.channels.email.parse.sandbox import ParseFailed, ParserPool
from otklik.channels.email.queries import get_visible
from otklik.channels.email.reading import Reading
from otklik.channels.email.steps.choose_text import choose_text
from otklik.channels.email.steps.find_thread import find_thread
from otklik.channels.email.steps.take_reports import REPORTS
from otklik.channels.email.steps.unwrap_forward import as_forwarded, weigh_forward
from otklik.core.actor import Actor
from otklik.core.claims import worker_name
from otklik.core.clock import now
from otklik.core.engine import wake
from otklik.core.errors import Conflict, Forbidden, Invalid, NotFound
from otklik.core.events import record
from otklik.tickets.actions import READ_FROM_MAIL, refresh_message
from otklik.tickets.actions.side_answers import let_in
from otklik.tickets.models import Category, Ticket
from otklik.tickets.policies import can_reply
from otklik.tickets.queries import get_visible as get_ticket

_LEASE = timedelta(seconds=60)
_DISMISSABLE = (InboundState.QUARANTINED, InboundState.FAILED)
_NAMES_ANOTHER = frozenset({"closed", "joined"})  # steps after which a new request is an answer to an old one
_OPENABLE = (InboundState.QUARANTINED, InboundState.IGNORED, InboundState.FAILED)


def process_again(inbound_id: int, *, by: Actor) -> None:
    """Have a mail processed again.

    One that became words of a customer or of a third party only gets its derived parts anew (texts, files, verdicts);
    what nothing was made of, and a delivery report, walks all its steps as if it had just come. Records
    ``mail.processed_again``. Raises ``Conflict`` for one that is in work, and for one whose message is not its own
    words: a colleague's note or answer is his, whatever he did with it since.
    """
    row = _row(inbound_id, by)
    if row.state == InboundState.WAITING:
        raise Conflict(_("This mail is in work already."))
    raw_of(row)
    if row.state in {InboundState.TICKET, InboundState.MESSAGE} and row.reason not in REPORTS:
        _refresh(row, by)
        return
    with transaction.atomic():
        changed = Inbound.objects.filter(pk=row.pk, state=row.state).update(
            state=InboundState.WAITING, reason="", ticket=None, attempts=0, worker="", run_at=now(), last_error="",
            steps=[*row.steps, ["again", {"by": by.name}, now().isoformat()]], finished_at=None,
        )  # fmt: skip
        if not changed:
            raise Conflict(_("Somebody else has decided about this mail meanwhile."))
        record(MailProcessedAgain(subject_id=row.pk), by=by)
    wake("mail")


def join_held(inbound_id: int, *, by: Actor) -> Ticket:
    """Let a held mail into the request it wanted to join; its sender takes part from now on.

    One that bears the name of a side conversation goes in there, and only there; its sender joins that one unless he is
    the customer. Returns the request (a new one when the old is closed). Records ``mail.joined``.
    """
    row = _row(inbound_id, by)
    if row.state != InboundState.QUARANTINED or row.ticket_id is None:
        raise Conflict(_("Somebody else has decided about this mail meanwhile."))
    ticket = get_ticket(by, row.ticket_id, related=("channel",))
    if not can_reply(by, ticket):
        raise Forbidden
    case, facts = _case(row, by)
    case.side = next((facts.sides[one] for one in case.sides if one in facts.sides), None)
    if case.side is not None:
        case.quiet = False
    elif ticket.category == Category.CLOSED and ticket.shelf is None:
        case.previous = ticket
    else:
        case.match = Match(ticket, "hand")
        case.people = [case.author] if case.author else []
    case.tell("joined", by=by.name)
    event = HeldMailJoined(subject_id=ticket.pk, inbound_id=row.pk, sender=row.from_address, team_id=ticket.team_id)

    def tell(_ends: list[End]) -> None:
        if case.side is not None and case.author is not None:
            let_in(case.side, case.author.address, by=by)
        record(event, by=by)

    return _decide(case, facts, by, tell)


def open_held(inbound_id: int, *, by: Actor) -> Ticket:
    """Make a new request of a mail that is held, was ignored or failed; return it. Records ``mail.released``."""
    row = _row(inbound_id, by)
    if row.state not in _OPENABLE:
        raise Conflict(_("Somebody else has decided about this mail meanwhile."))
    if not rights.can(by, "tickets.open"):
        raise Forbidden
    case, facts = _case(row, by)
    case.match, case.previous, case.by_hand = None, None, True
    case.tell("released", by=by.name)
    before = row.ticket

    def tell(ends: list[End]) -> None:
        if before is not None and ends[0].ticket_id is not None:
            event = HeldMailReleased(
                subject_id=before.pk, inbound_id=row.pk, sender=row.from_address, team_id=before.team_id,
                new_ticket=ends[0].ticket_id,
            )  # fmt: skip
            record(event, by=by)

    return _decide(case, facts, by, tell)


def dismiss_held(inbound_id: int, *, by: Actor) -> None:
    """Put a held or failed mail aside: it stays in the ledger as ignored by hand.

    Records ``mail.dismissed`` on the request it wanted to join, if any.
    """
    row = _row(inbound_id, by)
    at = now()
    with transaction.atomic():
        changed = Inbound.objects.filter(pk=row.pk, state__in=_DISMISSABLE).update(
            state=InboundState.IGNORED, reason="by_hand", finished_at=at,
            steps=[*row.steps, ["dismissed", {"by": by.name}, at.isoformat()]],
        )  # fmt: skip
        if not changed:
            raise Conflict(_("Somebody else has decided about this mail meanwhile."))
        if row.ticket is not None:
            record(
                HeldMailIgnored(
                    subject_id=row.ticket.pk, inbound_id=row.pk, sender=row.from_address, team_id=row.ticket.team_id
                ),
                by=by,
            )


def raw_of(row: Inbound) -> bytes:
    """Return the raw bytes of a mail; raises ``Conflict`` when they were removed after their time."""
    if row.blob is None:
        raise Conflict(removed_words(row))
    return row.blob.read()


def _row(inbound_id: int, by: Actor) -> Inbound:
    row = get_visible(by, inbound_id)
    if not rights.can(by, "mail.process"):
        raise NotFound
    return row


def _read(row: Inbound) -> Reading:
    """Read the raw mail in a parser child of its own; raises ``Invalid`` when it cannot be read."""
    raw = raw_of(row)
    with ParserPool(1) as pool:
        try:
            return pool.read(raw)
        except ParseFailed as error:
            raise Invalid(_("This mail cannot be read. Its source is kept.")) from error


def _case(row: Inbound, by: Actor) -> tuple[Case, Facts]:
    """Read a mail and find out who wrote it; where it belongs is decided by a person."""
    reading = _read(row)
    case = begin(row, reading, prepare_all([part.data for part in reading.mail.attachments]))
    facts = gather_senders([case])
    walk(case, facts, WHO)
    case.stop = None
    if case.author is None or "@" not in case.author.address or case.author.address.endswith("@invalid"):
        raise Invalid(_("The mail names no sender, so nobody could be answered."))
    gather_threads([case], facts)
    weigh_forward(case, facts)
    find_thread(case, facts)
    case.match = None
    choose_text(case, facts)
    case.agent = None
    case.quiet = True  # what a person let in by hand is not confirmed by a machine
    return case, facts


def _decide(case: Case, facts: Facts, by: Actor, tell: Callable[[list[End]], None]) -> Ticket:
    """Take the mail for this decision and write it; when writing fails the mail stands as before."""
    row, before = case.row, case.row.state
    worker = f"{worker_name()}:{by.principal}"
    taken = Inbound.objects.filter(pk=row.pk, state=before).update(
        state=InboundState.WAITING, worker=worker, attempts=F("attempts") + 1, run_at=now() + _LEASE
    )
    if not taken:
        raise Conflict(_("Somebody else has decided about this mail meanwhile."))
    row.worker, row.attempts = worker, row.attempts + 1
    try:
        write([case], facts, then=tell)
    except BaseException:
        Inbound.objects.filter(pk=row.pk, worker=worker, state=InboundState.WAITING).update(state=before, worker="")
        raise
    row.refresh_from_db()
    if row.ticket is None:
        raise NotFound
    return row.ticket


def _refresh(row: Inbound, by: Actor) -> None:
    if row.message is None:
        raise Conflict(_("Nothing is left of this mail on the ticket. Its source is kept here."))
    if (
        row.message.kind not in READ_FROM_MAIL
        or not EmailFact.objects.filter(message=row.message, inbound=row).exists()
    ):
        raise Conflict(_("A colleague wrote this by mail: his words on the ticket are not overwritten."))
    told = {code for code, _facts, _at in row.steps}
    reading = _read(row)
    case = begin(row, reading, prepare_all([part.data for part in reading.mail.attachments]))
    facts = gather_senders([case])
    walk(case, facts, WHO)
    case.stop = None
    if "forwarded" not in told:  # whose request it is was decided when it came
        case.forwarded_by = None
    elif case.forward_waits:
        case = as_forwarded(case)
    choose_text(case, facts)
    answers = row.state == InboundState.MESSAGE or bool(told & _NAMES_ANOTHER)
    text, html, visible, folded = shown_texts(case, as_answer=answers)
    with transaction.atomic():
        refresh_message(
            row.message,
            body_text=text,
            body_html=html,
            visible_text=visible,
            folded=folded,
            attachments=attach_files([case])[row.pk],
            sender_checked=sender_checked(case),
            by=by,
        )
        EmailFact.objects.filter(message=row.message).update(sender_state=case.sender_state, **derived(case))
        Inbound.objects.filter(pk=row.pk).update(
            steps=[*row.steps, ["refreshed", {"by": by.name}, now().isoformat()]],
        )
        record(MailProcessedAgain(subject_id=row.pk), by=by)
