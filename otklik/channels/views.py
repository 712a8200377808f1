"""The directory of channels: every way in and out, what its kind can do, how it feels, and its test.

Nothing here knows a kind by name: a further one appears by registering its adapter.
"""

from dataclasses import dataclass
from typing import Any, Final, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from otklik.accounts.web import StaffRequest, permission_required
from otklik.channels import queries
from otklik.channels.base import Capability, CheckReport
from otklik.channels.health import report_of
from otklik.channels.models import Connection, Health
from otklik.channels.registry import adapters
from otklik.core.errors import Invalid, NotFound
from otklik.tickets.models import Channel, ChannelKind

ABILITIES: Final[dict[Capability, Any]] = {
    Capability.RECEIVES: _("takes requests in"),
    Capability.SENDS: _("sends answers"),
    Capability.ATTACHMENTS: _("carries files"),
    Capability.CALLS: _("makes calls"),
    Capability.TYPING: _("shows who is writing"),
}
_CHIPS: Final = {Health.OK: "chip--good", Health.FAILING: "chip--bad"}


@dataclass(frozen=True, slots=True)
class Line:
    """One channel, ready to show; ``url`` is its own page, ``testable`` tells whether its kind knows a test."""

    id: int
    name: str
    address: str
    kind: Any
    icon: str
    abilities: str
    team: str
    state: Any
    chip: str
    url: str
    testable: bool


@require_safe
@permission_required("settings.edit")
def directory(request: HttpRequest) -> HttpResponse:
    """List every channel of the directory."""
    return _page(request)


@require_POST
@permission_required("settings.edit")
def test(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Test one channel as it is set, by the adapter of its kind; nothing is written."""
    if unknown := set(request.POST) - {"csrfmiddlewaretoken"}:
        raise Invalid(_("There is no field “%(field)s”.") % {"field": min(unknown)[:40]})
    actor = cast(StaffRequest, request).actor
    rows = queries.visible_to(actor)
    connection = rows.filter(channel_id=channel_id).first() if 0 < channel_id < 2**63 else None
    report = report_of(connection) if connection is not None else None  # the network is asked outside any transaction
    if connection is None or report is None:
        raise NotFound
    return _page(request, tested=connection.channel, report=report)


def _page(request: HttpRequest, tested: Channel | None = None, report: CheckReport | None = None) -> HttpResponse:
    connections = {row.channel_id: row for row in Connection.objects.defer("secret")}
    lines = [
        _line(channel, connections.get(channel.pk)) for channel in Channel.objects.select_related("team").order_by("id")
    ]
    return render(request, "channels/directory.html", {"channels": lines, "tested": tested, "report": report})


def _line(channel: Channel, connection: Connection | None) -> Line:
    kind = adapters().get(channel.kind)
    state = _state(channel, connection, remote=kind is not None and kind.remote)
    return Line(
        id=channel.pk,
        name=channel.name,
        address=channel.address if channel.address != channel.name else "",
        kind=kind.label if kind else dict(ChannelKind.choices).get(channel.kind, channel.kind),
        icon=kind.icon if kind else "inbox",
        abilities=", ".join(str(words) for key, words in ABILITIES.items() if kind and key in kind.capabilities),
        team=channel.team.name if channel.team else "",
        state=state.label if state else _("In use"),
        chip=_CHIPS.get(state, "") if state else "",
        url=kind.settings_url(channel) if kind else "",
        testable=kind is not None and connection is not None,
    )


def _state(channel: Channel, connection: Connection | None, *, remote: bool) -> Health | None:
    """Return how a channel feels; None for one that needs no server, such as calls entered by hand."""
    if not channel.enabled or (connection is not None and not connection.enabled):
        return Health.OFF
    return Health(connection.state) if connection is not None and remote else None
