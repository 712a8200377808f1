"""Business settings of mail."""

from ipaddress import ip_network

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from otklik.core.errors import Invalid
from otklik.core.settings_store import Setting, declare

REPEAT_UNCERTAIN = "mail_repeat_uncertain"

declare(
    Setting(
        key=REPEAT_UNCERTAIN,
        type=bool,
        default=True,
        label=_("Send a mail once more when nobody knows whether it went out"),
        group="mail",
        help=_(
            "When the connection breaks at the last moment, the same mail is sent once more and may arrive twice. "
            "Switched off, such a mail waits in the outbox for a decision."
        ),
    )
)


def check_networks(values: list[str]) -> None:
    """Refuse what is no network or address."""
    for value in values:
        try:
            ip_network(value, strict=False)
        except ValueError:
            raise Invalid(_("“%(value)s” is no network.") % {"value": value[:60]}) from None


declare(
    Setting(
        key="mail_most_size_mb",
        type=int,
        default=25,
        minimum=1,
        maximum=200,
        group="mail",
        label=_("Largest incoming mail, MB"),
        help=_("Larger mails are refused by the receiver and left on the IMAP server; both are told."),
    ),
    Setting(
        key="mail_trusted_relays",
        type=list,
        default=["127.0.0.0/8", "::1"],
        group="mail",
        label=_("Mail servers before our receiver"),
        help=_(
            "Networks of the mail servers that hand mail over to the receiver. The sender check of a server named in "
            "a mailbox's settings counts only for mail that comes from one of them."
        ),
        check=check_networks,
    ),
    Setting(
        key="mail_trusted_sources",
        type=str,
        default="file",
        choices=(
            ("none", pgettext_lazy("is believed", "Nobody")),
            ("file", _("Imported files")),
            ("pipe", _("Imported files and the pipe")),
        ),
        group="mail",
        label=_("Colleagues are believed without a sender check"),
        help=_("Mail from a colleague's address acts as his only when its sender was checked, or came this way."),
    ),
)

RAW_DAYS = "mail_raw_days"

declare(
    Setting(
        key=RAW_DAYS,
        type=int,
        default=180,
        minimum=0,
        maximum=3650,
        group="mail",
        label=_("Keep the raw source of finished mails, days"),
        help=_(
            "After so many days the raw bytes go; the message, its files and its line in the ledger with all sums "
            "stay. Held and failed mails keep their source. 0 keeps everything for ever."
        ),
    )
)
