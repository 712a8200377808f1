"""What is known of the sender: a DMARC verdict counts only when a server named as trusted gave it.

The verdict is about the From address. That it failed counts whoever is said to be the author; that it passed is told of
nobody but the one who stands there alone.

Whoever may act as a colleague by mail is decided here and nowhere else: the address of an active user, and a sender
that was verified or a source that the administrator feeds himself.
"""

from ipaddress import ip_address

from otklik.channels.email.case import Case, Facts, Stop
from otklik.channels.email.models import SenderState, Source
from otklik.core.text import normal_address


def judge_sender(case: Case, facts: Facts) -> Stop | None:
    """Set ``sender_state`` and ``agent``."""
    case.sender_state, server = sender_state(case, facts)
    if server:
        case.tell(f"sender_{case.sender_state.value}", server=server)
    else:
        case.tell("sender_unchecked")
    user = facts.agents.get(normal_address(case.author_address))
    if user is None:
        return None
    source_trusted = case.row.source in facts.trusted_sources and not case.author_claimed
    if case.sender_state == SenderState.VERIFIED or (source_trusted and case.sender_state != SenderState.FAILED):
        case.agent = user
        case.tell("agent", name=user.name)
    else:
        case.tell("agent_not_believed")
    return None


def sender_state(case: Case, facts: Facts) -> tuple[SenderState, str]:
    """Return what a trusted server said of the sender, and the server's name (empty when nobody may be believed)."""
    trusted = facts.rules[case.channel.pk].trusted_authserv if case.channel.pk in facts.rules else frozenset()
    results = case.mail.auth
    if not trusted or not results:
        return SenderState.UNCHECKED, ""
    if case.row.source == Source.SMTP and not _from_relay(case, facts):
        return SenderState.UNCHECKED, ""
    # a sender can write such headers himself; only the topmost is the receiving server's own
    verdict = results[0]
    if verdict.authserv_id.lower() not in trusted:
        return SenderState.UNCHECKED, ""
    if verdict.dmarc == "fail":
        return SenderState.FAILED, verdict.authserv_id
    domain = case.author_address.rpartition("@")[2]
    if verdict.dmarc == "pass" and verdict.from_domain.lower() in {"", domain} and not case.author_claimed:
        return SenderState.VERIFIED, verdict.authserv_id
    return SenderState.UNCHECKED, ""


def _from_relay(case: Case, facts: Facts) -> bool:
    try:
        peer = ip_address(str(case.row.envelope.get("peer") or ""))
    except ValueError:
        return False
    return any(peer.version == network.version and peer in network for network in facts.trusted_relays)
