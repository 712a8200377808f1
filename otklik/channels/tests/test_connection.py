"""The connection of a channel: how it is stored, how its health is told, and who sees it."""

import pytest

from otklik.channels.actions import report_failure, report_ok, save_connection
from otklik.channels.models import Connection
from otklik.channels.queries import visible_to
from otklik.core.actor import Actor
from otklik.core.errors import Conflict
from otklik.core.events import timeline
from otklik.testing.people import people

pytestmark = pytest.mark.django_db


def test_a_connection_and_its_health() -> None:
    """Configured, failing told once, recovered told once; the history names no values."""
    world = people()
    admin = world.actor(world.admin)
    made = save_connection(world.mailbox, config={"a": 1}, secret="sealed", by=admin)
    with pytest.raises(Conflict):
        save_connection(world.mailbox, config={"a": 2}, secret="", version=0, by=admin)
    for _time in range(2):
        report_failure(made.pk, "password", "bad\nwords")
    assert Connection.objects.get().last_detail == "bad words"
    for _time in range(2):
        report_ok(made.pk)
    assert Connection.objects.get().state == "ok"
    told = timeline(5, world.mailbox.pk, silent=True)
    assert [event.kind for event in told] == ["channel.configured", "channel.failing", "channel.recovered"]
    assert "sealed" not in str([event.data for event in told])


def test_only_an_administrator_sees_connections() -> None:
    """Nobody else has a use for them."""
    world = people()
    save_connection(world.mailbox, config={}, secret="", by=Actor.system())
    assert visible_to(world.actor(world.admin)).count() == 1
    assert visible_to(world.actor(world.anna)).count() == visible_to(None).count() == 0
