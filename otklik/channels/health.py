"""The live check of `otklik check`: every channel in use is tested by its own adapter, whatever its kind."""

import time
from collections.abc import Iterator
from typing import Any, Final

from django.utils.translation import gettext as _

from otklik.channels.base import CheckReport, Finding
from otklik.channels.models import Connection
from otklik.channels.registry import adapter_class
from otklik.core import health

TIME: Final = 60.0
"""Seconds for all channels together; one adapter ends by itself within its own time."""


def report_of(connection: Connection) -> CheckReport | None:
    """Return what the adapter of a channel finds now; None for a kind without one. Asks the network, never raises."""
    kind = adapter_class(connection.channel.kind)
    if kind is None:
        return None
    try:
        return kind(connection.channel, kind.settings_of(connection)).check()
    except Exception as error:  # a secret sealed with a lost key, a fault of one adapter: the others are still tested
        what = _("The test itself failed: %(error)s.") % {"error": type(error).__name__}
        return CheckReport((Finding("", False, what, _("Open the settings of the channel and save them anew.")),))


def live() -> Iterator[health.Finding]:
    """Test every channel in use, as far as the time allows."""
    rows = Connection.objects.select_related("channel").filter(enabled=True, channel__enabled=True).order_by("id")
    until = time.monotonic() + TIME
    for connection in list(rows):
        name = connection.channel.address or connection.channel.name
        if time.monotonic() >= until:
            yield health.Finding(
                "warning", _("%(channel)s: not tested, the time is over.") % {"channel": name},
                _("Test it on its own page in the settings."),
            )  # fmt: skip
            continue
        report = report_of(connection)
        if report is None:
            continue
        worth = [finding for finding in report.findings if not finding.ok or finding.doubtful]
        for finding in worth:
            yield _told(name, finding)
        if not worth:
            yield health.Finding("ok", _("%(channel)s: tested just now, it works.") % {"channel": name})


def _told(name: str, finding: Any) -> health.Finding:
    text, advice = str(finding.text), str(finding.advice)
    remedy = f"{advice.rstrip('.')}." if advice else _("Open the channel in the settings and test it there.")
    return health.Finding("warning" if finding.ok else "error", f"{name}: {text.rstrip('.')}.", remedy)


health.register_live_check("channels", live)
