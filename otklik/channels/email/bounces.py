"""What a delivery report does: the state, code and reason go to the mail that came back.

The report is tied by the Message-ID it returns, which only somebody who had the mail can know. Failing that, by the
recipient and the last mail to him; such a report is a hint on the mail and changes no state, because anybody may write
one: a colleague decides (``outbox.actions.correct``).
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from otklik.channels.email.actions.delivering import tell
from otklik.channels.email.events import outgoing as events
from otklik.channels.email.models import Delivery, DeliveryState, Outgoing
from otklik.channels.email.outbox.reasons import REPORTED, sentence
from otklik.channels.email.parse.model import Bounce, BounceRecipient
from otklik.channels.email.smtp_answers import plain_response, refusal_code
from otklik.contacts.actions import mark_bounced
from otklik.core.actor import Actor
from otklik.core.text import normal_address

RECENT: Final = timedelta(days=5)
_HARD: Final = re.compile(r"5\.(1\.(1|2|3|6|10)|4\.4|2\.1)\Z")
_OUT: Final = (DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.UNCERTAIN, DeliveryState.SENDING)


@dataclass(frozen=True, slots=True)
class BounceOutcome:
    """The mail a report belongs to; ``changed`` counts the deliveries it told something new about."""

    outgoing_id: int
    ticket_id: int | None
    message_id: int | None
    changed: int


def apply(bounce: Bounce, *, channel_id: int, at: datetime) -> BounceOutcome | None:
    """Write what a report says onto the deliveries it is about, inside the caller's transaction.

    Failed → bounced, with the reason, ``mail.bounced`` and, for a mailbox that does not exist, a mark on the contact's
    address. Delayed → ``mail.delayed`` only. Delivered → delivered. Of one that proves nothing only a failure is noted,
    as a hint, with ``mail.reported``. A second report of the same changes nothing. None when it is about no mail of
    ours.
    """
    proven = _by_message_id(bounce.original_message_id)
    pairs = _deliveries(bounce, proven, channel_id, at)
    changed = sum(_note(delivery, fate, proven=proven is not None) for delivery, fate in pairs)
    outgoing = proven or (pairs[0][0].outgoing if pairs else None)
    if outgoing is None:
        return None
    return BounceOutcome(outgoing.pk, outgoing.ticket_id, outgoing.ticket_message_id, changed)


def _by_message_id(message_id: str | None) -> Outgoing | None:
    bare = (message_id or "").strip().strip("<>")
    if not bare or len(bare) > 390:
        return None
    # gateways change the case of what they return; ours is lower anyway
    return Outgoing.objects.filter(message_id__in={f"<{bare}>", f"<{bare.lower()}>"}).first()


def _deliveries(
    bounce: Bounce, outgoing: Outgoing | None, channel_id: int, at: datetime
) -> list[tuple[Delivery, BounceRecipient]]:
    if outgoing is None:
        return [pair for pair in ((_last_to(fate, channel_id, at), fate) for fate in bounce.recipients) if pair[0]]  # type: ignore[misc]
    rows = {row.address_key: row for row in outgoing.deliveries.all()}
    pairs = []
    for fate in bounce.recipients:
        row = rows.get(normal_address(fate.address)) or rows.get(normal_address(fate.final_address))
        if row is None and len(rows) == 1 and len(bounce.recipients) == 1:
            # forwarded on the way: the one who could not be reached is not the one we wrote to
            row = next(iter(rows.values()))
        if row is not None:
            pairs.append((row, fate))
    if not bounce.recipients and len(rows) == 1:
        pairs.append((next(iter(rows.values())), BounceRecipient(address="", action="failed")))
    return pairs


def _last_to(fate: BounceRecipient, channel_id: int, at: datetime) -> Delivery | None:
    """Return the last mail of the mailbox to a recipient in the last days: a guess, used without proof."""
    if not fate.address:
        return None
    return (
        Delivery.objects.select_related("outgoing")
        .filter(
            address_key=normal_address(fate.address), channel_id=channel_id, state__in=_OUT, sent_at__gt=at - RECENT
        )
        .order_by("-id")
        .first()
    )


def _note(delivery: Delivery, fate: BounceRecipient, *, proven: bool) -> bool:
    action = fate.action or ("delayed" if fate.status.startswith("4") else "failed")
    told = fate.reason if fate.status in fate.reason else f"{fate.status} {fate.reason}"
    words = plain_response(0, told)
    if not proven:
        return action not in {"delayed", "delivered", "relayed", "expanded"} and _hint(delivery, words)
    if action == "delayed":
        tell(events.MailDelayed, delivery, code="deferred", response=words[:200])
        return True
    if action in {"delivered", "relayed", "expanded"}:
        arrived = [DeliveryState.SENT, DeliveryState.UNCERTAIN]
        return bool(
            Delivery.objects.filter(pk=delivery.pk, state__in=arrived).update(
                state=DeliveryState.DELIVERED, run_at=None, error_code=""
            )
        )
    return _came_back(delivery, fate, words)


def _hint(delivery: Delivery, words: str) -> bool:
    """Note what an unproven report says, once; not on a mail of which a colleague has said that it arrived."""
    changed = Delivery.objects.filter(
        pk=delivery.pk, state__in=[DeliveryState.SENT, DeliveryState.DELIVERED], error_code=""
    ).update(error_code=REPORTED, response=words)
    if changed:
        tell(events.MailReported, delivery, response=words[:200])
    return bool(changed)


def _came_back(delivery: Delivery, fate: BounceRecipient, words: str) -> bool:
    code = refusal_code(0, words) if fate.status or fate.reason else "bounced"
    code = "bounced_soft" if fate.status.startswith("4") else "bounced" if code == "refused" else code
    changed = Delivery.objects.filter(pk=delivery.pk, state__in=_OUT).update(
        state=DeliveryState.BOUNCED, run_at=None, error_code=code, response=words, settled=False, worker=""
    )
    if not changed:
        return False
    tell(events.MailBounced, delivery, code=code, status=fate.status[:20], response=words[:200])
    if _HARD.match(fate.status):
        mark_bounced(delivery.recipient, reason=words or sentence(code), by=Actor.system())
    return True
