"""Which delivery reports in prose are about mail of ours: a postmaster may as well be a person who lost a parcel."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from otklik.channels.email.case import Case
from otklik.channels.email.models import Delivery, Outgoing
from otklik.channels.email.parse.model import Bounce
from otklik.core.text import normal_address

WRITTEN_LATELY: Final = timedelta(days=5)
_LONGEST_ID: Final = 400


def about_our_mail(cases: Sequence[Case], at: datetime) -> frozenset[int]:
    """Return the ids of the inbound rows whose report in prose returns an id of ours, or names whom we wrote to lately.

    Two statements, only for mail that holds such a report.
    """
    told = {case.row.pk: (case.channel.pk, case.mail.bounce) for case in cases if _in_prose(case.mail.bounce)}
    if not told:
        return frozenset()
    bounces = [bounce for _channel, bounce in told.values() if bounce is not None]
    ids = {form for bounce in bounces for form in _forms(bounce.original_message_id)}
    sent = set(Outgoing.objects.filter(message_id__in=ids).values_list("message_id", flat=True)) if ids else set()
    written = set(
        Delivery.objects.filter(
            address_key__in={key for bounce in bounces for key in _keys(bounce)},
            first_queued_at__gt=at - WRITTEN_LATELY,
        ).values_list("channel_id", "address_key")
    )
    return frozenset(
        pk
        for pk, (channel, bounce) in told.items()
        if bounce is not None
        and (sent & _forms(bounce.original_message_id) or any((channel, key) in written for key in _keys(bounce)))
    )


def _in_prose(bounce: Bounce | None) -> bool:
    return bounce is not None and bounce.prose


def _forms(message_id: str | None) -> set[str]:
    """Gateways change the case of what they return and drop the brackets."""
    bare = (message_id or "").strip().strip("<>")
    return {f"<{bare}>", f"<{bare.lower()}>"} if 0 < len(bare) < _LONGEST_ID - 10 else set()


def _keys(bounce: Bounce) -> set[str]:
    found = {item.address for item in bounce.recipients} | {item.final_address for item in bounce.recipients}
    return {normal_address(address) for address in found if address}
