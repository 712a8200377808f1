"""Web forms and the customers' pages."""

from typing import Any

from otklik.channels.webform.tests.posting import form
from tests.routes.table import Row, Scene

ROWS: dict[str, Row] = {
    "webform:forms": Row("GET HEAD", "admin", right="settings.edit"),
    "webform:form-new": Row("GET HEAD POST", "admin", right="settings.edit"),
    "webform:form": Row("GET HEAD POST", "admin", right="settings.edit"),
    "portal:new": Row("GET HEAD POST", ""),
    "portal:form": Row("GET HEAD POST", ""),
    "portal:request": Row("GET HEAD POST", ""),
    "portal:file": Row("GET HEAD", ""),
    "api:list_forms": Row("GET POST", "admin"),
    "api:get_form": Row("GET PATCH", "admin"),
}


def names(scene: Scene) -> dict[str, dict[str, Any]]:
    """What the addresses need to name things."""
    made = {"form_id": form(scene.company).pk}
    return {
        "webform:form": made,
        "api:get_form": made,
        "portal:form": {"key": "site"},
        "portal:request": {"token": "x" * 22},
        "portal:file": {"token": "x" * 22, "file_token": scene.file.token, "name": "x.txt"},
    }
