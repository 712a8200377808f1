"""How the change log calls the settings of a mailbox, and how it reads their values; secrets are no part of them."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from otklik.channels.email import mailbox, oauth
from otklik.channels.email.probe import hints
from otklik.core.change_words import Words, choice

_SECURITY: Final = {
    mailbox.TLS: "TLS",
    mailbox.STARTTLS: "STARTTLS",
    mailbox.PLAIN: gettext_lazy("without encryption"),
}


def _server(value: Any) -> str:
    if not isinstance(value, Mapping) or not value.get("host"):
        return ""
    parts = (f"{value['host']}:{value.get('port')}", _SECURITY.get(str(value.get("security")), ""), value.get("user"))
    return ", ".join(str(part) for part in parts if part)


def _oauth(value: Any) -> str:
    if not isinstance(value, Mapping):
        return _("by user name and password")
    provider = hints.by_key(str(value.get("provider")))
    name = provider.name if provider else value.get("token_url") or oauth.OTHER
    return ", ".join(str(part) for part in (name, value.get("tenant"), value.get("client_id")) if part)


WORDS: Final[Mapping[str, Words]] = {
    "imap": Words(gettext_lazy("Server for incoming mail"), _server),
    "smtp": Words(gettext_lazy("Server for outgoing mail"), _server),
    "oauth": Words(gettext_lazy("How Otklik signs in"), _oauth),
    "folder": Words(gettext_lazy("Folder")),
    "after_import": Words(
        gettext_lazy("After receiving"),
        choice(
            {
                mailbox.KEEP: gettext_lazy("Leave mails as they are"),
                mailbox.SEEN: gettext_lazy("Mark them as read"),
                mailbox.MOVE: gettext_lazy("Move them to a folder"),
                mailbox.DELETE: gettext_lazy("Delete them after some days"),
            }
        ),
    ),
    "move_to": Words(gettext_lazy("Folder to move to")),
    "delete_after_days": Words(gettext_lazy("Delete after, days")),
    "trusted_authserv": Words(gettext_lazy("Servers whose checks of senders are trusted")),
    "confirmation": Words(gettext_lazy("Confirm the receipt of new requests")),
    "confirmation_subject": Words(gettext_lazy("Subject of the confirmation")),
    "confirmation_text": Words(gettext_lazy("Text of the confirmation")),
    "quote_history": Words(gettext_lazy("Quote the customer’s mail below the answer")),
    "from_name": Words(
        gettext_lazy("Answers come from"),
        choice(
            {
                mailbox.FROM_AGENT: gettext_lazy("the person who answers"),
                mailbox.FROM_CHANNEL: gettext_lazy("the mailbox"),
            }
        ),
    ),
}
