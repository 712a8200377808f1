"""Whatever a page writes, a program can write too, or ``docs/api-doors.md`` says why not."""

import json
import re
from pathlib import Path

from tests.routes import ROWS

DOCS = Path(__file__).resolve().parent.parent / "docs"
TABLE = (DOCS / "api-doors.md").read_text(encoding="utf-8").partition("\n| --- ")[2]
LINES = [[cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.splitlines() if line.startswith("| `")]
NAME, OPERATION = re.compile(r"`([^`]+)`"), re.compile(r"`([A-Z]+ /[^`]*)`")


def _writing() -> set[str]:
    rows = {name: row for name, row in ROWS.items() if not name.startswith("api:")}
    return {name for name, row in rows.items() if set(row.methods.split()) - {"GET", "HEAD"}}


def test_every_page_that_writes_has_one_row() -> None:
    named = [name for pages, *_rest in LINES for name in NAME.findall(pages)]
    assert sorted(named) == sorted(_writing())


def _operations() -> set[str]:
    paths = json.loads((DOCS / "openapi.json").read_text(encoding="utf-8"))["paths"]
    pairs = [(path.removeprefix("/api/v1"), method) for path, methods in paths.items() for method in methods]
    return {f"{method.upper()} {path}" for path, method in pairs if method != "parameters"}


def test_every_row_names_operations_that_are_there_or_says_why_none() -> None:
    for pages, operations, said in LINES:
        named = OPERATION.findall(operations)
        assert len(named) == len(NAME.findall(operations)), pages
        assert set(named) <= _operations(), pages
        assert named or said, f"{pages}: neither an operation nor a reason"


def test_every_operation_that_writes_is_the_door_of_a_page() -> None:
    doors = {operation for _pages, operations, _said in LINES for operation in OPERATION.findall(operations)}
    assert {operation for operation in _operations() if not operation.startswith("GET ")} - doors == set()
