"""Settings of mailboxes: the list, a new one, one with its connection test."""

from typing import Any, cast

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from otklik.accounts.queries import teams
from otklik.accounts.web import StaffRequest, permission_required
from otklik.channels.email import forms, presenters
from otklik.channels.email.actions import mailboxes as actions
from otklik.channels.email.actions.mailboxes import MailboxFacts
from otklik.channels.email.mailbox import MailboxConfig
from otklik.channels.email.models import Delivery, MailboxCheck
from otklik.channels.email.outbox.servers import read_servers
from otklik.channels.email.probe import hints, starting
from otklik.channels.email.probe.client import probe_mailbox
from otklik.channels.email.views.consent import consent_context
from otklik.channels.models import Connection
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict, Invalid, NotFound
from otklik.core.locality import desk_language
from otklik.tickets.models import Channel


def _actor(request: HttpRequest) -> Actor:
    return cast(StaffRequest, request).actor


def _channel(channel_id: int) -> Channel:
    found = None
    if 0 < channel_id < 2**63:
        found = Channel.objects.select_related("team").filter(pk=channel_id, kind="email").first()
    if found is None:
        raise NotFound
    return found


@require_safe
@permission_required("settings.edit")
def index(request: HttpRequest) -> HttpResponse:
    """List the mailboxes with their health and what waits to be sent."""
    channels = list(Channel.objects.filter(kind="email").select_related("team").order_by("id"))
    connections = {row.channel_id: row for row in Connection.objects.filter(channel__in=channels)}
    waiting = dict(
        Delivery.objects.filter(run_at__isnull=False).order_by().values_list("channel_id").annotate(found=Count("id"))
    )
    lines = [
        presenters.present_mailbox(channel, connections.get(channel.pk), waiting.get(channel.pk, 0))
        for channel in channels
    ]
    servers = read_servers()
    context = {"mailboxes": lines, "common": servers.common.name if servers.common else "", "trouble": servers.trouble}
    return render(request, "email/mailboxes.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("settings.edit")
def new(request: HttpRequest) -> HttpResponse:
    """Add a mailbox by its address and its provider; the first good test switches it on.

    The servers of a known provider are filled in. What the own receiver takes in needs no test and is on at once.
    """
    values: dict[str, Any] = {"language": desk_language(), "provider": starting.AUTO}
    if request.method != "POST":
        return _new_page(request, values, {})
    reader = forms.Reader(request.POST, forms.NEW_FIELDS)
    facts, chosen = forms.read_facts(reader), reader.choice("provider", starting.CHOICES, starting.AUTO)
    try:
        reader.done()
        settings = starting.settings_for(facts.address, chosen)  # may ask a name server: outside any transaction
        channel = actions.add_mailbox(facts, settings, enabled=chosen == starting.RECEIVER, by=_actor(request))
    except Invalid as error:
        return _new_page(request, reader.values, {key: str(text) for key, text in error.errors}, status=422)
    except Conflict as error:
        return _new_page(request, reader.values, {"address": str(error.message)}, status=409)
    return redirect("email:mailbox", channel.pk)


def _new_page(request: HttpRequest, values: dict[str, Any], errors: dict[str, str], status: int = 200) -> HttpResponse:
    context = {"values": values, "errors": errors, "teams": teams(), "ways": starting.ways(str(values["provider"]))}
    return render(request, "email/mailbox_new.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("settings.edit")
def edit(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Show and change a mailbox; ``then=test`` tests the connections with what was saved."""
    channel = _channel(channel_id)
    connection = Connection.objects.filter(channel=channel).first()
    settings = actions.read_settings(connection)
    if request.method != "POST":
        facts = MailboxFacts(channel.address, channel.name, channel.team, channel.language)
        enabled, version = (connection.enabled, connection.version) if connection else (False, 0)
        shown = forms.values_of(facts, settings, enabled=enabled, version=version)
        if actions.is_new(connection) and settings.imap is None:
            shown |= {"way_in": "imap", "imap_user": channel.address}  # its server is what is still missing
        return _page(request, channel, connection, shown, {})
    reader = forms.Reader(request.POST, forms.FIELDS)
    facts, wanted = forms.read_facts(reader), forms.read_settings(reader, settings)
    version = reader.number("version", 0, 10_000_000, 0)
    try:
        reader.done()
        actions.change_mailbox(
            channel, facts, wanted,
            enabled=reader.flag("enabled") or actions.begins_by_receiver(connection, wanted),
            version=version if connection else None, by=_actor(request),
        )  # fmt: skip
    except Invalid as error:
        shown = _returned(reader, wanted)
        return _page(request, channel, connection, shown, {key: str(text) for key, text in error.errors}, status=422)
    except Conflict as error:
        return _page(request, channel, connection, _returned(reader, wanted), {"form": str(error.message)}, status=409)
    if request.POST.get("then") == "test":
        return _test(request, channel)
    messages.success(request, _("Saved"))
    return redirect("email:mailbox", channel.pk)


def _returned(reader: forms.Reader, settings: MailboxConfig) -> dict[str, Any]:
    """Return what was sent, for showing it again, without the passwords."""
    values: dict[str, Any] = {key: value for key, value in reader.values.items() if not key.endswith("password")}
    for key in ("enabled", "confirmation", "smtp_same", "quote_history"):
        values[key] = reader.flag(key)
    for kind, server in (("imap", settings.imap), ("smtp", settings.smtp)):
        values[f"{kind}_kept"] = bool(server and server.password)
    access = settings.oauth
    values["oauth_secret_kept"] = bool(access and access.client_secret)
    values["oauth_refresh_kept"] = bool(access and access.refresh_token)
    for key in ("oauth_client_secret", "oauth_refresh_token"):
        values.pop(key, None)
    return values


@require_POST
@permission_required("settings.edit")
def test(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Test the connections of a mailbox as they are saved."""
    if unknown := set(request.POST) - {"csrfmiddlewaretoken"}:
        raise Invalid(_("There is no field “%(field)s”.") % {"field": min(unknown)[:40]})
    return _test(request, _channel(channel_id))


def _test(request: HttpRequest, channel: Channel) -> HttpResponse:
    # between two short reads and one short write: the network is asked outside any transaction
    settings = actions.read_settings(Connection.objects.filter(channel=channel).first())
    report = probe_mailbox(settings, channel.address, read_servers().common)
    actions.note_check(channel, report, by=_actor(request))
    if failure := report.failure():
        messages.error(request, presenters.reports.title(failure))
    else:
        messages.success(request, _("The connection works"))
    return redirect("email:mailbox", channel.pk)


def _page(
    request: HttpRequest, channel: Channel, connection: Connection | None, values: dict[str, Any],
    errors: dict[str, str], status: int = 200,
) -> HttpResponse:  # fmt: skip
    check = MailboxCheck.objects.filter(channel=channel).first()
    common = read_servers().common
    context = {
        "channel": channel,
        "team": channel.team.name if channel.team else "",
        "values": values,
        "errors": errors,
        "form_error": errors.get("form", ""),
        "teams": teams(),
        "is_new": actions.is_new(connection),
        "provider": hints.by_host(str(values["imap_host"])) or hints.by_address(channel.address),
        "check": presenters.present_check(
            check, imap_host=str(values["imap_host"]), smtp_host=str(values["smtp_host"]), at=now()
        ),
        "common": common.name if common else "",
        **consent_context(request, channel, actions.read_settings(connection)),
        "health": presenters.present_mailbox(channel, connection, 0),
    }
    return render(request, "email/mailbox.html", context, status=status)
