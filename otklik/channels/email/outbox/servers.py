"""Which server sends for which mailbox: its own, else the one of the installation."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.conf import settings

from otklik.channels.email import mailbox
from otklik.channels.email.mailbox import BadUrl, Server, parse_url
from otklik.channels.models import Connection
from otklik.core.cached import kept_for
from otklik.core.secrets import SecretUnreadable


@dataclass(frozen=True, slots=True)
class Servers:
    """The servers as they were set when this was read; ``trouble`` names why there is no common one."""

    common: Server | None
    own: dict[int, Server] = field(default_factory=dict)
    trouble: str = "no_server"

    def of(self, channel_id: int | None) -> Server | None:
        """Return the server that sends for a channel."""
        return self.own.get(channel_id, self.common) if channel_id is not None else self.common

    def group(self, channel_ids: Iterable[int | None]) -> dict[Server, list[int | None]]:
        """Sort channels by the server that sends for them; those without one are left out."""
        groups: dict[Server, list[int | None]] = {}
        for channel_id in channel_ids:
            if server := self.of(channel_id):
                groups.setdefault(server, []).append(channel_id)
        return groups


def read_servers() -> Servers:
    """Read the settings of all mailboxes and of the installation (one statement). Never raises for bad settings."""
    own: dict[int, Server] = {}
    for connection in Connection.objects.filter(channel__kind="email").only("channel_id", "config", "secret"):
        try:
            server = mailbox.read(connection).smtp
        except (SecretUnreadable, ValueError):
            # a password sealed with a lost key: the sign-in fails and says so
            config, _secret = connection.config, ""
            server = mailbox.read(Connection(config=config, secret="")).smtp
        if server is not None:
            own[connection.channel_id] = server
    try:
        return Servers(parse_url(settings.SMTP_URL), own)
    except BadUrl:
        return Servers(None, own, "bad_url")


KEPT = "mail.servers"
"""The group of ``core.cached`` to forget when the settings of a mailbox change."""


@dataclass(frozen=True, slots=True)
class WaysOut:
    """Whether mail can leave, without any password: what pages ask on every view."""

    common: bool
    own: frozenset[int]
    trouble: str

    def trouble_of(self, channel_id: int | None) -> str:
        """Return why mail of a channel cannot leave (``no_server``, ``bad_url``), or nothing when it can."""
        return "" if self.common or channel_id in self.own else self.trouble


@kept_for(30, KEPT)
def ways_out() -> WaysOut:
    """Return whether mail can leave as it was at most half a minute ago (no statement while it is kept)."""
    servers = read_servers()
    return WaysOut(servers.common is not None, frozenset(servers.own), servers.trouble)
