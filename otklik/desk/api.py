"""REST of the business settings, which are those that the rooms declare, and of the change log."""

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from otklik.accounts.rest import Json, PageQuery, Strict, listed, needs
from otklik.accounts.shapes import PageOf
from otklik.core import settings_store
from otklik.core.clock import now
from otklik.core.errors import NotFound
from otklik.core.events.base import StoredEvent
from otklik.core.pages import decode_cursor, encode_cursor
from otklik.core.settings_store import Setting
from otklik.desk import audit
from otklik.desk.chosen.actions import change_settings
from otklik.desk.shapes import ChangeOut, SettingOut, plain

router = Router(tags=["administration"])


class SettingsPatch(Strict):
    """New values by key; null gives a setting its default again. All of them are taken, or none."""

    values: dict[str, bool | int | float | str | list[str] | None] = Field(max_length=200)


class LogQuery(PageQuery):
    """The changes of one area, or all; ``who`` is the id of the person who made them."""

    area: Literal["", "settings", "people", "channels", "personal"] = ""
    who: int | None = Field(None, ge=1, lt=2**63)


@router.get("/settings", response=PageOf[SettingOut], summary="Settings of the business")
def list_settings(request: HttpRequest, query: Query[PageQuery]) -> Json:
    """Every setting with its value; those that hold a secret only say whether there is one."""
    needs(request, "settings.view", query)
    values = settings_store.all_values()
    return listed(
        [_setting_json(setting, values[setting.key]) for setting in settings_store.declared], query, key="key"
    )


@router.patch("/settings", response=PageOf[SettingOut], summary="Change settings of the business")
def patch_settings(request: HttpRequest, body: SettingsPatch) -> Json:
    """Give settings new values, all or none; answers with those that were named. 422 names all that is wrong."""
    actor = needs(request, "settings.edit")
    declared = settings_store.declared
    wanted: dict[str, Any] = {
        key: setting.default if value is None and (setting := declared.get(key)) is not None else value
        for key, value in body.values.items()
    }
    change_settings(wanted, by=actor)
    values = settings_store.all_values()
    return {"items": [_setting_json(declared[key], values[key]) for key in wanted], "next": None}


@router.get("/settings/{key}", response=SettingOut, summary="One setting of the business")
def get_setting(request: HttpRequest, key: str) -> Json:
    """A setting by its key."""
    needs(request, "settings.view")
    setting = settings_store.declared.get(key)
    if setting is None:
        raise NotFound
    return _setting_json(setting, settings_store.get(key))


@router.get("/change-log", response=PageOf[ChangeOut], summary="Change log")
def list_changes(request: HttpRequest, query: Query[LogQuery]) -> Json:
    """Who changed which setting, right or channel, from what to what; newest first."""
    actor = needs(request, "settings.view", query)
    before = int(decode_cursor(query.cursor, [int])[0]) if query.cursor else None  # type: ignore[arg-type]
    rows = [
        row.stored() for row in audit.changes(actor, area=query.area, who=query.who, before=before)[: query.limit + 1]
    ]
    shown = rows[: query.limit]
    following = encode_cursor([shown[-1].id]) if len(rows) > query.limit else None
    lines = audit.present(shown, now())
    return {"items": [_change_json(row, line) for row, line in zip(shown, lines, strict=True)], "next": following}


def _setting_json(setting: Setting, value: Any) -> Json:
    secret = setting.secret
    return {
        "key": setting.key, "group": setting.group, "kind": setting.type.__name__, "label": str(setting.label),
        "help": str(setting.help), "value": None if secret else plain(value),
        "default": None if secret else plain(setting.default), "is_default": value == setting.default,
        "is_secret": secret, "is_set": bool(value),
        "choices": [{"value": str(choice), "label": str(label)} for choice, label in setting.choices],
        "minimum": setting.minimum, "maximum": setting.maximum,
    }  # fmt: skip


def _change_json(row: StoredEvent, line: audit.Line) -> Json:
    return {
        "id": row.id, "at": row.at, "event": row.kind,
        "by": {"kind": row.actor.kind, "id": row.actor.id, "name": line.who}, "text": line.what,
        "changes": [{"name": change.name, "old": change.old, "new": change.new} for change in line.changes],
    }  # fmt: skip
