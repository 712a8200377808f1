"""The bell and its rules."""

from typing import Any

from tests.routes.table import ALL, Row, Scene

ROWS: dict[str, Row] = {
    "notifications:list": Row("GET HEAD", ALL),
    "notifications:panel": Row("GET HEAD", ALL),
    "notifications:read": Row("POST", ALL),
    "notifications:undo": Row("POST", ALL),
    "notifications:wishes": Row("GET HEAD POST", ALL),
    "notifications:browsers": Row("POST", ALL),
    "notifications:browser": Row("POST", ALL),
    "notifications:worker": Row("GET HEAD", ""),
    "api:list_notifications": Row("GET", ALL),
    "api:post_read": Row("POST", ALL),
    "api:get_rules": Row("GET PUT", ALL),
    "api:get_user_rules": Row("GET PUT", "admin"),
    "notifications:person-wishes": Row("GET HEAD POST", "admin"),
}


def names(scene: Scene) -> dict[str, dict[str, Any]]:
    """What the addresses need to name things."""
    return {
        "notifications:person-wishes": {"user_id": scene.company.boris.pk},
        "notifications:undo": {"mark": 1},
        "notifications:browser": {"token": "nothing"},
        "api:get_user_rules": {"user_id": scene.company.boris.pk},
    }
