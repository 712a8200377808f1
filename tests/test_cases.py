"""The table of cases names tests that exist, and no case is forgotten."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROW = re.compile(r"^\| (D-\d\d) \| (.+?) \| (held|in part: .+?|no door: .+?) \| (.*?) ?\|$", re.MULTILINE)
TESTS = re.compile(r"`([^`:]+\.py)::(\w+)`")


def _rows() -> dict[str, tuple[str, list[tuple[str, str]]]]:
    """Return state and named tests of every case."""
    text = (ROOT / "docs/cases.md").read_text(encoding="utf-8")
    return {case: (state, TESTS.findall(tests)) for case, _words, state, tests in ROW.findall(text)}


def _functions(path: Path) -> set[str]:
    """Return the names of the tests in a file, without running it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds) and node.name.startswith("test_")}


def test_every_case_has_its_row() -> None:
    assert list(_rows()) == [f"D-{number:02}" for number in range(1, 61)]


@pytest.mark.parametrize("case", [f"D-{number:02}" for number in range(1, 61)])
def test_the_tests_of_a_case_exist(case: str) -> None:
    state, tests = _rows()[case]
    assert tests or state.startswith("no door"), "nothing holds it"
    missing = [f"{path}::{name}" for path, name in tests if name not in _functions(ROOT / path)]
    assert not missing


def test_nothing_in_the_table_is_overlooked() -> None:
    text = (ROOT / "docs/cases.md").read_text(encoding="utf-8")
    named = sum(len(tests) for _state, tests in _rows().values())
    assert text.count("::") == named  # each has the form that is looked for
    assert text.count("\n| D-") == len(_rows())
