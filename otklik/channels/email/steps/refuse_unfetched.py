"""Mails that stayed on the IMAP server: too large for us, or not to be had. Their place here says so."""

from otklik.channels.email.case import Case, Facts, Stop
from otklik.channels.email.models import InboundState


def refuse_unfetched(case: Case, facts: Facts) -> Stop | None:
    """Hold what is too large (its header is shown), fail what the server could not give."""
    if case.row.envelope.get("oversize"):
        case.tell("oversize", size=case.row.envelope.get("size", 0))
        return Stop(InboundState.QUARANTINED, "too_large")
    if case.row.envelope.get("unfetched"):
        case.tell("unfetched", why=str(case.row.envelope["unfetched"]))
        return Stop(InboundState.FAILED, "not_fetched")
    return None
