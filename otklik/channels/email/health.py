"""What ``otklik check`` and readiness look at in mail: what came in, and what is on its way out."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from otklik.channels.email import queries
from otklik.channels.email.actions import delivering
from otklik.channels.email.models import Delivery, DeliveryState
from otklik.channels.email.outbox.servers import Servers, read_servers
from otklik.channels.models import Connection, Health
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.health import Finding, register_check, register_queue

_CAP = 1000
LATE = timedelta(minutes=15)
COUNT_LATE = timedelta(minutes=30)


def sending() -> Iterator[Finding]:
    """Say by which servers mail leaves, and what of it does not."""
    servers = read_servers()
    if servers.trouble == "bad_url" and servers.common is None:
        yield Finding(
            "error",
            _("OTKLIK_SMTP_URL cannot be understood."),
            _("Write it as smtps://user:password@host:465 and restart."),
        )
    elif servers.common is not None:
        yield Finding("ok", _("Mail leaves by %(server)s.") % {"server": servers.common.name})
        if servers.common.security == "none" and servers.common.user:
            yield Finding(
                "warning",
                _("The password for the sending server travels open."),
                _("Use smtps:// or smtp+starttls://."),
            )
    elif not servers.own:
        yield Finding(
            "warning",
            _("There is no server for outgoing mail: answers wait in the outbox."),
            _("Set OTKLIK_SMTP_URL, or enter a sending server in the settings of the mailbox."),
        )
    yield from _mailboxes(servers)
    yield from _queue()


def _mailboxes(servers: Servers) -> Iterator[Finding]:
    for connection in Connection.objects.filter(channel__kind="email").select_related("channel"):
        address = connection.channel.address
        if connection.enabled and connection.state == Health.FAILING:
            since = connection.last_error_at.isoformat(timespec="minutes") if connection.last_error_at else "unknown"
            yield Finding(
                "error",
                _("The mailbox %(address)s cannot be read (%(error)s, %(since)s).")
                % {"address": address, "error": connection.last_error, "since": since},
                _("Open it in the settings and test the connection: the page says what to do."),
            )
        elif connection.enabled and connection.state == Health.OK:
            yield Finding("ok", _("The mailbox %(address)s works.") % {"address": address})
        if servers.of(connection.channel_id) is None and (servers.own or servers.common):
            yield Finding(
                "warning",
                _("No server sends for %(address)s.") % {"address": address},
                _("Enter a sending server in the settings of the mailbox."),
            )


def _queue() -> Iterator[Finding]:
    stuck = Delivery.objects.filter(
        state__in=delivering.WAITING, run_at__isnull=False, attempts__gt=0, first_queued_at__lt=now() - LATE
    )
    if found := stuck.order_by()[:_CAP].count():
        yield Finding(
            "warning",
            _("Mails waiting for more than 15 minutes: %(count)s.") % {"count": found},
            _("The outbox names the reason."),
        )
    if found := Delivery.objects.filter(state=DeliveryState.UNCERTAIN, run_at__isnull=True)[:_CAP].count():
        yield Finding(
            "warning",
            _("Mails that may or may not have arrived: %(count)s.") % {"count": found},
            _("Decide in the outbox, “Not certain”."),
        )
    if found := Delivery.objects.filter(state=DeliveryState.FAILED, settled=False)[:_CAP].count():
        yield Finding(
            "warning",
            _("Mails that could not be sent: %(count)s.") % {"count": found},
            _("The outbox names the reasons, “Not sent”."),
        )


def receiving() -> Iterator[Finding]:
    """Say whether the ledger holds what the servers hold, what needs a person, and who floods."""
    system = Actor.system()
    for count in queries.folder_counts(system):
        name = _("%(address)s, folder %(folder)s") % {"address": count.channel.address, "folder": count.folder}
        if count.unfetched:
            yield Finding(
                "warning",
                _("%(name)s: %(count)s of %(all)s mails on the server are not in the ledger.")
                % {"name": name, "count": count.unfetched, "all": count.there},
                _(
                    "They are fetched again by themselves. If the number stays, open the mailbox in the settings and"
                    " test it; the ledger lists mails that the server could not give as not fetched."
                ),
            )
        elif count.at < now() - COUNT_LATE:
            yield Finding(
                "warning",
                _("%(name)s: last compared with the ledger %(at)s.")
                % {"name": name, "at": count.at.isoformat(timespec="minutes")},
                _("See whether the engine runs (`otklik check`) and test the connection of the mailbox."),
            )
        else:
            text = _("%(name)s: all %(all)s mails on the server are in the ledger or left on purpose.")
            yield Finding("ok", text % {"name": name, "all": count.there})
        if count.vanished:
            text = _("%(name)s: %(count)s received mails were removed from the server by somebody else.")
            yield Finding("ok", text % {"name": name, "count": count.vanished})
    yield from _troubles(system)


def _troubles(system: Actor) -> Iterator[Finding]:
    waiting = queries.attention()
    if waiting.failed:
        yield Finding(
            "warning",
            _("Mails that could not be processed: %(count)s.") % {"count": waiting.failed},
            _("Decide about them in the mail ledger."),
        )
    for flood in queries.floods(system):
        about = {"count": flood.count, "sender": flood.sender, "address": flood.channel.address}
        yield Finding(
            "warning",
            _("A flood: %(count)s mails from %(sender)s to %(address)s within ten minutes.") % about
            if flood.sender
            else _("A flood: %(count)s mails to %(address)s within ten minutes.") % about,
            _(
                "Nothing is lost and nothing is confirmed beyond the limits. Block the sender, or tell your mail"
                " provider."
            ),
        )


def oldest_due() -> datetime | None:
    """Return since when the oldest delivery is due that a server is there for."""
    at, servers = now(), read_servers()
    rows = delivering.due(at)
    if servers.common is None:
        rows = rows.filter(channel_id__in=list(servers.own))
    return rows.values_list("run_at", flat=True).first()


register_check("mail.sending", sending)
register_check("mail.receiving", receiving)
register_queue("deliveries", gettext_lazy("mails to be sent"), oldest_due, LATE)
