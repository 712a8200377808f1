"""What a connection test found: plain values that are kept as JSON and worded when they are shown."""

from dataclasses import asdict, dataclass, field
from typing import Any, Final

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

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
    "found": _l("Server found"),
    "encrypted": _l("Connection encrypted"),
    "plain": _l("Connection not encrypted"),
    "signed_in": _l("Signed in"),
    "folder": _l("The folder opens"),
    "sends": _l("The server sends for this address"),
    "inlet": _l("Mail arrives by our own receiver"),
    "no_sending": _l("No server for sending"),
    "no_host": _l("Server not found: there is no such name"),
    "unreachable": _l("The server does not answer"),
    "no_mail_server": _l("No mail server that can be used answers there"),
    "garbage": _l("What answers there is no mail server"),
    "tls": _l("The connection could not be encrypted safely"),
    "no_starttls": _l("The server offers no encryption on this port"),
    "password": _l("The server refused: the password did not fit"),
    "login_off": _l("The server takes no sign-in by password"),
    "login_letters": _l("The server cannot take this user name or password"),
    "no_folder": _l("There is no such folder"),
    "sender_refused": _l("The server does not send for this address"),
    "busy": _l("The server is busy now"),
    "slow": _l("The server answers too slowly"),
    "broke": _l("The connection broke"),
    "unreadable": _l("The kept password cannot be read"),
}
_TEXTS: Final[dict[str, Any]] = {
    "found": _l("%(host)s"),
    "encrypted": _l("%(protocol)s, certificate valid until %(until)s"),
    "plain": _l("Password and mail travel open: choose this for a server in your own network only"),
    "signed_in": _l("%(user)s"),
    "folder": _l("%(folder)s, mails in it: %(count)s"),
    "sends": _l("%(address)s by %(host)s"),
    "inlet": _l("Have mail for %(address)s delivered to the receiver of this installation"),
    "no_sending": _l("Answers wait in the outbox until a sending server is entered here or for the whole installation"),
    "no_host": _l("Check the name: %(host)s"),
    "unreachable": _l("%(host)s: the port is closed, or a firewall stands between"),
    "no_mail_server": _l(
        "%(host)s: the port is closed, something else answers there, or its certificate does not fit the name"
    ),
    "garbage": _l("%(host)s: check the port and the kind of encryption"),
    "tls": _l("%(host)s: the certificate does not fit the name, is out of date, or is not trusted"),
    "no_starttls": _l("%(host)s: choose TLS and its usual port"),
    "password": _l("The rest is tested once the sign-in works"),
    "login_off": _l("The rest is tested once the sign-in works"),
    "login_letters": _l("Letters outside Latin are not possible there"),
    "no_folder": _l("Check the name of the folder: %(folder)s"),
    "sender_refused": _l("The user must be allowed to send from %(address)s"),
    "busy": _l("Test again in some minutes"),
    "slow": _l("%(host)s: test again; if it stays so, ask the operator of the server"),
    "broke": _l("%(host)s: test again"),
    "unreadable": _l("The secret key of the installation has changed: enter the password anew"),
}
LATER_TITLES: Final[dict[str, Any]] = {
    "signed_in": _l("Sign in"),
    "folder": _l("Open the folder"),
    "sends": _l("Try sending"),
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
    return _("%(seconds)s s") % {"seconds": number_format(seconds, decimal_pos=1)}
