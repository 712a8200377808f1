"""Business settings: declared, typed, kept, cached, told."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from otklik.core import settings_store
from otklik.core.errors import Invalid, NotFound
from otklik.core.events import Event, timeline
from otklik.core.settings_store import Setting, declare, declared, get, pinned, set_value
from otklik.core.settings_store import values as module
from otklik.core.settings_store.models import SettingValue, SettingVersion
from otklik.core.tests.samples import ANNA

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declared, "_items", {})
    settings_store.forget()
    declare(
        Setting(key="box.days", type=int, default=14, label="Days", minimum=1, maximum=90),
        Setting(key="box.open", type=bool, default=True, label="Open"),
        Setting(key="box.who", type=str, default="all", label="Who", choices=[("all", "All"), ("teams", "Teams")]),
        Setting(key="box.wait", type=timedelta, default=timedelta(minutes=5), label="Wait"),
        Setting(key="box.names", type=list, default=[], label="Names", maximum=3),
        Setting(key="box.key", type=str, default="", label="Key", secret=True),
        Setting(key="box.rate", type=float, default=0.5, label="Rate"),
    )


def test_defaults_hold_until_somebody_chooses() -> None:
    assert get("box.days") == 14
    assert set_value("box.days", "21", ANNA)
    assert get("box.days") == 21
    assert not set_value("box.days", 21, ANNA), "the same again changes nothing"
    assert settings_store.all()["box.days"] == 21
    assert Event.objects.filter(kind="setting.changed").count() == 1
    assert set_value("box.days", 14, ANNA)
    assert get("box.days") == 14


@pytest.mark.parametrize(
    ("key", "value", "typed"),
    [
        ("box.open", "false", False), ("box.open", "on", True), ("box.who", "teams", "teams"),
        ("box.wait", 90, timedelta(seconds=90)), ("box.wait", timedelta(hours=1), timedelta(hours=1)),
        ("box.names", [" Анна ", "", "Борис"], ["Анна", "Борис"]), ("box.rate", "0.25", 0.25), ("box.days", 7.0, 7),
    ],
)  # fmt: skip
def test_values_are_read_in_their_type(key: str, value: Any, typed: Any) -> None:
    set_value(key, value, ANNA)
    settings_store.forget()
    assert get(key) == typed


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("box.days", 0), ("box.days", 91), ("box.days", "many"), ("box.days", True), ("box.days", 7.5),
        ("box.days", None),
        ("box.open", "perhaps"), ("box.open", 2), ("box.who", "nobody"), ("box.who", 1), ("box.key", "a\x00b"),
        ("box.names", "Анна"), ("box.names", ["a", 1]), ("box.names", ["a", "b", "c", "d"]), ("box.rate", "nan"),
        ("box.rate", "inf"), ("box.wait", "soon"), ("box.wait", 1e300),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_and_named(key: str, value: Any) -> None:
    with pytest.raises(Invalid) as caught:
        set_value(key, value, ANNA)
    assert caught.value.errors[0][0] == key
    assert not SettingValue.objects.exists()


def test_unknown_settings_do_not_exist() -> None:
    with pytest.raises(KeyError):
        get("box.unknown")
    with pytest.raises(NotFound):
        set_value("box.unknown", 1, ANNA)
    with pytest.raises(TypeError):
        declare(Setting(key="box.odd", type=dict, default={}, label="Odd"))


def test_a_secret_is_sealed_and_named_nowhere() -> None:
    set_value("box.key", "tиger-canary", ANNA)
    row = SettingValue.objects.get()
    assert "canary" not in str(row.value)
    settings_store.forget()
    assert get("box.key") == "tиger-canary"
    event = timeline(8, row.pk)[0]
    assert event.data == {"key": "box.key", "old": None, "new": None}
    assert "Key" in event.event.describe()


def test_a_change_says_what_was_and_what_is() -> None:
    set_value("box.wait", 60, ANNA)
    event = timeline(8, SettingValue.objects.get().pk)[0]
    assert event.data == {"key": "box.wait", "old": 300.0, "new": 60.0}


def test_reading_costs_nothing_until_another_process_changes_something(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY", 1000.0)
    get("box.days")
    with CaptureQueriesContext(connection) as captured:
        for _ in range(50):
            get("box.days")
    assert len(captured) == 0
    SettingValue.objects.create(key="box.days", value=30, changed_at="2026-11-01T00:00:00Z")
    SettingVersion.objects.create(pk=1, version=7)
    assert get("box.days") == 14
    monkeypatch.setattr(module, "LOOK_EVERY", 0.0)
    assert get("box.days") == 30
    with CaptureQueriesContext(connection) as captured:
        assert get("box.days") == 30
    assert len(captured) == 1, "one look at the version"
    with pinned(), CaptureQueriesContext(connection) as captured:
        get("box.days")
    assert len(captured) == 0


def test_a_kept_value_that_no_longer_fits_counts_as_not_chosen() -> None:
    for key, value in (("box.days", 4000), ("box.key", "not sealed"), ("box.gone", 1)):
        SettingValue.objects.create(key=key, value=value, changed_at="2026-11-01T00:00:00Z")
    assert (get("box.days"), get("box.key")) == (14, "")
    assert "box.gone" not in settings_store.all()
