"""E-mail as a kind of channel: the contract that every kind fulfils, in terms of what stands beside this module."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from otklik.channels.base import Capability, ChannelAdapter, CheckReport, Finding, Receipt, SendError
from otklik.channels.email import mailbox, smtp_answers
from otklik.channels.email.client import SmtpClient
from otklik.channels.email.header_values import BadAddress, wire_address
from otklik.channels.email.mailbox import MailboxConfig
from otklik.channels.email.models import Delivery
from otklik.channels.email.outbox.assemble import FileMissing, bytes_of
from otklik.channels.email.outbox.reasons import sentence
from otklik.channels.email.outbox.servers import read_servers
from otklik.channels.email.probe import hints
from otklik.channels.email.probe import report as reports
from otklik.channels.email.probe.client import probe_mailbox
from otklik.channels.email.setting_words import WORDS
from otklik.channels.registry import register
from otklik.core.change_words import Words


@register
class EmailAdapter(ChannelAdapter):
    """A mailbox. Mail comes in by the services (receiver, IMAP), which store it before anything else; so ``poll`` has
    nothing to give. ``send`` is one attempt; the outbox does the rest: leases, repeats, doubts."""

    kind: ClassVar[str] = "email"
    label: ClassVar[Any] = _("E-mail")
    icon: ClassVar[str] = "mail"
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {Capability.RECEIVES, Capability.SENDS, Capability.ATTACHMENTS}
    )
    words: ClassVar[Mapping[str, Words]] = WORDS
    settings: MailboxConfig

    @classmethod
    def settings_of(cls, connection: Any) -> MailboxConfig:
        """Return the mailbox's settings."""
        return mailbox.read(connection)

    @classmethod
    def settings_url(cls, channel: Any) -> str:
        """Return the page of the mailbox."""
        return reverse("email:mailbox", args=[channel.pk])

    def check(self) -> CheckReport:
        """Test the way in and the way out, step by step."""
        found = probe_mailbox(self.settings, self.channel.address, read_servers().common)
        return CheckReport(tuple(self._finding(step) for step in found.steps if step.state != reports.LATER))

    def _finding(self, step: reports.Step) -> Finding:
        """Word a step; where a known provider refused the sign-in, the way to a password that works is the advice."""
        part = str(_("Sending") if step.part == "smtp" else _("Receiving"))
        server = self.settings.smtp if step.part == "smtp" else self.settings.imap
        provider = hints.by_host(server.host) if server and step.code in {"password", "login_off"} else None
        advice = " ".join(map(str, (provider.why, *provider.steps))) if provider else reports.text(step)
        return Finding(
            part, step.state != reports.BAD, reports.title(step), advice, step.response,
            doubtful=step.state == reports.WARN,
        )  # fmt: skip

    def send(self, outgoing: Delivery) -> Receipt:
        """Make one attempt for one recipient; a doubtful outcome is a passing error with the code of the doubt."""
        server = self.settings.smtp or read_servers().common
        if server is None:
            raise SendError(sentence("no_server"), code="no_server")
        client = SmtpClient(server)
        try:
            mail = outgoing.outgoing
            sender = wire_address(mail.envelope_from) if mail.envelope_from else ""
            response = client.send(sender, wire_address(outgoing.recipient), bytes_of(mail))
        except smtp_answers.SendError as error:
            permanent = isinstance(error, smtp_answers.Refused)
            raise SendError(
                sentence(error.code), permanent=permanent, code=error.code, response=error.response
            ) from error
        except BadAddress as error:
            raise SendError(sentence("bad_address"), permanent=True, code="bad_address") from error
        except FileMissing as error:
            raise SendError(sentence("file_missing"), permanent=True, code="file_missing") from error
        finally:
            client.close()
        return Receipt(external_id=mail.message_id, response=response)
