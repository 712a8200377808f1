"""The shell, the start page, settings, and what programs ask of a running desk."""

from typing import Any

from tests.routes.table import ALL, Row, Scene

ROWS: dict[str, Row] = {
    "healthz": Row("GET HEAD", ""),
    "readyz": Row("GET HEAD", ""),
    "metrics": Row("GET HEAD", ""),
    "api-docs": Row("GET HEAD", ""),
    "api-schema": Row("GET HEAD", ""),
    "api:api-root": Row("", ""),
    "api-not-found": Row("", ""),
    "desk:home": Row("GET HEAD", ALL),
    "desk:profile": Row("GET HEAD POST", ALL),
    "desk:live": Row("GET HEAD", ALL),
    "desk:palette": Row("GET HEAD", ALL),
    "desk:settings-home": Row("GET HEAD", "admin supervisor"),
    "desk:settings": Row(
        "GET HEAD POST",
        "admin supervisor",
        writers="admin",
        right="settings.view",
        writes="settings.view settings.edit",
    ),
    "desk:setup": Row("", ""),
    "desk:first-steps": Row("GET HEAD", "admin", right="settings.edit"),
    "desk:first-steps-away": Row("POST", "admin", right="settings.edit"),
    "desk:sample": Row("POST", "admin", right="settings.edit"),
    "desk:setting-reset": Row("POST", "admin", right="settings.edit"),
    "system": Row("GET HEAD", "admin supervisor", right="settings.view"),
    "desk:audit": Row("GET HEAD", "admin supervisor", right="settings.view"),
    "core:panel": Row("GET HEAD", ALL, of_ticket=True, elsewhere="core/tests/test_panels.py"),
    "desk:setting-sample": Row("GET HEAD", "admin supervisor"),
    "api:list_settings": Row("GET PATCH", "admin supervisor", writers="admin"),
    "api:get_setting": Row("GET", "admin supervisor"),
    "api:list_changes": Row("GET", "admin supervisor"),
    "api:get_system": Row("GET", "admin supervisor"),
}


def names(scene: Scene) -> dict[str, dict[str, Any]]:
    """What the addresses need to name things."""
    return {
        "desk:setting-reset": {"key": "close_after_days"},
        "desk:setup": {"token": "wrong"},
        "core:panel": {"key": "references", "subject_id": scene.ticket.pk},
        "api-not-found": {"rest": "nothing"},
        "desk:setting-sample": {"key": "desk_time_zone"},
        "api:get_setting": {"key": "close_after_days"},
    }
