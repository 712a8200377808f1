"""The directory of ways that requests come by hand: calls, visits, and whatever a workspace adds."""

from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.accounts import policies as rights
from otklik.accounts.models import Team
from otklik.core.actor import Actor
from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.core.errors import Forbidden, Invalid
from otklik.core.events import record
from otklik.tickets import events
from otklik.tickets.models import Channel

BY_HAND: Final = ("call", "visit", "other")
"""The kinds that people enter; mailboxes have their own pages."""


def save_channel(
    row: Channel | None, *, kind: str = "", name: str, team: Team | None, enabled: bool = True, by: Actor
) -> Channel:
    """Add a channel for requests entered by hand, or change one; records ``channel.added`` or ``channel.changed``.

    The same again changes nothing. Raises ``Invalid`` naming the field, ``Forbidden`` without the right.
    """
    if not rights.can(by, "settings.edit"):
        raise Forbidden(_("You have no right to do this."))
    line = " ".join(name.split())[:120]
    if not line:
        raise Invalid(_("Give the channel a name."), field="name")
    chosen = row.kind if row else kind
    if chosen not in BY_HAND:
        raise Invalid(_("There is no such kind of channel."), field="kind")
    with transaction.atomic():
        current = Channel.objects.select_for_update(of=("self",)).get(pk=row.pk) if row else Channel(created_at=now())
        if row is not None and (current.name, current.team_id, current.enabled) == (line, team and team.pk, enabled):
            return current
        was = (current.name, current.team.name if current.team else "", current.enabled) if row else (None, None, None)
        wanted = (line, team.name if team else "", enabled)
        changes = {
            name: [old, new]
            for name, old, new in zip(("name", "team", "enabled"), was, wanted, strict=True)
            if old != new and (row is not None or new)
        }
        current.kind, current.name, current.team, current.enabled = chosen, line, team, enabled
        current.save()
        event = events.ChannelChanged if row else events.ChannelAdded
        record(event(subject_id=current.pk, name=line, enabled=enabled, changes=changes), by=by)
    forget("directories")
    return current
