"""What a connection test found: plain values that are kept as JSON and worded when they are shown."""

from dataclasses import asdict, dataclass, field
from typing import Any, Final

from django.utils.formats import number_format
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

OK, BAD, LATER, WARN = "ok", "bad", "later", "warn"


@dataclass(slots=True)
class Step:
    """One step: ``part`` is imap, smtp or inlet; ``code`` says what happened, ``facts`` fill its text."""

    part: str
    code: str
    state: str = OK
    facts: dict[str, str] = field(default_factory=dict)
    response: str = ""
    seconds: float = 0.0


@dataclass(slots=True)
class Report:
    """All steps of one test, in order."""

    steps: list[Step] = field(default_factory=list)
    seconds: float = 0.0

    def ok(self, part: str) -> bool:
        """Tell whether a part was tested and nothing in it is wrong."""
        mine = [step for step in self.steps if step.part == part]
        return bool(mine) and all(step.state not in {BAD, LATER} for step in mine)

    def failure(self, part: str = "") -> Step | None:
        """Return the first step that failed, of a part or of all."""
        return next((step for step in self.steps if step.state == BAD and part in {"", step.part}), None)

    def dump(self) -> dict[str, Any]:
        """Return the report as JSON."""
        return asdict(self)

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Report":
        """Read what ``dump`` wrote."""
        return cls([Step(**step) for step in data.get("steps", [])], float(data.get("seconds", 0)))


TITLES: Final[dict[str, Any]] = {
    "found": _("Server found"),
    "encrypted": _("Connection encrypted"),
    "plain": _("Connection not encrypted"),
    "signed_in": _("Signed in"),
    "folder": _("The folder opens"),
    "sends": _("The server sends for this address"),
    "inlet": _("Mail arrives by our own receiver"),
    "no_sending": _("No server for sending"),
    "no_host": _("Server not found: there is no such name"),
    "address": _("This address is not allowed for a mail server"),
    "unreachable": _("The server does not answer"),
    "no_mail_server": _("No mail server that can be used answers there"),
    "garbage": _("What answers there is no mail server"),
    "tls": _("The connection could not be encrypted safely"),
    "no_starttls": _("The server offers no encryption on this port"),
    "password": _("The server refused: the password did not fit"),
    "login_off": _("The server takes no sign-in by password"),
    "oauth_refused": _("The provider does not let Otklik in"),
    "oauth_unreachable": _("The provider gave no access token"),
    "login_letters": _("The server cannot take this user name or password"),
    "no_folder": _("There is no such folder"),
    "sender_refused": _("The server does not send for this address"),
    "busy": _("The server is busy now"),
    "slow": _("The server answers too slowly"),
    "broke": _("The connection broke"),
    "unreadable": _("The kept password cannot be read"),
}
_TEXTS: Final[dict[str, Any]] = {
    "found": "%(host)s",
    "encrypted": _("%(protocol)s, certificate valid until %(until)s"),
    "plain": _("Password and mail travel open: choose this for a server in your own network only"),
    "signed_in": "%(user)s",
    "folder": _("%(folder)s, mails in it: %(count)s"),
    "sends": _("%(address)s by %(host)s"),
    "inlet": _("Have mail for %(address)s delivered to the receiver of this installation"),
    "no_sending": _("Answers wait in the outbox until a sending server is entered here or for the whole installation"),
    "no_host": _("Check the name: %(host)s"),
    "address": _("%(host)s: the name must lead to a public server or to one of your own network"),
    "unreachable": _("%(host)s: the port is closed, or a firewall stands between"),
    "no_mail_server": _(
        "%(host)s: the port is closed, something else answers there, or its certificate does not fit the name"
    ),
    "garbage": _("%(host)s: check the port and the kind of encryption"),
    "tls": _("%(host)s: the certificate does not fit the name, is out of date, or is not trusted"),
    "no_starttls": _("%(host)s: choose TLS and its usual port"),
    "password": _("The rest is tested once the sign-in works"),
    "login_off": _("The rest is tested once the sign-in works"),
    "oauth_refused": _("Sign in at the provider again; check the client and its secret"),
    "oauth_unreachable": _("Test again in some minutes; check the address for tokens"),
    "login_letters": _("Letters outside Latin are not possible there"),
    "no_folder": _("Check the name of the folder: %(folder)s"),
    "sender_refused": _("The user must be allowed to send from %(address)s"),
    "busy": _("Test again in some minutes"),
    "slow": _("%(host)s: test again; if it stays so, ask the operator of the server"),
    "broke": _("%(host)s: test again"),
    "unreadable": _("The secret key of the installation has changed: enter the password anew"),
}
LATER_TITLES: Final[dict[str, Any]] = {
    "signed_in": pgettext_lazy("connection test", "Sign in"),
    "folder": _("Open the folder"),
    "sends": _("Try sending"),
}


def title(step: Step) -> str:
    """Return what happened, as the line of the step."""
    if step.state == LATER:
        return str(LATER_TITLES.get(step.code, TITLES["broke"]))
    return str(TITLES.get(step.code, TITLES["broke"]))


def text(step: Step) -> str:
    """Return the small print of a step."""
    if step.state == LATER:
        return ""
    facts = {
        "host": "",
        "folder": "",
        "count": "",
        "address": "",
        "user": "",
        "protocol": "",
        "until": "",
        **step.facts,
    }
    return str(_TEXTS.get(step.code, _TEXTS["broke"])) % facts


def shown_seconds(seconds: float) -> str:
    """Return a duration with its unit."""
    return gettext("%(seconds)s s") % {"seconds": number_format(max(seconds, 0.1), decimal_pos=1)}
