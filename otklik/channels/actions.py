"""Everything that writes the connections of channels."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from otklik.channels.events import ChannelConfigured, ChannelFailing, ChannelRecovered
from otklik.channels.models import Connection, Health
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict
from otklik.core.events import record
from otklik.tickets.models import Channel


def save_connection(
    channel: Channel,
    *,
    config: Mapping[str, Any],
    secret: str,
    enabled: bool = True,
    version: int | None = None,
    by: Actor,
) -> Connection:
    """Store the configuration and the sealed secret of a channel and return its connection, not checked yet.

    Records ``channel.configured`` with the names of the changed fields, never their values. Raises ``Conflict`` when
    ``version`` is older than the stored one.
    """
    with transaction.atomic():
        connection = Connection.objects.select_for_update().filter(channel=channel).first()
        if connection is None:
            connection = Connection(channel=channel, version=0)
        elif version is not None and version != connection.version:
            raise Conflict("Somebody else changed these settings meanwhile.", current=connection)
        changed = sorted(
            name for name in {*connection.config, *config} if connection.config.get(name) != config.get(name)
        )
        if connection.secret != secret:
            changed.append("secret")
        connection.config, connection.secret, connection.enabled = dict(config), secret, enabled
        connection.version += 1
        connection.state = Health.UNCHECKED if enabled else Health.OFF
        connection.last_error = connection.last_detail = ""
        connection.save()
        record(ChannelConfigured(subject_id=channel.pk, fields=changed), by=by)
    return connection


def report_ok(connection_id: int) -> None:
    """Note that the other side answered well; the change from failing is recorded once."""
    with transaction.atomic():
        row = Connection.objects.filter(pk=connection_id).values_list("state", "channel_id").first()
        if row is None:
            return
        Connection.objects.filter(pk=connection_id, enabled=True).update(
            state=Health.OK, last_ok_at=now(), last_error="", last_detail=""
        )
        if row[0] == Health.FAILING:
            record(ChannelRecovered(subject_id=row[1]), by=Actor.system())


def report_failure(connection_id: int, code: str, detail: str = "") -> None:
    """Note why the other side could not be used: a code of our own and its words, cut and freed of control characters.

    The first failure after a good time is recorded as ``channel.failing``.
    """
    shown = "".join(letter if letter.isprintable() else " " for letter in detail)[:300]
    with transaction.atomic():
        row = Connection.objects.filter(pk=connection_id).values_list("state", "channel_id").first()
        if row is None:
            return
        Connection.objects.filter(pk=connection_id, enabled=True).update(
            state=Health.FAILING, last_error=code[:60], last_detail=shown, last_error_at=now()
        )
        if row[0] in {Health.OK, Health.UNCHECKED}:
            record(ChannelFailing(subject_id=row[1], error=code), by=Actor.system())
