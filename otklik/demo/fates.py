"""Gives a few of the answers another fate than to arrive, so that the outbox and the cards show it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from otklik.channels.email.models import DeliveryState
from otklik.demo.lives import Life, Said
from otklik.demo.mail import Fate

RECENT: Final = timedelta(days=12)
FATES: Final = (
    Fate(DeliveryState.BOUNCED, "unknown_recipient", "550 5.1.1 User unknown"),
    Fate(DeliveryState.FAILED, "policy", "554 5.7.1 Message rejected under suspicion of spam"),
    Fate(DeliveryState.BOUNCED, "mailbox_full", "552 5.2.2 Mailbox full"),
    Fate(DeliveryState.UNCERTAIN, "lost_after_data", ""),
    Fate(DeliveryState.BOUNCED, "unknown_recipient", "550 5.1.1 No such mailbox here"),
)
ARRIVED: Final = Fate(DeliveryState.DELIVERED, "", "250 2.1.5 Delivered")


def spread_fates(lives: Sequence[Life], at: datetime) -> None:
    """Mark one answer in twelve as delivered by the word of its server, and five recent last ones as gone wrong."""
    answers = [said for life in lives for said in life.steps if isinstance(said, Said) and said.kind == "reply"]
    for place, said in enumerate(answers):
        if place % 12 == 5:
            said.mail = ARRIVED
    ends = [life.steps[-1] for life in lives]
    last = [
        step
        for step in ends
        if isinstance(step, Said) and step.kind == "reply" and timedelta(days=3) < at - step.at < RECENT
    ]
    for said, fate in zip(last[:: max(1, len(last) // len(FATES))], FATES, strict=False):
        said.mail = fate
