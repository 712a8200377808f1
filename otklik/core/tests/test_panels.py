"""Panels, menu and public blocks: filled by rooms, shown in order, one failure never takes the page."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.http import Http404
from django.template import Context, Template
from django.test import RequestFactory

from otklik.core import blocks, menu
from otklik.core.actor import Actor
from otklik.core.errors import NotFound
from otklik.core.leases import Lease
from otklik.core.menu import MenuItem, menu_for, register_menu
from otklik.core.panels import Panel, panels, register_panel, render_lazy
from otklik.core.tests.samples import ANNA, CLARA
from otklik.core.views import panel as panel_view

pytestmark = pytest.mark.django_db

SUBJECT = SimpleNamespace(pk=7, name="<b>шкаф</b>")


@pytest.fixture(autouse=True)
def _empty(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for registry in (panels, menu.menu):
        monkeypatch.setattr(registry, "_items", {})
    monkeypatch.setattr(blocks, "_registries", {})
    yield
    menu.menu.version += 1  # what was kept of this menu is nobody else's


def _panel(key: str, context: Any, **more: Any) -> Panel:
    values = {"title": key.title(), "page": "box.card", "slot": "side", "template": "core/panel_broken.html"} | more
    return register_panel(Panel(key=key, context=context, **values))


def _slot(actor: Actor | None = ANNA) -> str:
    request = RequestFactory().get("/")
    request.actor = actor  # type: ignore[attr-defined]
    template = Template('{% load panels %}{% panel_slot "box.card" "side" subject %}')
    return template.render(Context({"request": request, "subject": SUBJECT}))


def test_panels_stand_in_order_and_the_empty_ones_do_not_show() -> None:
    _panel("second", lambda actor, subject: {}, order=20)
    _panel("first", lambda actor, subject: {}, order=10)
    _panel("nothing", lambda actor, subject: None)
    _panel("elsewhere", lambda actor, subject: {}, slot="main")
    shown = _slot()
    assert shown.index('data-panel="first"') < shown.index('data-panel="second"')
    assert "nothing" not in shown
    assert "elsewhere" not in shown


def test_a_failing_panel_becomes_a_small_card_and_the_rest_lives(caplog: pytest.LogCaptureFixture) -> None:
    def broken(actor: Actor, subject: Any) -> dict[str, Any]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM no_such_table")
        return {}

    _panel("broken", broken, order=1)
    _panel("missing", lambda actor, subject: {}, order=2, template="core/none.html")
    _panel("well", lambda actor, subject: {}, order=3)
    shown = _slot()
    assert shown.count("panel--broken") == 3  # the well one borrows the template
    assert 'data-panel="well"' in shown
    assert "no_such_table" not in shown
    assert "no_such_table" in caplog.text
    assert not Lease.objects.exists(), "the transaction around the page is not spoilt"


def test_nobody_sees_nothing() -> None:
    _panel("first", lambda actor, subject: {})
    assert _slot(actor=None) == ""


def test_a_lazy_panel_is_a_frame_first_and_asks_who_may_see_it() -> None:
    def load(actor: Actor, pk: int) -> Any:
        if actor != ANNA or pk != 7:
            raise NotFound
        return SUBJECT

    _panel("slow", lambda actor, subject: {}, lazy=True, load=load, refresh_on="box-changed")
    shown = _slot()
    assert 'hx-get="/panels/slow/7/"' in shown
    assert "box-changed from:body" in shown
    assert 'data-panel="slow"' in render_lazy("slow", 7, ANNA)
    request = RequestFactory().get("/panels/slow/7/")
    for actor, key, pk in ((CLARA, "slow", 7), (ANNA, "slow", 8), (ANNA, "unknown", 7), (None, "slow", 7)):
        request.actor = actor  # type: ignore[attr-defined]
        with pytest.raises(Http404):
            panel_view(request, key, pk)
    request.actor = ANNA  # type: ignore[attr-defined]
    assert panel_view(request, "slow", 7).status_code == 200


def test_a_lazy_panel_must_say_how_its_subject_is_loaded() -> None:
    with pytest.raises(ValueError, match="loaded"):
        _panel("slow", lambda actor, subject: {}, lazy=True)


def test_the_menu_shows_what_one_may_see_in_order() -> None:
    register_menu(MenuItem(key="b", label="B", icon="box", url_name="b", order=20))
    register_menu(
        MenuItem(key="a", label="A", icon="box", url_name="a", order=10, visible=lambda actor: actor.is_staff)
    )
    register_menu(MenuItem(key="s", label="S", icon="box", url_name="s", group="settings"))
    assert [item.key for item in menu_for(ANNA, "main")] == ["a", "b"]
    assert [item.key for item in menu_for(CLARA)] == ["b", "s"]


def test_blocks_are_asked_once_a_page() -> None:
    calls: list[list[int]] = []

    def load(items: Any) -> dict[int, str]:
        calls.append(list(items))
        return dict.fromkeys(items, "late")

    blocks.register_block("sla", load)
    assert blocks.load_blocks("ticket", [1, 2, 3]) == {"sla": {1: "late", 2: "late", 3: "late"}}
    assert blocks.load_blocks("ticket", []) == {"sla": {}}
    assert blocks.load_blocks("message", [1]) == {}
    assert calls == [[1, 2, 3]]
