"""What is the same for every mail for a moment: channels, our own addresses, the rules of mailboxes, settings."""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from otklik.channels.email import mailbox
from otklik.channels.email.case import Facts, MailboxRules
from otklik.channels.email.keys import loop_id, thread_key
from otklik.channels.models import Connection
from otklik.core.cached import forget, kept_for
from otklik.core.clock import now
from otklik.core.settings_store import get
from otklik.core.text import normal_address
from otklik.tickets.models import Channel
from otklik.tickets.queries.directories import spam_domains

_SOURCES: Final = {"none": frozenset(), "file": frozenset({"file"}), "pipe": frozenset({"file", "pipe"})}


@kept_for(5.0, "mail channels")
def channels() -> dict[int, Channel]:
    """Return all channels by id, kept for a moment."""
    return {channel.pk: channel for channel in Channel.objects.select_related("team")}


def channel_of(channel_id: int) -> Channel:
    """Return a channel; one that is not known yet is looked for again."""
    if channel_id not in channels():
        forget("mail channels")
    return channels()[channel_id]


def mail_channels() -> list[int]:
    """Return the ids of the channels that mail comes to, switched off or not."""
    return [channel.pk for channel in channels().values() if channel.kind == "email"]


@kept_for(5.0, "mail channels")
def own_addresses() -> frozenset[str]:
    """Return the addresses of our own mailboxes, switched off or not."""
    return frozenset(normal_address(channel.address) for channel in channels().values() if channel.address)


def rules() -> dict[int, MailboxRules]:
    """Return what the settings of each connected mailbox say to intake, kept for a moment."""
    return _rules()[0]


@kept_for(5.0, "mail channels")
def _rules() -> tuple[dict[int, MailboxRules]]:
    found: dict[int, MailboxRules] = {}
    for row in Connection.objects.filter(channel__kind="email"):
        settings = mailbox.read(row)
        found[row.channel_id] = MailboxRules(
            trusted_authserv=frozenset(name.strip().lower() for name in settings.trusted_authserv),
            confirmation=settings.confirmation,
            confirmation_subject=settings.confirmation_subject,
            confirmation_text=settings.confirmation_text,
        )
    return (found,)


@lru_cache(maxsize=8)
def _networks(texts: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(text, strict=False) for text in texts)


def empty_facts() -> Facts:
    """Return facts with what is the same for every mail."""
    return Facts(
        now=now(),
        own_addresses=own_addresses(),
        thread_key=thread_key(),
        loop_id=loop_id(),
        rules=rules(),
        trusted_relays=_networks(tuple(get("mail_trusted_relays"))),
        trusted_sources=_SOURCES[str(get("mail_trusted_sources"))],
        spam_domains=spam_domains()[0],
    )
