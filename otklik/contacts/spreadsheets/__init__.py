"""Tables that people bring from elsewhere: CSV in any of the usual writings, XLSX in a child process. No Django."""

from otklik.contacts.spreadsheets.columns import FIELDS, Draft, guess_columns, read_line
from otklik.contacts.spreadsheets.reading import MOST_ROWS, Table, Unreadable, read_table

__all__ = ["FIELDS", "MOST_ROWS", "Draft", "Table", "Unreadable", "guess_columns", "read_line", "read_table"]
