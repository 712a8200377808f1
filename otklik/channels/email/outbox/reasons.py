"""Why a mail is not out yet, in plain words: a fixed text for every code, what happened first, then what to do."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

REPORTED: Final = "reported"
"""The code of a mail that is out, and of which a report that proves nothing says that it came back."""
ARRIVED: Final = "arrived"
"""The code of a mail of which a colleague says that it arrived, whatever reports say."""

REASONS: Final[dict[str, tuple[Any, Any]]] = {
    "no_server": (
        _("no server for outgoing mail is set"),
        _("Enter the sending server in the settings of the mailbox; the mail then leaves by itself."),
    ),
    "bad_url": (
        _("the address of the sending server cannot be understood"),
        _("Correct OTKLIK_SMTP_URL and start the desk again."),
    ),
    "unreachable": (
        _("the sending server does not answer"),
        _("Nothing needs to be done if it comes back soon: the mail is tried again by itself."),
    ),
    "address": (
        _("the address of the sending server is not allowed"),
        _("Enter a public server or one of your own network in the settings of the mailbox."),
    ),
    "no_mail_server": (
        _("no mail server that can be used answers at that address"),
        _("If it does not come back soon, check server, port and encryption in the settings of the mailbox."),
    ),
    "connection_lost": (_("the connection to the sending server broke"), _("The mail is tried again by itself.")),
    "tls": (
        _("the connection to the sending server could not be encrypted safely"),
        _("Check the name of the server and its certificate in the settings of the mailbox."),
    ),
    "no_starttls": (
        _("the sending server offers no encryption"),
        _("Choose another port or kind of encryption in the settings of the mailbox."),
    ),
    "login": (
        _("the sending server did not accept the user name or password"),
        _("Enter the password anew in the settings of the mailbox; many providers want an app password."),
    ),
    "oauth_refused": (
        _("the mail provider does not let Otklik in any more"),
        _("Sign in at the provider again in the settings of the mailbox; the mail then leaves by itself."),
    ),
    "oauth_unreachable": (_("the mail provider gave no access token"), _("The mail is tried again by itself.")),
    "garbage": (
        _("what answers at that address is no mail server, or it is out of order"),
        _("Check server and port in the settings of the mailbox."),
    ),
    "busy": (_("the sending server is busy"), _("The mail is tried again by itself.")),
    "greylisted": (_("the recipient's server asked to come back later"), _("The mail is tried again by itself.")),
    "deferred": (_("the server put the mail off"), _("The mail is tried again by itself.")),
    "unknown_recipient": (
        _("there is no such mailbox"),
        _("Check the address with the customer, by phone for example."),
    ),
    "mailbox_disabled": (_("the mailbox does not take mail any more"), _("Ask the customer for another address.")),
    "mailbox_full": (_("the mailbox is full"), _("Send it again later or reach the customer another way.")),
    "too_large": (_("the mail is too large for the server"), _("Send the files in parts or as a link.")),
    "policy": (
        _("the server took the mail for spam or forbids it by its rules"),
        _("Ask the administrator to check SPF, DKIM and DMARC of the domain."),
    ),
    "sender_refused": (
        _("the sending server does not allow this sender address"),
        _("The user of the sending server must be allowed to send from the address of the mailbox."),
    ),
    "refused": (_("the server refused the mail"), _("What the server said stands below.")),
    "needs_utf8": (
        _("the server cannot send to addresses with letters outside Latin"),
        _("Ask the customer for an address in Latin letters."),
    ),
    "bad_address": (_("this is no address that mail can be sent to"), _("Correct the address on the contact.")),
    "file_missing": (
        _("a file of the mail is not in the store any more"),
        _("Answer again with the file attached."),
    ),
    "store_away": (
        _("the store of files does not answer now"),
        _("The mail goes by itself as soon as it does; the administrator sees why under System health."),
    ),
    "broken": (_("the mail could not be put together"), _("Tell the administrator: the reason stands in the log.")),
    "lost_after_data": (
        _("the connection broke after the mail was handed over"),
        _("Ask the customer whether it arrived, or send it again: it may then arrive twice."),
    ),
    "lease_expired": (
        _("Otklik was stopped in the middle of sending"),
        _("Ask the customer whether it arrived, or send it again: it may then arrive twice."),
    ),
    "expired": (
        _("it was tried for two days without success"),
        _("Check the address and the sending server, then send it again."),
    ),
    "given_up": (_("somebody decided not to send it"), ""),
    "bounced": (_("the recipient's server sent it back"), _("What the server said stands below.")),
    REPORTED: (
        _("a mail says that it came back, but nothing in that mail proves it"),
        _("Anybody can write such a mail. Ask the recipient, then say what became of it."),
    ),
    "came_back": (_("a colleague says that it came back"), _("Send it again or reach the customer another way.")),
    "bounced_soft": (_("the recipient's server could not take it for now"), _("Send it again later.")),
}


def reason(code: str) -> str:
    """Return what happened, in the active language, beginning with a small letter; nothing for no code."""
    if not code:
        return ""
    return str(REASONS.get(code, REASONS["refused"])[0])


def advice(code: str) -> str:
    """Return what to do about it, as sentences; nothing for no code."""
    if not code:
        return ""
    return str(REASONS.get(code, REASONS["refused"])[1])


def sentence(code: str) -> str:
    """Return what happened as a sentence of its own."""
    words = reason(code)
    return words[:1].upper() + words[1:]
