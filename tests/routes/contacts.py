"""Customers and organisations."""

from typing import Any

from tests.routes import things
from tests.routes.table import ALL, DESK, Row, Scene

ROWS: dict[str, Row] = {
    "contacts:people": Row(
        "GET HEAD POST", ALL, writers=DESK, right="contacts.view", writes="contacts.view contacts.edit"
    ),
    "contacts:organizations": Row(
        "GET HEAD POST", ALL, writers=DESK, right="contacts.view", writes="contacts.view contacts.edit"
    ),
    "contacts:imports": Row("GET HEAD POST", DESK, of_people=True, right="contacts.edit"),
    "contacts:import": Row("GET HEAD POST", DESK, of_people=True, right="contacts.edit"),
    "contacts:import-start": Row("POST", DESK, of_people=True, right="contacts.edit"),
    "contacts:import-drop": Row("POST", DESK, of_people=True, right="contacts.edit"),
    "contacts:import-refused": Row("GET HEAD", DESK, of_people=True, right="contacts.edit"),
    "contacts:contact": Row(
        "GET HEAD POST", ALL, of_people=True, writers=DESK, right="contacts.view", writes="contacts.view contacts.edit"
    ),
    "contacts:contact-note": Row("POST", DESK, of_people=True, right="contacts.view contacts.edit"),
    "contacts:merge": Row(
        "GET HEAD POST",
        DESK,
        of_people=True,
        body={"other": "=other", "keep": "=other"},
        right="contacts.view contacts.edit",
    ),
    "contacts:undo-merge": Row("POST", DESK, of_people=True, right="contacts.view contacts.edit"),
    "contacts:export": Row("POST", "admin supervisor", of_people=True, right="contacts.view contacts.export"),
    "contacts:export-file": Row("GET HEAD", "admin supervisor", of_people=True, right="contacts.view contacts.export"),
    "contacts:erase": Row("GET HEAD POST", "admin supervisor", of_people=True, right="contacts.view contacts.erase"),
    "contacts:organization": Row(
        "GET HEAD POST", ALL, writers=DESK, right="contacts.view", writes="contacts.view contacts.edit"
    ),
    "contacts:organization-note": Row("POST", DESK, right="contacts.view contacts.edit"),
    "api:list_contacts": Row("GET POST", ALL, writers=DESK, right="contacts.view", writes="contacts.edit"),
    "api:get_contact": Row(
        "GET PATCH", ALL, of_people=True, writers=DESK, right="contacts.view", writes="contacts.view contacts.edit"
    ),
    "api:merge_contact": Row(
        "POST DELETE", DESK, of_people=True, body={"into": "=hidden"}, right="contacts.view contacts.edit"
    ),
    "api:list_organizations": Row(
        "GET POST", ALL, writers=DESK, right="contacts.view", writes="contacts.view contacts.edit"
    ),
    "api:get_organization": Row(
        "GET PATCH", ALL, writers=DESK, right="contacts.view", writes="contacts.view contacts.edit"
    ),
    "api:list_imports": Row("GET POST", DESK, of_people=True),
    "api:get_import": Row("GET PATCH DELETE", DESK, of_people=True),
    "api:list_import_lines": Row("GET", DESK, of_people=True),
    "api:post_import_start": Row("POST", DESK, of_people=True),
    "api:get_import_refused": Row("GET", DESK, of_people=True),
    "api:post_export": Row("GET POST", "admin supervisor", of_people=True),
    "api:get_export_file": Row("GET", "admin supervisor", of_people=True),
    "api:post_erasure": Row("POST", "admin supervisor", of_people=True),
}


_OF_IMPORTS = ("get_import", "list_import_lines", "post_import_start", "get_import_refused")
_OF_PEOPLE = ("post_export", "get_export_file", "post_erasure")


def names(scene: Scene) -> dict[str, dict[str, Any]]:
    """What the addresses need to name things."""
    merge = things.merge(scene.hidden)
    table = {"import_id": things.an_import().pk}
    person = {"contact_id": scene.hidden.pk}
    return {
        "contacts:import": table,
        "contacts:import-start": table,
        "contacts:import-drop": table,
        "contacts:import-refused": table,
        "contacts:contact": person,
        "contacts:contact-note": person,
        "contacts:merge": person,
        "contacts:undo-merge": person | {"merge_id": merge.pk},
        "contacts:export": person,
        "contacts:export-file": person | {"export_id": things.export(scene.hidden).pk},
        "contacts:erase": person,
        "contacts:organization": {"organization_id": scene.company.berezka.pk},
        "contacts:organization-note": {"organization_id": scene.company.berezka.pk},
        "api:get_contact": person,
        "api:merge_contact": {"contact_id": merge.source_id},
        "api:get_organization": {"organization_id": scene.company.berezka.pk},
        **{f"api:{name}": table for name in _OF_IMPORTS},
        **{f"api:{name}": person for name in _OF_PEOPLE},
    }
