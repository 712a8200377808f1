"""Check that the package imports what ``pyproject.toml`` names, neither less nor more, and that each has its reason.

A package that comes only with another one may leave with it; one that nobody imports is weight. The reasons stand in
``docs/adr/0005-dependencies.md``.
"""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REASONS = ROOT / "docs" / "adr" / "0005-dependencies.md"
# Taken by another package when it is there: Django's hasher and its PostgreSQL backend, and the web server.
TAKEN_BY_OTHERS = {"argon2-cffi", "psycopg", "httptools", "uvloop"}


def main() -> int:
    """Print what is missing or too much; returns 1 when anything is."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {_plain(re.split(r"[\s\[<>=~!;]", line)[0]) for line in project["dependencies"]}
    used = _imported_distributions()
    reasons = {_plain(word) for word in re.findall(r"[\w.-]+", REASONS.read_text(encoding="utf-8"))}
    problems = [
        f"pyproject.toml: {name} is imported ({place}) and not named"
        for name, place in used.items()
        if name not in declared
    ]
    problems += [
        f"pyproject.toml: {name} is named and never imported" for name in declared - set(used) - TAKEN_BY_OTHERS
    ]
    problems += [f"{REASONS.relative_to(ROOT)}: {name} has no line that says why" for name in declared - reasons]
    for problem in sorted(problems):
        print(problem)
    return 1 if problems else 0


def _imported_distributions() -> dict[str, str]:
    """Return the packages that ``otklik`` imports at run time, each with a place."""
    known = packages_distributions()
    found: dict[str, str] = {}
    for path in sorted((ROOT / "otklik").rglob("*.py")):
        relative = path.relative_to(ROOT)
        if "tests" in relative.parts or "testing" in relative.parts:
            continue
        for module in _modules(path):
            for distribution in known.get(module, ()):
                if module != "otklik":
                    found.setdefault(_plain(distribution), str(relative))
    return found


def _modules(path: Path) -> set[str]:
    """Return the top packages that a module imports; settings name applications and middleware in strings."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
        elif (
            path.name == "settings.py" and isinstance(node, ast.Constant) and re.fullmatch(r"\w[\w.]+", str(node.value))
        ):
            names.add(str(node.value).split(".")[0])
    return names - set(sys.stdlib_module_names)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
