"""Customers and organisations."""

from typing import Any

from tests.routes.table import ALL, DESK, Row, Scene

ROWS: dict[str, Row] = {
    "contacts:people": Row("GET HEAD POST", ALL),
    "contacts:organizations": Row("GET HEAD POST", ALL),
    "contacts:imports": Row("GET HEAD POST", DESK),
    "contacts:import": Row("GET HEAD POST", DESK),
    "contacts:import-start": Row("POST", DESK),
    "contacts:import-drop": Row("POST", DESK),
    "contacts:import-refused": Row("GET HEAD", DESK),
    "contacts:contact": Row("GET HEAD POST", ALL),
    "contacts:contact-note": Row("POST", DESK),
    "contacts:merge": Row("GET HEAD POST", DESK),
    "contacts:undo-merge": Row("POST", DESK),
    "contacts:export": Row("POST", "admin supervisor"),
    "contacts:export-file": Row("GET HEAD", "admin supervisor"),
    "contacts:erase": Row("GET HEAD POST", "admin supervisor"),
    "contacts:organization": Row("GET HEAD POST", ALL),
    "contacts:organization-note": Row("POST", DESK),
    "api:list_contacts": Row("GET POST", ALL),
    "api:get_contact": Row("GET PATCH", ALL),
    "api:merge_contact": Row("POST DELETE", DESK),
    "api:list_imports": Row("GET POST", DESK),
    "api:get_import": Row("GET PATCH DELETE", DESK),
    "api:list_import_lines": Row("GET", DESK),
    "api:post_import_start": Row("POST", DESK),
    "api:get_import_refused": Row("GET", DESK),
    "api:post_export": Row("GET POST", "admin supervisor"),
    "api:get_export_file": Row("GET", "admin supervisor"),
    "api:post_erasure": Row("POST", "admin supervisor"),
    "api:list_organizations": Row("GET POST", ALL),
    "api:get_organization": Row("GET PATCH", ALL),
}

_OF_IMPORTS = ("get_import", "list_import_lines", "post_import_start", "get_import_refused")
_OF_PEOPLE = ("post_export", "get_export_file", "post_erasure")


def names(scene: Scene) -> dict[str, dict[str, Any]]:
    """What the addresses need to name things."""
    return {
        "contacts:import": {"import_id": 1},
        "contacts:import-start": {"import_id": 1},
        "contacts:import-drop": {"import_id": 1},
        "contacts:import-refused": {"import_id": 1},
        "contacts:contact": {"contact_id": scene.company.clara.pk},
        "contacts:contact-note": {"contact_id": scene.company.clara.pk},
        "contacts:merge": {"contact_id": scene.company.clara.pk},
        "contacts:undo-merge": {"contact_id": scene.company.clara.pk, "merge_id": 1},
        "contacts:export": {"contact_id": scene.company.clara.pk},
        "contacts:export-file": {"contact_id": scene.company.clara.pk, "export_id": 1},
        "contacts:erase": {"contact_id": scene.company.clara.pk},
        "contacts:organization": {"organization_id": scene.company.berezka.pk},
        "contacts:organization-note": {"organization_id": scene.company.berezka.pk},
        "api:get_contact": {"contact_id": scene.company.clara.pk},
        "api:merge_contact": {"contact_id": scene.company.clara.pk},
        **{f"api:{name}": {"import_id": 1} for name in _OF_IMPORTS},
        **{f"api:{name}": {"contact_id": scene.company.clara.pk} for name in _OF_PEOPLE},
        "api:get_organization": {"organization_id": scene.company.berezka.pk},
    }
