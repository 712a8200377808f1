"""How a new mailbox begins: by the provider that was chosen, or by the one that its address tells."""

from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from otklik.channels.email.header_values import wire_address
from otklik.channels.email.mailbox import MailboxConfig
from otklik.channels.email.probe import hints
from otklik.channels.email.probe.client import mail_exchangers

AUTO, OTHER, RECEIVER = "auto", "other", "receiver"
CHOICES: Final = (AUTO, *(provider.key for provider in hints.PROVIDERS), OTHER, RECEIVER)


@dataclass(frozen=True, slots=True)
class Way:
    """One choice of the page: what it is and what has to be at hand for it."""

    key: str
    name: Any
    need: Any
    checked: bool


def ways(chosen: str) -> list[Way]:
    """Return the choices in their order; ``chosen`` is the one that is marked."""
    named = [
        (AUTO, _("Find out by the address"), _("The name servers of the domain tell where its mail lives.")),
        *((provider.key, provider.name, provider.need) for provider in hints.PROVIDERS),
        (OTHER, _("Another mail server"), _("The name of its IMAP server, a user name and a password")),
        (
            RECEIVER,
            _("No mailbox: mail is delivered to Otklik itself"),
            _("A rule on your mail server that hands mail for this address over to the receiver of this installation"),
        ),
    ]
    return [Way(key, name, need, key == chosen) for key, name, need in named]


def settings_for(address: str, chosen: str) -> MailboxConfig:
    """Return the settings a mailbox begins with; without a known provider it names no server yet.

    For ``AUTO`` the name servers may be asked, so never inside a transaction.
    """
    provider = hints.by_key(chosen)
    if chosen == AUTO:
        provider = hints.by_address(address)
        if provider is None:
            provider = hints.by_exchangers(mail_exchangers(wire_address(address).rpartition("@")[2]))
    return hints.settings_for(provider, address) if provider is not None else MailboxConfig()
