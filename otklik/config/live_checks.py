"""The live checks of `otklik check` that belong to no room's channel: the provider of sign-in, and push.

They ask other servers, within seconds and by the guarded client, and change nothing.
"""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from otklik.core import http
from otklik.core.addresses import AddressRefused
from otklik.core.errors import Invalid
from otklik.core.health import Finding, Level, register_live_check

SECONDS: Final = 6.0
_MOST_SERVERS: Final = 5
_LEVELS: Final[dict[str, Level]] = {"good": "ok", "warn": "warning", "bad": "error"}


def sign_in_provider() -> Iterator[Finding]:
    """Ask the provider of sign-in as its page of settings does; silent on a desk without one."""
    from otklik.accounts.provider import config, probe

    if (provider := config.in_use()) is None:
        return
    advice = _("Open the sign-in through a provider in the settings: its test says more.")
    for step in probe.probe(provider):
        level = _LEVELS[step.state]
        yield Finding(level, step.text, "" if level == "ok" else advice)


def push() -> Iterator[Finding]:
    """See whether browsers may subscribe and whether the servers of their makers can be reached."""
    from otklik.notifications.client import public_key
    from otklik.notifications.models import Browser

    rows = list(Browser.objects.values_list("endpoint", "last_error").order_by("id")[:5000])
    if not settings.BASE_URL.startswith("https://") and rows:
        yield Finding(
            "warning",
            _("Browsers take push messages of an encrypted desk only."),
            _("Set OTKLIK_BASE_URL to an address that begins with https://."),
        )
    if not rows:
        return
    public_key()
    servers = sorted({_server(endpoint) for endpoint, _error in rows} - {""})
    away = [server for server in servers[:_MOST_SERVERS] if not _answers(server)]
    for server in away:
        yield Finding(
            "error",
            _("The push server %(server)s cannot be reached.") % {"server": server},
            _("Let the desk connect to it: look at the firewall and the name servers of this machine."),
        )
    failing = sum(1 for _endpoint, error in rows if error)
    if failing:
        yield Finding(
            "warning",
            _("Browsers whose last push message failed: %(count)s.") % {"count": failing},
            _("Those people switch push off and on again in their notifications."),
        )
    if not away and not failing:
        yield Finding("ok", _("Push: the servers of the browsers can be reached."))


def _server(endpoint: str) -> str:
    try:
        parts = urlsplit(endpoint)
        return f"{parts.scheme}://{parts.netloc}" if parts.hostname else ""
    except ValueError:
        return ""


def _answers(server: str) -> bool:
    """Tell whether a server answers at all; whatever it says to a bare question is an answer."""
    try:
        http.request("GET", f"{server}/", timeout=SECONDS, max_bytes=256 * 1024)
    except http.HttpError as error:
        return error.reason in {"too-large", "bad-answer"}
    except (AddressRefused, Invalid):
        return False
    return True


register_live_check("sign-in", sign_in_provider)
register_live_check("push", push)
