"""What happens in the mail channel, by direction."""

from otklik.channels.email.events import inbound, outgoing

__all__ = ["inbound", "outgoing"]
