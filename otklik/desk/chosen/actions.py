"""Changes the settings of the business."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from otklik.accounts.policies import can
from otklik.core.actor import Actor
from otklik.core.errors import Invalid, NotFound
from otklik.core.settings_store import declared, set_value


def change_settings(values: Mapping[str, Any], *, by: Actor) -> list[str]:
    """Give settings new values, all or none; return the keys of those that changed.

    Records ``setting.changed`` for each. Raises ``NotFound`` for somebody without the right and ``Invalid`` naming
    every setting whose value cannot be used, also one that does not exist.
    """
    if not can(by, "settings.edit"):
        raise NotFound
    wrong: list[tuple[str, Any]] = []
    for key, value in values.items():
        try:
            if declared.get(key) is None:
                raise NotFound
            declared[key].clean(value)
        except (Invalid, NotFound) as error:
            wrong.append((key, error.message))
    if wrong:
        raise Invalid(errors=wrong)
    with transaction.atomic():
        return [key for key, value in values.items() if set_value(key, value, by)]


def reset_setting(key: str, *, by: Actor) -> bool:
    """Give a setting its default again; false when it has it already. Raises ``NotFound``."""
    setting = declared.get(key)
    if setting is None:
        raise NotFound
    return bool(change_settings({key: setting.default}, by=by))
