"""What others read of mail on its way out."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, Protocol

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from otklik.accounts import policies as rights
from otklik.channels.email.models import WORST_FIRST, Delivery, DeliveryState
from otklik.channels.email.outbox.reasons import ARRIVED, REPORTED, sentence
from otklik.channels.email.outbox.servers import ways_out
from otklik.core.actor import Actor
from otklik.core.errors import NotFound
from otklik.core.prepared import Prepared
from otklik.tickets.queries import visible_to as tickets_visible_to

TABS: Final = ("waiting", "uncertain", "failed")
_FINAL_TROUBLE: Final = (DeliveryState.FAILED, DeliveryState.BOUNCED)


def visible_to(actor: Actor | None) -> QuerySet[Delivery]:
    """Return the deliveries an actor may see: of tickets he sees; account mails are for those who see everything."""
    if actor is None or not rights.can(actor, "outbox.view"):
        return Delivery.objects.none()
    if rights.sees_everything(actor):
        return Delivery.objects.all()
    return Delivery.objects.filter(outgoing__ticket__in=tickets_visible_to(actor))


def get_visible(actor: Actor | None, delivery_id: int) -> Delivery:
    """Return a visible delivery with its mail and ticket, or raise ``NotFound``."""
    found = None
    if 0 < delivery_id < 2**63:
        found = visible_to(actor).select_related("outgoing", "outgoing__ticket").filter(pk=delivery_id).first()
    if found is None:
        raise NotFound
    return found


def in_tab(actor: Actor | None, tab: str) -> QuerySet[Delivery]:
    """Return what one part of the outbox page shows, newest first."""
    conditions = {
        "waiting": Q(state__in=[DeliveryState.QUEUED, DeliveryState.SENDING]),
        "uncertain": Q(state=DeliveryState.UNCERTAIN),
        "failed": Q(state__in=[DeliveryState.FAILED, DeliveryState.BOUNCED], settled=False),
    }
    rows = visible_to(actor).filter(conditions[tab])
    return rows.select_related("outgoing", "outgoing__ticket", "outgoing__channel").order_by("-id")


class Fate(Protocol):
    """What is told of a delivery: the row itself, or only these columns of it."""

    id: int
    channel_id: int | None
    recipient: str
    state: str
    attempts: int
    run_at: datetime | None
    error_code: str
    response: str


_of_messages: Final[Prepared[Any]] = Prepared(
    lambda message_ids: (
        Delivery.objects.filter(outgoing__ticket_message_id__in=message_ids)
        .order_by("id")
        .values_list(
            "outgoing__ticket_message_id", "id", "channel_id", "recipient", "state", "attempts", "run_at", "error_code",
            "response", named=True,
        )
    )
)  # fmt: skip


def of_messages(message_ids: Iterable[int]) -> dict[int, list[Fate]]:
    """Return the fate of the deliveries of messages, in the order of recipients (one statement)."""
    found: dict[int, list[Fate]] = {}
    for row in _of_messages(list(message_ids)):
        found.setdefault(row.outgoing__ticket_message_id, []).append(row)
    return found


def worst(states: Iterable[str]) -> str | None:
    """Return the state that stands for all: the worst of them."""
    held = set(states)
    return next((str(state.value) for state in WORST_FIRST if state.value in held), None)


def public(delivery: Fate) -> dict[str, Any]:
    """Return the delivery as the public JSON of a message shows it."""
    waits = delivery.state in {DeliveryState.QUEUED, DeliveryState.UNCERTAIN}
    homeless = ways_out().trouble_of(delivery.channel_id) if delivery.state == DeliveryState.QUEUED else ""
    following = delivery.run_at if waits and not homeless else None
    return {
        "id": delivery.id,
        "recipient": delivery.recipient,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "next_at": following.isoformat() if following else None,
        "error": sentence(homeless) or explained(delivery) or None,
    }


def public_row(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery with its mail (``outgoing`` loaded) as the public JSON of the outbox shows it."""
    mail = delivery.outgoing
    return public(delivery) | {
        "kind": delivery.kind,
        "role": delivery.role,
        "from": mail.from_address,
        "subject": mail.subject,
        "message_id": mail.message_id,
        "ticket": mail.ticket_id,
        "message": mail.ticket_message_id,
        "queued_at": delivery.first_queued_at.isoformat(),
        "sent_at": delivery.sent_at.isoformat() if delivery.sent_at else None,
        "settled": delivery.settled,
    }


def explained(delivery: Fate) -> str:
    """Return why the mail is not out, in plain words, with the server's own behind them; nothing when it is."""
    words = "" if delivery.error_code == ARRIVED else sentence(delivery.error_code)
    if not words or not delivery.response or delivery.state not in _FINAL_TROUBLE:
        return words
    return _("%(reason)s. The server answered: “%(response)s”") % {"reason": words, "response": delivery.response}


def can_correct(delivery: Delivery, *, arrived: bool) -> bool:
    """Tell whether a colleague may say that a mail which went out arrived, or that it came back, as he was told."""
    out = delivery.state in {DeliveryState.SENT, DeliveryState.DELIVERED}
    return delivery.state == DeliveryState.BOUNCED or (out and delivery.error_code == REPORTED) if arrived else out


def can_retry(delivery: Delivery) -> bool:
    """Tell whether "send again" makes sense: it did not get out, came back, waits, or nobody knows."""
    return delivery.state in {
        DeliveryState.FAILED, DeliveryState.BOUNCED, DeliveryState.UNCERTAIN, DeliveryState.QUEUED,
    }  # fmt: skip
