"""What ``otklik check`` and readiness look at in mail: what came in, and what is on its way out."""

from collections.abc import Iterator
from datetime import datetime, timedelta

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
            "error", "OTKLIK_SMTP_URL cannot be understood.", "Write it as smtps://user:password@host:465 and restart."
        )
    elif servers.common is not None:
        yield Finding("ok", f"Mail leaves by {servers.common.name}.")
        if servers.common.security == "none" and servers.common.user:
            yield Finding(
                "warning", "The password for the sending server travels open.", "Use smtps:// or smtp+starttls://."
            )
    elif not servers.own:
        yield Finding(
            "warning",
            "There is no server for outgoing mail: answers wait in the outbox.",
            "Set OTKLIK_SMTP_URL, or enter a sending server in the settings of the mailbox.",
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
                f"The mailbox {address} cannot be read ({connection.last_error}, {since}).",
                "Open it in the settings and test the connection: the page says what to do.",
            )
        elif connection.enabled and connection.state == Health.OK:
            yield Finding("ok", f"The mailbox {address} works.")
        if servers.of(connection.channel_id) is None and (servers.own or servers.common):
            yield Finding(
                "warning", f"No server sends for {address}.", "Enter a sending server in the settings of the mailbox."
            )


def _queue() -> Iterator[Finding]:
    stuck = Delivery.objects.filter(
        state__in=delivering.WAITING, run_at__isnull=False, attempts__gt=0, first_queued_at__lt=now() - LATE
    )
    if found := stuck.order_by()[:_CAP].count():
        yield Finding("warning", f"Mails waiting for more than 15 minutes: {found}.", "The outbox names the reason.")
    if found := Delivery.objects.filter(state=DeliveryState.UNCERTAIN, run_at__isnull=True)[:_CAP].count():
        yield Finding(
            "warning", f"Mails that may or may not have arrived: {found}.", "Decide in the outbox, “Not certain”."
        )
    if found := Delivery.objects.filter(state=DeliveryState.FAILED, settled=False)[:_CAP].count():
        yield Finding("warning", f"Mails that could not be sent: {found}.", "The outbox names the reasons, “Not sent”.")


def receiving() -> Iterator[Finding]:
    """Say whether the ledger holds what the servers hold, what needs a person, and who floods."""
    system = Actor.system()
    for count in queries.folder_counts(system):
        name = f"{count.channel.address}, folder {count.folder}"
        if count.unfetched:
            yield Finding(
                "warning",
                f"{name}: {count.unfetched} of {count.there} mails on the server are not in the ledger.",
                "They are fetched again by themselves. If the number stays, open the mailbox in the settings and test "
                "it; the ledger lists mails that the server could not give as not fetched.",
            )
        elif count.at < now() - COUNT_LATE:
            yield Finding(
                "warning",
                f"{name}: last compared with the ledger {count.at.isoformat(timespec='minutes')}.",
                "See whether the engine runs (`otklik check`) and test the connection of the mailbox.",
            )
        else:
            yield Finding("ok", f"{name}: all {count.there} mails on the server are in the ledger or left on purpose.")
        if count.vanished:
            yield Finding(
                "ok", f"{name}: {count.vanished} received mails were removed from the server by somebody else."
            )
    waiting = queries.attention()
    if waiting.failed:
        yield Finding(
            "warning", f"Mails that could not be processed: {waiting.failed}.", "Decide about them in the mail ledger."
        )
    for flood in queries.floods(system):
        who = f"from {flood.sender} " if flood.sender else ""
        yield Finding(
            "warning",
            f"A flood: {flood.count} mails {who}to {flood.channel.address} within ten minutes.",
            "Nothing is lost and nothing is confirmed beyond the limits. Block the sender, or tell your mail provider.",
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
register_queue("deliveries", "mails to be sent", oldest_due, LATE)
