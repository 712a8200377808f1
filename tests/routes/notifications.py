"""The bell and its rules."""

from typing import Any

from tests.routes import things
from tests.routes.table import ALL, Row, Scene

ROWS: dict[str, Row] = {
    "notifications:list": Row("GET HEAD", ALL),
    "notifications:panel": Row("GET HEAD", ALL),
    "notifications:read": Row("POST", ALL),
    "notifications:undo": Row("POST", ALL),
    "notifications:wishes": Row("GET HEAD POST", ALL),
    "notifications:browsers": Row("POST", ALL),
    "notifications:browser": Row("POST", ALL, own=True),
    "notifications:worker": Row("GET HEAD", ""),
    "api:list_notifications": Row("GET", ALL),
    "api:post_read": Row("POST", ALL),
    "api:get_rules": Row("GET PUT", ALL),
    "api:get_user_rules": Row("GET PUT", "admin", right="users.manage"),
    "notifications:person-wishes": Row("GET HEAD POST", "admin", right="users.manage"),
}


def names(scene: Scene) -> dict[str, dict[str, Any]]:
    """What the addresses need to name things."""
    return {
        "notifications:person-wishes": {"user_id": scene.company.boris.pk},
        "notifications:undo": {"mark": 1},
        "notifications:browser": {"token": things.browser(scene.mine).token},
        "api:get_user_rules": {"user_id": scene.company.boris.pk},
    }
