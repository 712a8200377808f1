"""What is shown and told of imports: the list, the preview with its sums and lines, the result, the refused lines."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from otklik.contacts.models import ContactImport, ImportLine, ImportState, Outcome
from otklik.contacts.queries import lines_of, refusals_of
from otklik.contacts.spreadsheets import FIELDS
from otklik.core import shown
from otklik.core.text import spreadsheet_cell

_PAGE: Final = 50
_REFUSED_SHOWN: Final = 200
LABELS: Final[Mapping[str, Any]] = {
    "name": gettext_lazy("Name"),
    "email": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Phone"),
    "organization": gettext_lazy("Organisation"),
    "position": gettext_lazy("Position"),
    "note": gettext_lazy("Note"),
}


def present_imports(rows: Iterable[ContactImport], at: datetime) -> list[dict[str, Any]]:
    """Return the lines of the list of imports."""
    return [
        {
            "id": row.pk, "file": row.file_name, "who": row.by_name, "when": shown.ago(row.created_at, at),
            "exact": shown.exact(row.created_at), "state": _state(row),
        }
        for row in rows
    ]  # fmt: skip


def _state(row: ContactImport) -> str:
    if row.state == ImportState.DRAFT:
        return _("not begun") if row.looked >= row.total else _("being looked through")
    if row.state == ImportState.RUNNING:
        return _("%(done)s of %(total)s") % {"done": row.done, "total": row.total}
    told = _("%(added)s new, %(changed)s changed") % {"added": row.added, "changed": row.changed}
    told = _("stopped") + ": " + told if row.state == ImportState.STOPPED else told
    return told + (", " + _("%(refused)s refused") % {"refused": row.refused} if row.refused else "")


def preview(row: ContactImport, *, show: str = "", after: int = -1) -> dict[str, Any]:
    """Return what a draft shows: its columns, how far it was looked through, then sums and lines of one outcome."""
    looking = row.looked < row.total
    context: dict[str, Any] = {
        "fields": [{"key": field, "label": LABELS[field], "place": row.columns.get(field, -1)} for field in FIELDS],
        "headings": [{"place": place, "text": text or "—"} for place, text in enumerate(row.header)],
        "looking": looking, "sums": [], "lines": [], "more": "", "reasons": [],
    }  # fmt: skip
    if looking:
        return context
    sums = {
        "": (_("All lines"), row.total), Outcome.ADDED: (_("New people"), row.will_add),
        Outcome.CHANGED: (_("Would change"), row.will_change), Outcome.SAME: (_("Say nothing new"), row.will_keep),
        Outcome.REFUSED: (_("Would be refused"), row.will_refuse),
    }  # fmt: skip
    show = show if show in sums else ""
    found = list(lines_of(row, outcome=show, after=after)[: _PAGE + 1])
    following = {"show": show, "after": found[_PAGE - 1].place if len(found) > _PAGE else ""}
    return context | {
        "sums": [{"url": "?" + urlencode({"show": key}), "label": label, "number": number, "current": key == show}
                 for key, (label, number) in sums.items()],
        "shown": [LABELS[field] for field in FIELDS if field in row.columns],
        "lines": [_line(row, line) for line in found[:_PAGE]], "show": show,
        "more": "?" + urlencode(following) if len(found) > _PAGE else "", "usable": row.total - row.will_refuse,
        "reasons": refusals_of(row) if row.will_refuse else [],
    }  # fmt: skip


def _line(row: ContactImport, line: ImportLine) -> dict[str, Any]:
    words = {Outcome.ADDED: _("new"), Outcome.CHANGED: _("changes"), Outcome.SAME: _("nothing new")}
    return {
        "number": line.place + 2, "bad": line.outcome == Outcome.REFUSED,
        "cells": [line.cells[row.columns[field]] for field in FIELDS if field in row.columns],
        "result": line.reason or words.get(Outcome(line.outcome), ""),
        "changes": [(_changed(field), old or "—", new or "—") for field, old, new in line.changes],
    }  # fmt: skip


def _changed(field: str) -> str:
    return str(LABELS.get("email" if field == "addresses" else field, field))


def result(row: ContactImport) -> dict[str, Any]:
    """Return what is shown of an import that has begun: the refused lines with their reasons, as many as fit."""
    lines = lines_of(row, outcome=Outcome.REFUSED)[:_REFUSED_SHOWN]
    return {
        "running": row.state == ImportState.RUNNING,
        "stopped": row.state == ImportState.STOPPED,
        "refused": [{"line": line.place + 2, "reason": line.reason, "cells": _told(line)} for line in lines],
    }


def _told(line: ImportLine) -> str:
    return " · ".join(str(cell) for cell in line.cells if cell)[:200]


def refused_csv(row: ContactImport) -> str:
    """Return the refused lines as CSV: the cells as they came, under their headings, then the line and the reason.

    Spreadsheets show every cell and compute none; read again by an import, the cells are as they came.
    """
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";")
    writer.writerow([spreadsheet_cell(text) for text in [*row.header, _("Line of the file"), _("Why it was refused")]])
    for line in lines_of(row, outcome=Outcome.REFUSED).iterator(chunk_size=1000):
        cells = [str(cell) for cell in line.cells] or [""] * len(row.header)
        writer.writerow([*map(spreadsheet_cell, cells), line.place + 2, spreadsheet_cell(line.reason)])
    return "\ufeff" + file.getvalue()
