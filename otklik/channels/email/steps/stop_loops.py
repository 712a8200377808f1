"""Brakes against mail that runs in circles: our own mark, too many hops, ourselves as the sender."""

from otklik.channels.email.case import Case, Facts, Stop
from otklik.channels.email.models import InboundState
from otklik.core.text import normal_address

MOST_HOPS = 50


def stop_loops(case: Case, facts: Facts) -> Stop | None:
    """Ignore what this installation sent itself and what has been through fifty servers."""
    if facts.loop_id in {mark.strip().lower() for mark in case.mail.loop_ids}:
        return Stop(InboundState.IGNORED, "loop_own_mail")
    if case.mail.received >= MOST_HOPS:
        return Stop(InboundState.IGNORED, "loop_hops")
    if normal_address(case.author_address) in facts.own_addresses and case.mail.kind != "bounce":
        return Stop(InboundState.IGNORED, "loop_own_address")
    return None
