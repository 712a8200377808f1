"""The process that opens a foreign XLSX: it has its own memory and time, and nothing else of the desk.

python -m otklik.contacts.spreadsheets.child ROWS COLUMNS < file.xlsx    writes the first sheet as JSON
"""

import io
import json
import resource
import sys
from datetime import date, datetime

MEMORY = 768 * 1024 * 1024
SECONDS = 25


def main() -> int:
    """Write at most the given numbers of rows and columns as lists of texts."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    most_rows, most_columns = (int(word) for word in sys.argv[1:3])
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(sys.stdin.buffer.read()), read_only=True, data_only=True, keep_links=False)
    sheet = book.worksheets[0]
    lines = sheet.iter_rows(max_row=most_rows, max_col=most_columns, values_only=True)
    json.dump([[_text(value) for value in line] for line in lines], sys.stdout, ensure_ascii=False)
    return 0


def _text(value: object) -> str:
    """Word a cell as a person would read it; numbers that are whole have no point."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


if __name__ == "__main__":
    sys.exit(main())
