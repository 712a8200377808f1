"""What others select of incoming mail: the ledger, one mail's way, what is held on a request."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Q, QuerySet, Sum

from otklik.accounts.policies import can, sees_everything
from otklik.channels.email.models import EmailFact, Flood, FolderCount, Inbound, InboundState, MailArchive
from otklik.core.actor import Actor
from otklik.core.cached import kept_for
from otklik.core.clock import now
from otklik.core.errors import NotFound
from otklik.core.prepared import Prepared
from otklik.tickets.models import Channel, Ticket
from otklik.tickets.queries import visible_to as tickets_visible_to

_OF_A_TICKET: Final = (InboundState.TICKET, InboundState.MESSAGE)
ALL_STATES = tuple(state.value for state in InboundState)


def visible_to(actor: Actor | None) -> QuerySet[Inbound]:
    """Return the mails an actor may see in the ledger.

    Whoever sees every ticket sees every mail; a limited agent sees the mails of tickets he sees and, of those that
    belong to no ticket yet, what came to mailboxes of his teams or of no team; those of a ticket that was deleted for
    ever he does not. Without the right to the ledger: none.
    """
    if actor is None or not can(actor, "mail.ledger"):
        return Inbound.objects.none()
    seen = tickets_visible_to(actor)
    if not seen.query.where:
        return Inbound.objects.all()
    of_his_boxes = Q(channel__team__isnull=True) | Q(channel__team__in=sorted(actor.team_ids))
    alone = Inbound.objects.filter(of_his_boxes, ticket__isnull=True, ticket_purged=False)
    none_yet = alone.exclude(state__in=_OF_A_TICKET)
    return none_yet | Inbound.objects.filter(ticket__in=seen.values("pk"))


def archives_visible_to(actor: Actor | None) -> QuerySet[MailArchive]:
    """Return the archives of old mail an actor may see: those who may change settings see all, others none."""
    if actor is None or not can(actor, "settings.edit"):
        return MailArchive.objects.none()
    return MailArchive.objects.all()


def mailbox_that_takes(channel_id: int) -> Channel | None:
    """Return the mailbox of this id that an archive may be taken into."""
    rows = Channel.objects.filter(kind="email", enabled=True, pk=channel_id)
    return rows.first() if 0 < channel_id < 2**63 else None


def get_visible(actor: Actor | None, inbound_id: int) -> Inbound:
    """Return a visible mail with its channel and ticket, or raise ``NotFound``."""
    row = visible_to(actor).select_related("channel", "ticket").filter(pk=inbound_id).first()
    if row is None:
        raise NotFound
    return row


def same_elsewhere(row: Inbound, actor: Actor) -> list[Inbound]:
    """Return the same mail as it came to other mailboxes, as far as the actor sees it."""
    others = visible_to(actor).filter(channel__in=Channel.objects.filter(kind="email").exclude(pk=row.channel_id))
    return list(others.filter(dedupe=row.dedupe).select_related("channel").order_by("pk")[:20])


def count_waiting() -> int:
    """Return how many mails wait for intake, counted up to a thousand."""
    waiting = Inbound.objects.filter(state=InboundState.WAITING).order_by("run_at").values("pk")[:1000]
    return len(waiting)


def sums(rows: QuerySet[Inbound]) -> dict[str, int]:
    """Return how many mails of a selection ended where, in one grouped statement; they add up to ``received``."""
    found = dict.fromkeys(ALL_STATES, 0)
    duplicates = 0
    for state, count, copies in rows.order_by().values_list("state").annotate(c=Count("pk"), d=Sum("copies")):
        found[state] = count
        duplicates += copies or 0
    return {"received": sum(found.values()), **found, "duplicates": duplicates}


def since(rows: QuerySet[Inbound], start: datetime | None, end: datetime | None = None) -> QuerySet[Inbound]:
    """Limit a selection to what was received in a time."""
    if start is not None:
        rows = rows.filter(received_at__gte=start)
    return rows.filter(received_at__lt=end) if end is not None else rows


FLOOD_SHOWN: Final = timedelta(hours=1)
ATTENTION_KEPT: Final = "mail.attention"
_CAP: Final = 100


def folder_counts(actor: Actor | None) -> list[FolderCount]:
    """Return what the servers counted in the folders of connected mailboxes; for those who see the whole ledger."""
    if actor is None or not (can(actor, "mail.ledger") and sees_everything(actor)):
        return []
    rows = FolderCount.objects.filter(channel__connection__enabled=True).select_related("channel")
    return list(rows.order_by("channel__name", "pk")[:50])


def public_count(count: FolderCount) -> dict[str, Any]:
    """Return the comparison of one folder with the ledger as its JSON has it."""
    return {
        "channel": count.channel.name,
        "address": count.channel.address,
        "folder": count.folder,
        "counted_at": count.at.isoformat(),
        "there": count.there,
        "received": count.received,
        "left": count.left,
        "unfetched": count.unfetched,
        "vanished": count.vanished,
    }


def floods(actor: Actor | None) -> list[Flood]:
    """Return the floods that last or ended within an hour, newest first; for those who see the whole ledger."""
    if actor is None or not (can(actor, "mail.ledger") and sees_everything(actor)):
        return []
    rows = Flood.objects.filter(last_at__gt=now() - FLOOD_SHOWN).select_related("channel")
    return list(rows.order_by("-last_at", "-id")[:20])


@dataclass(frozen=True, slots=True)
class Attention:
    """How much mail needs a person, each counted up to a hundred."""

    failed: int = 0
    quarantined: int = 0
    unfetched: int = 0

    @property
    def total(self) -> int:
        """Return all of it."""
        return self.failed + self.quarantined + self.unfetched


@kept_for(10, ATTENTION_KEPT)
def attention() -> Attention:
    """Return how much mail needs a person, as it was at most ten seconds ago: it stands in the rail of every page."""
    states = (InboundState.FAILED, InboundState.QUARANTINED)
    failed, held = (Inbound.objects.filter(state=state).order_by().values("pk")[:_CAP].count() for state in states)
    unfetched = FolderCount.objects.filter(channel__connection__enabled=True).aggregate(n=Sum("unfetched"))["n"]
    return Attention(failed, held, unfetched or 0)


def needing_somebody(actor: Actor) -> int | None:
    """Return how much mail needs a person, for those who may decide about all of it."""
    return attention().total if can(actor, "mail.process") and sees_everything(actor) else None


def held_on(ticket: Ticket, actor: Actor) -> list[Inbound]:
    """Return the mails that are held on a ticket, oldest first, at most twenty; the card has checked the ticket."""
    if not can(actor, "tickets.view"):
        return []
    numbers = _held(ticket.pk)
    return list(Inbound.objects.filter(pk__in=numbers).select_related("channel").order_by("id")) if numbers else []


# nearly always there is none, and to ask for whole rows costs more than to find that out
_held: Final[Prepared[Any]] = Prepared(
    lambda ticket_id: (
        Inbound.objects.filter(ticket_id=ticket_id, state=InboundState.QUARANTINED)
        .order_by("id")
        .values_list("id", flat=True)[:20]
    )
)


def facts_of(message_ids: Sequence[int]) -> dict[int, EmailFact]:
    """Return what the mails behind messages said of themselves, by message, in one statement."""
    return {fact.message_id: fact for fact in EmailFact.objects.filter(message_id__in=list(message_ids))}


def public_fact(fact: EmailFact) -> dict[str, Any]:
    """Return the ``email`` block of a message's public JSON."""
    return {
        "message_id": fact.mail_id,
        "in_reply_to": fact.in_reply_to or None,
        "references": list(fact.references),
        "from": fact.sender or None,
        "reply_to": list(fact.reply_to),
        "to": list(fact.to),
        "cc": list(fact.cc),
        "auto_reply": fact.auto_reply,
        "list": fact.is_list,
        "bounce": fact.bounce,
        "sender": fact.sender_state,
        "problems": list(fact.problems),
    }


def public_row(row: Inbound) -> dict[str, Any]:
    """Return one line of the ledger as its JSON has it. The row comes with its channel."""
    return {
        "id": row.pk,
        "channel": row.channel.name,
        "received_at": row.received_at.isoformat(),
        "message_id": row.mail_id,
        "from": row.from_address,
        "subject": row.subject,
        "state": row.state,
        "reason": row.reason or None,
        "ticket": row.ticket_id,
        "message": row.message_id,
    }
