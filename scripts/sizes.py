"""Hold the size budgets of the house: files, functions, templates, scripts, styles, tests.

Past the soft budget a line is printed for the review; past the hard one the check fails, unless ``sizes.allow`` names
the place with a reason. An allowance that is no longer needed fails too, so that the list stays short.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ALLOW = ROOT / "sizes.allow"
FOLDERS = ("otklik", "scripts", "bench", "tests")
SKIPPED = {"migrations", "vendor", "__pycache__"}


@dataclass(frozen=True)
class Budget:
    """What a kind of thing may weigh, in lines."""

    kind: str
    soft: int
    hard: int


FILE = Budget("file", 300, 500)
FUNCTION = Budget("function", 40, 80)
TEST = Budget("test file", 400, 500)
BY_SUFFIX = {
    ".html": Budget("template", 120, 200),
    ".js": Budget("script", 150, 150),
    ".css": Budget("style", 250, 250),
}


@dataclass(frozen=True)
class Size:
    """One measured thing; ``place`` is how ``sizes.allow`` names it."""

    place: str
    lines: int
    budget: Budget


def main(root: Path = ROOT) -> int:
    """Print what is over its budget; returns 1 when something hard is not allowed or an allowance is idle."""
    allowed, faults = _allowances(root / ALLOW.name)
    sizes = list(measure(root))
    for size in sorted(sizes, key=lambda size: -size.lines / size.budget.soft):
        label = f"{size.place}: {size.budget.kind} of {size.lines} lines"
        if size.lines > size.budget.hard and size.place not in allowed:
            faults.append(f"{label}, the limit is {size.budget.hard}")
        elif size.lines > size.budget.soft:
            print(f"over the soft budget of {size.budget.soft}: {label}")
    needed = {size.place for size in sizes if size.lines > size.budget.hard}
    faults += [f"sizes.allow: {place} needs no allowance any more" for place in sorted(set(allowed) - needed)]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def measure(root: Path) -> Iterator[Size]:
    """Measure everything that has a budget below ``root``."""
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and not SKIPPED & set(path.parts):
                yield from _measure_file(path, str(path.relative_to(root)))


def _measure_file(path: Path, place: str) -> Iterator[Size]:
    if path.suffix in BY_SUFFIX:
        yield Size(place, _lines(path), BY_SUFFIX[path.suffix])
    elif path.suffix == ".py":
        is_test = "tests" in path.parts or path.name.startswith("test_")
        yield Size(place, _lines(path), TEST if is_test else FILE)
        if not is_test:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            yield from (Size(f"{place}:{name}", lines, FUNCTION) for name, lines in _functions(tree, ""))


def _lines(path: Path) -> int:
    return path.read_text(encoding="utf-8").count("\n")


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, int]]:
    for child in ast.iter_child_nodes(node):
        name = f"{prefix}{getattr(child, 'name', '')}"
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield name, (child.end_lineno or child.lineno) - child.lineno + 1
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from _functions(child, f"{name}.")
        else:
            yield from _functions(child, prefix)


def _allowances(path: Path) -> tuple[dict[str, str], list[str]]:
    allowed: dict[str, str] = {}
    faults = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        if not line.strip() or line.startswith("#"):
            continue
        place, _, reason = line.partition("  ")
        if not reason.strip():
            faults.append(f"sizes.allow: {place} has no reason")
        allowed[place.strip()] = reason.strip()
    return allowed, faults


if __name__ == "__main__":
    sys.exit(main())
