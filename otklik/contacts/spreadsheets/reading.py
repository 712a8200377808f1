"""Reads a table from bytes: encoding and separator of a CSV are found out, an XLSX is opened in a child with limits."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

MOST_ROWS: Final = 20_000
MOST_COLUMNS: Final = 60
LONGEST_CELL: Final = 2_000
SECONDS: Final = 30.0
_SEPARATORS: Final = ";\t,|"


class Unreadable(Exception):
    """The file is no table that could be read. ``code``: ``empty``, ``damaged``, ``rows``, ``columns``, ``slow``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Table:
    """The first line that says anything, and the lines after it; every line is as long as the first."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read_table(data: bytes) -> Table:
    """Return the table in a CSV or XLSX file, known by its first bytes. Raises ``Unreadable``."""
    if data[:2] == b"PK":
        return _table(_xlsx(data))
    return _table(_csv(data))


def _csv(data: bytes) -> list[list[str]]:
    text = _decoded(data)
    if "\x00" in text:
        raise Unreadable("damaged")
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(_SEPARATORS, key=first.count)
    try:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        return [line for line, _ in zip(lines, range(MOST_ROWS + 2), strict=False)]
    except csv.Error as error:
        raise Unreadable("damaged") from error


def _decoded(data: bytes) -> str:
    """UTF-8 when it is that, UTF-16 by its mark, else what Russian Excel writes."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1251", "replace")


def _xlsx(data: bytes) -> list[list[str]]:
    command = [sys.executable, "-m", "otklik.contacts.spreadsheets.child", str(MOST_ROWS + 2), str(MOST_COLUMNS + 1)]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise Unreadable("slow") from error
    if done.returncode:
        raise Unreadable("damaged")
    lines: list[list[str]] = json.loads(done.stdout)
    return lines


def _table(lines: Iterable[list[str]]) -> Table:
    kept = [[_plain(cell) for cell in line] for line in lines]
    kept = [line for line in kept if any(line)]
    if len(kept) < 2:
        raise Unreadable("empty")
    if len(kept) > MOST_ROWS + 1:
        raise Unreadable("rows")
    width = max(index + 1 for line in kept for index, cell in enumerate(line) if cell)
    if width > MOST_COLUMNS:
        raise Unreadable("columns")
    header, *rows = (tuple((line + [""] * width)[:width]) for line in kept)
    return Table(header, tuple(rows))


def _plain(cell: str) -> str:
    """Return a cell on one line, without the quote that our own reports put before what looks like a formula."""
    text = " ".join(cell.split())[:LONGEST_CELL]
    return text[1:] if text[:1] == "'" and text[1:2] in set("=+-@") else text
