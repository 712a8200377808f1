"""Check that the documentation tells the truth where a program can know it.

Every ``OTKLIK_…`` variable that the code reads stands in ``docs/settings.md``, in both languages, and the other way
round; every page stands in the index of its language; every link to a file of the repository leads somewhere; every ADR
has a status; every room has a README; what users and administrators read stands in both languages.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
VARIABLE = re.compile(r"\bOTKLIK_[A-Z0-9_]+\b")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
STATUS = re.compile(r"^Status: (accepted|proposed|superseded by \[.+\]\(.+\))", re.MULTILINE)
FOR_PROGRAMMERS = {"api.md", "api-doors.md", "benchmarks.md", "cases.md", "events.md"}
# Read by the tests and the tools only, or handed by `otklik serve` to its own children.
NOT_FOR_PEOPLE = ("OTKLIK_TEST_", "OTKLIK_SMTP_FD", "OTKLIK_ENGINE_CHECKPOINTS")


def main(root: Path = ROOT) -> int:
    """Print what is wrong; returns 1 when anything is."""
    problems = [
        *_variables(root), *_indexes(root), *_sisters(root), *_links(root), *_decisions(root), *_rooms(root),
    ]  # fmt: skip
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def _sisters(root: Path) -> Iterator[str]:
    """Pages in one language; those for programmers are in English only."""
    pages = {page.name for page in (root / "docs").glob("*.md")}
    for name in sorted(pages - FOR_PROGRAMMERS):
        other = f"{name.removesuffix('.ru.md')}.md" if name.endswith(".ru.md") else f"{name.removesuffix('.md')}.ru.md"
        if other not in pages:
            yield f"docs/{name}: docs/{other} is missing"


def _variables(root: Path) -> Iterator[str]:
    page = root / "docs" / "settings.md"
    documented = set(VARIABLE.findall(page.read_text(encoding="utf-8"))) if page.exists() else set()
    read: dict[str, str] = {}
    for path in sorted((root / "otklik").rglob("*.py")):
        if "tests" in path.parts:
            continue
        for name in VARIABLE.findall(path.read_text(encoding="utf-8")):
            if not name.startswith(NOT_FOR_PEOPLE) and not name.endswith("_"):
                # X_FILE is the second form of every secret.
                read.setdefault(name.removesuffix("_FILE"), str(path.relative_to(root)))
    for name in sorted(set(read) - documented):
        yield f"docs/settings.md: {name} is missing (read in {read[name]})"
    for name in sorted(documented - set(read)):
        if name.removesuffix("_FILE") not in read and not name.endswith("_"):
            yield f"docs/settings.md: {name} is read nowhere"
    sister = root / "docs" / "settings.ru.md"
    if sister.exists():
        for name in sorted(documented ^ set(VARIABLE.findall(sister.read_text(encoding="utf-8")))):
            yield f"docs/settings.ru.md: {name} stands in one language only"


def _indexes(root: Path) -> Iterator[str]:
    folder = root / "docs"
    for index, pages in (("README.md", "*.md"), ("README.ru.md", "*.ru.md")):
        if not (folder / index).exists():
            continue
        named = {target.partition("#")[0] for target in LINK.findall((folder / index).read_text(encoding="utf-8"))}
        for page in sorted(folder.glob(pages)):
            ours = page.name.endswith(".ru.md") == (index == "README.ru.md")
            if ours and page.name != index and page.name not in named:
                yield f"docs/{index}: {page.name} is missing"


def _links(root: Path) -> Iterator[str]:
    pages = [*root.glob("*.md"), *(root / "docs").rglob("*.md"), *(root / "otklik").rglob("*.md")]
    for page in sorted(pages):
        for target in LINK.findall(page.read_text(encoding="utf-8")):
            path, _, _ = target.partition("#")
            if not path or re.match(r"[a-z]+:", path):
                continue
            if not (page.parent / unquote(path)).exists():
                yield f"{page.relative_to(root)}: the link to {target} leads nowhere"


def _decisions(root: Path) -> Iterator[str]:
    for page in sorted((root / "docs" / "adr").glob("[0-9]*.md")):
        if not STATUS.search(page.read_text(encoding="utf-8")):
            yield f"{page.relative_to(root)}: no line with the status"


def _rooms(root: Path) -> Iterator[str]:
    for apps in sorted((root / "otklik").rglob("apps.py")):
        if not (apps.parent / "README.md").exists():
            yield f"{apps.parent.relative_to(root)}: a room has a README.md of ten lines: what, main words, traps"


if __name__ == "__main__":
    sys.exit(main())
