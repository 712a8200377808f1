"""What happens in the mail channel, by direction."""

from otklik.channels.email.events import inbound, outgoing
from otklik.channels.email.events.archives import MailArchiveEnded, MailArchiveStarted

__all__ = ["MailArchiveEnded", "MailArchiveStarted", "inbound", "outgoing"]
