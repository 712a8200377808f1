"""The table of cases names tests that exist, forgets no case, and says "no door" only while there is none."""

import ast
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.apps import apps

from tests.routes import ROWS

ROOT = Path(__file__).resolve().parent.parent
ROW = re.compile(r"^\| (D-\d\d) \| (.+?) \| (held|in part: .+?|no door: .+?) \| (.*?) ?\|$", re.MULTILINE)
TESTS = re.compile(r"`([^`:]+\.py)::(\w+)`")
CASES = [f"D-{number:02}" for number in range(1, 61)]


@dataclass(frozen=True)
class House:
    """What a new door would show itself by: a room, an address with its methods, a library, a field of a person."""

    rooms: frozenset[str] = frozenset()
    routes: dict[str, str] = field(default_factory=dict)
    libraries: frozenset[str] = frozenset()
    of_people: frozenset[str] = frozenset()

    @property
    def words(self) -> set[str]:
        """Every word that rooms, addresses and libraries are named with."""
        return {word for name in (*self.rooms, *self.routes, *self.libraries) for word in _words(name)}


Look = Callable[[House], set[str]]


def _words(name: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", name.lower())


def _named(*words: str) -> Look:
    return lambda house: house.words & set(words)


def _removes_files(house: House) -> set[str]:
    about = {"attachment", "attachments", "file", "files"}
    ending = {"delete", "removal", "remove", "erase"}
    return {
        name for name, methods in house.routes.items()
        if about & set(_words(name)) and ("DELETE" in methods or ending & set(_words(name)))
    }  # fmt: skip


# What the table says is missing, and by what it would show itself. A new door turns the test of its line red: then the
# row in docs/cases.md gets its tests, and the line here goes.
MISSING: dict[str, Look] = {
    "pictures of people": lambda house: set(house.of_people) & {"avatar", "photo", "picture", "portrait", "image"},
    "the chat on the customer's site": _named("chat", "chats", "widget", "widgets"),
    "the technician's photos": _named("photo", "photos", "exif", "camera", "visits", "visit"),
    "documents": _named("documents", "acts", "act", "pdf", "invoices", "weasyprint", "reportlab", "fpdf2", "docx"),
    "a sign-in for customers": lambda house: (
        {name for name in house.routes if name.startswith("portal:")}
        - {"portal:new", "portal:form", "portal:request", "portal:file"}
    ),
    "deleting files": _removes_files,
    "messengers": _named("telegram", "whatsapp", "viber", "vk", "max", "messenger", "messengers", "bot", "bots"),
    "working hours and deadlines": _named("sla", "slas", "deadline", "deadlines", "calendar", "calendars", "holidays"),
    "the technician's visits": _named("visit", "visits", "trips", "pwa"),
}
DOORS = {
    "pictures of people": House(of_people=frozenset({"avatar"})),
    "the chat on the customer's site": House(routes={"chat:frame": "GET"}),
    "the technician's photos": House(routes={"visits:photo": "POST"}),
    "documents": House(libraries=frozenset({"weasyprint"})),
    "a sign-in for customers": House(routes={"portal:requests": "GET"}),
    "deleting files": House(routes={"tickets:attachment": "GET DELETE"}),
    "messengers": House(rooms=frozenset({"otklik.channels.telegram"})),
    "working hours and deadlines": House(rooms=frozenset({"otklik.sla"})),
    "the technician's visits": House(rooms=frozenset({"otklik.visits"})),
}


def _house() -> House:
    """Return the house as it stands."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    people = (apps.get_model("accounts.User"), apps.get_model("contacts.Contact"))
    return House(
        rooms=frozenset(app.name for app in apps.get_app_configs() if app.name.startswith("otklik.")),
        routes={name: row.methods for name, row in ROWS.items()},
        libraries=frozenset(re.split(r"[^\w.-]", line)[0].lower() for line in project["dependencies"]),
        of_people=frozenset(one.name for model in people for one in model._meta.get_fields()),
    )


def _rows() -> dict[str, tuple[str, str, list[tuple[str, str]]]]:
    """Return words, state and named tests of every case."""
    text = (ROOT / "docs/cases.md").read_text(encoding="utf-8")
    return {case: (words, state, TESTS.findall(tests)) for case, words, state, tests in ROW.findall(text)}


def _missing() -> list[str]:
    """Return what the table calls missing."""
    return [state.partition(": ")[2] for _words, state, _tests in _rows().values() if state != "held"]


def _functions(path: Path) -> set[str]:
    """Return the names of the tests in a file, without running it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds) and node.name.startswith("test_")}


def test_every_case_has_its_row() -> None:
    assert list(_rows()) == CASES


@pytest.mark.parametrize("case", CASES)
def test_the_tests_of_a_case_exist(case: str) -> None:
    _told, state, tests = _rows()[case]
    assert tests or state.startswith("no door"), "nothing holds it"
    missing = [f"{path}::{name}" for path, name in tests if name not in _functions(ROOT / path)]
    assert not missing


def test_nothing_in_the_table_is_overlooked() -> None:
    text = (ROOT / "docs/cases.md").read_text(encoding="utf-8")
    named = sum(len(tests) for _told, _state, tests in _rows().values())
    assert text.count("::") == named  # each has the form that is looked for
    assert text.count("\n| D-") == len(_rows())


def test_what_is_called_missing_is_looked_for() -> None:
    assert set(_missing()) == set(MISSING) == set(DOORS)


@pytest.mark.parametrize("what", MISSING)
def test_what_is_called_missing_is_missing(what: str) -> None:
    assert not MISSING[what](_house()), "there is a door now: name the tests that hold it in docs/cases.md"


@pytest.mark.parametrize("what", MISSING)
def test_a_door_that_opens_is_noticed(what: str) -> None:
    assert MISSING[what](DOORS[what])


def test_a_row_that_is_held_promises_nothing_for_later() -> None:
    late = re.compile(r"\b(yet|still to come|for now|not here)\b")
    assert not [case for case, (told, state, _tests) in _rows().items() if state == "held" and late.search(told)]
