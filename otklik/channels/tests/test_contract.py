"""What every kind of channel must keep, whoever wrote it; and what a connection keeps of its secrets."""

import pytest

from otklik.channels.actions import report_failure, report_ok, save_connection
from otklik.channels.base import Capability, ChannelAdapter, CheckReport, SendError
from otklik.channels.models import Connection
from otklik.channels.queries import visible_to
from otklik.channels.registry import adapter_class, adapters, register
from otklik.core.actor import Actor
from otklik.core.errors import Conflict
from otklik.core.events import timeline
from otklik.testing.people import people

KINDS = sorted(adapters())


def test_mail_is_a_kind() -> None:
    """The registry was filled while the program started; a call has no adapter."""
    assert "email" in KINDS
    assert adapter_class("call") is None


@pytest.mark.parametrize("kind", KINDS)
def test_the_contract(kind: str) -> None:
    """A name, an icon, known capabilities, settings out of nothing, and an honest answer when sending is impossible."""
    adapter = adapters()[kind]
    assert adapter.kind == kind
    assert str(adapter.label)
    assert adapter.icon
    assert adapter.capabilities <= set(Capability)
    assert adapter.settings_of(None) is not None


@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
def test_without_a_server_nothing_is_promised(kind: str) -> None:
    """A channel that is not connected says so in its own words and raises the one error callers know."""
    channel = people().mailbox
    made = adapters()[kind](channel, adapters()[kind].settings_of(None))
    assert isinstance(made.check(), CheckReport)
    with pytest.raises(SendError) as caught:
        made.send(("a@b.example", "c@d.example", b"x"))
    assert not caught.value.permanent


def test_a_second_adapter_of_a_kind_is_refused() -> None:
    """Two classes cannot be one kind."""

    class Other(ChannelAdapter):
        kind = "email"
        label = "x"

        @classmethod
        def settings_of(cls, connection: object) -> object:
            return connection

        def check(self) -> CheckReport:
            return CheckReport()

    with pytest.raises(ValueError, match="email"):
        register(Other)


@pytest.mark.django_db
def test_a_connection_and_its_health() -> None:
    """Configured, failing once told, recovered once told; the history names no values."""
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
    told = [event.kind for event in timeline(5, world.mailbox.pk, silent=True)]
    assert told == ["channel.configured", "channel.failing", "channel.recovered"]
    assert "sealed" not in str([event.data for event in timeline(5, world.mailbox.pk, silent=True)])


@pytest.mark.django_db
def test_only_an_administrator_sees_connections() -> None:
    """Nobody else has a use for them."""
    world = people()
    save_connection(world.mailbox, config={}, secret="", by=Actor.system())
    assert visible_to(world.actor(world.admin)).count() == 1
    assert visible_to(world.actor(world.anna)).count() == visible_to(None).count() == 0
