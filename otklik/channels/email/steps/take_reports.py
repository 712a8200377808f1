"""Reports of mail servers: bounces, read receipts, complaints. They are never messages of a person.

What only reads like a bounce and is about no mail of ours is a mail like any other: nobody answers it, but it is seen.
"""

from otklik.channels.email.case import Case, Facts, Stop
from otklik.channels.email.models import InboundState
from otklik.core.text import normal_address

REPORTS = frozenset({"bounce", "receipt", "complaint"})
"""What a server reports, which is also the reason it ends with."""


def take_reports(case: Case, facts: Facts) -> Stop | None:
    """End reports: as ``message`` when they speak of a request, else ``ignored``. Writing applies their effect."""
    kind = case.mail.kind
    if kind not in REPORTS or not _is_report(case, facts):
        return None
    case.report = kind
    ticket = next(
        (facts.tickets[number] for by, number in case.candidates if _tied(by) and number in facts.tickets), None
    )
    if ticket is None:
        ticket = next((facts.sides[number].ticket for number in case.sides if number in facts.sides), None)
    if ticket is not None:
        return Stop(InboundState.MESSAGE, kind, ticket)
    return Stop(InboundState.IGNORED, kind)


def _is_report(case: Case, facts: Facts) -> bool:
    """Tell whether it is a report beyond doubt; one in prose needs a mail of ours."""
    bounce = case.mail.bounce
    if bounce is None or not bounce.prose or case.row.pk in facts.reported:
        return True
    if normal_address(case.author_address) in facts.own_addresses:
        return True
    return bool(case.sides) or any(_tied(by) for by, _number in case.candidates)


def _tied(by: str) -> bool:
    """A report is tied by our own signatures only: its sender is nobody we know."""
    return by in {"plus_address", "our_id", "reported_id"}
