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

_LONGEST = 300


def save_connection(
    channel: Channel,
    *,
    config: Mapping[str, Any],
    secret: str,
    enabled: bool = True,
    version: int | None = None,
    facts: Mapping[str, tuple[Any, Any]] | None = None,
    by: Actor,
) -> Connection:
    """Store the configuration and the sealed secret of a channel and return its connection, not checked yet.

    ``facts`` are what the directory said of the channel and says now, where the caller changes that along with it.
    Records ``channel.configured`` with what was and is, but of a secret only that it is another one. Raises
    ``Conflict`` when ``version`` is older than the stored one.
    """
    with transaction.atomic():
        connection = Connection.objects.select_for_update().filter(channel=channel).first()
        if connection is None:
            connection = Connection(channel=channel, version=0)
        elif version is not None and version != connection.version:
            raise Conflict("Somebody else changed these settings meanwhile.", current=connection)
        event = _configured(channel, connection, config, secret=secret, enabled=enabled, facts=facts or {})
        connection.config, connection.secret, connection.enabled = dict(config), secret, enabled
        connection.version += 1
        connection.state = Health.UNCHECKED if enabled else Health.OFF
        connection.last_error = connection.last_detail = ""
        connection.save()
        record(event, by=by)
    return connection


def _configured(
    channel: Channel, old: Connection, config: Mapping[str, Any], *, secret: str, enabled: bool,
    facts: Mapping[str, tuple[Any, Any]],
) -> ChannelConfigured:  # fmt: skip
    """Compare what a connection is and will be; one that is new had nothing."""
    added = old.pk is None
    pairs = {name: (old.config.get(name), config.get(name)) for name in sorted({*old.config, *config})}
    pairs = {"enabled": (None if added else old.enabled, enabled), **pairs, **facts}
    changes = {name: [_kept(was), _kept(now_)] for name, (was, now_) in pairs.items() if was != now_}
    if added:  # what is empty was not chosen
        changes = {name: pair for name, pair in changes.items() if pair[1] not in (None, "", [], {}, False)}
    fields = sorted(changes) + (["secret"] if old.secret != secret else [])
    name = f"{channel.name} ({channel.address})" if channel.address not in {"", channel.name} else channel.name
    return ChannelConfigured(
        subject_id=channel.pk, fields=fields, name=name, of=channel.kind, added=added, changes=changes
    )


def _kept(value: Any) -> Any:
    """Return a value as the log keeps it: long texts by their beginning."""
    return value[:_LONGEST] if isinstance(value, str) else value


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
