"""E-mail as a channel: what it can do, how its connections are tested, how one message is handed to a server.

The queue of outgoing mail (``outbox``) and the services that receive drive their own loops; this is the contract's view
of the same servers, for everything that asks for a channel by what it can do.
"""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from otklik.channels.base import Capability, ChannelAdapter, CheckReport, Finding, Receipt, SendError
from otklik.channels.email import mailbox
from otklik.channels.email.client import SmtpClient
from otklik.channels.email.mailbox import MailboxConfig
from otklik.channels.email.outbox.servers import read_servers
from otklik.channels.email.probe.client import probe_mailbox
from otklik.channels.email.probe.report import BAD, LATER, text, title
from otklik.channels.email.smtp_answers import Doubt, Passing, Refused
from otklik.channels.registry import register


@register
class EmailAdapter(ChannelAdapter):
    """A mailbox: receives by IMAP or by our own receiver, sends by SMTP."""

    kind: ClassVar[str] = "email"
    label: ClassVar[Any] = _("E-mail")
    icon: ClassVar[str] = "mail"
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {Capability.RECEIVES, Capability.SENDS, Capability.ATTACHMENTS}
    )

    @classmethod
    def settings_of(cls, connection: Any) -> MailboxConfig:
        """Return the settings of a mailbox with its passwords opened."""
        return mailbox.read(connection)

    def check(self) -> CheckReport:
        """Test both ways of the mailbox, step by step."""
        report = probe_mailbox(self.settings, self.channel.address, read_servers().common)
        return CheckReport(
            tuple(
                Finding(step.part, step.state not in {BAD, LATER}, title(step), text(step), step.response)
                for step in report.steps
            )
        )

    def send(self, outgoing: Any) -> Receipt:
        """Hand ``(sender, recipient, bytes)`` to the server of the mailbox, or of the installation.

        Raises ``SendError``: permanent when the server refused for good or there is no server to ask.
        """
        sender, recipient, data = outgoing
        server = self.settings.smtp or read_servers().common
        if server is None:
            raise SendError("There is no server for sending mail yet.", retry_after=60, code="no_server")
        client = SmtpClient(server)
        try:
            return Receipt(response=client.send(sender, recipient, data))
        except Refused as error:
            raise SendError(
                "The server refused the mail.", permanent=True, code=error.code, response=error.response
            ) from error
        except (Passing, Doubt) as error:
            raise SendError("The mail did not go out.", code=error.code, response=error.response) from error
        finally:
            client.close()
