"""Which column is what, and what a line says: pure rules over texts."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

FIELDS: Final = ("name", "email", "phone", "organization", "position", "note")
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "email": ("e-mail", "email", "mail", "почта", "эл. адрес", "электронная", "адрес почты"),
    "phone": ("телефон", "тел.", "тел", "phone", "mobile", "моб"),
    "organization": ("организация", "компания", "фирма", "контрагент", "клиент", "company", "organization",
                     "organisation", "account"),
    "position": ("должность", "position", "title", "role"),
    "note": ("заметка", "примечание", "комментарий", "note", "comment"),
    "name": ("фио", "ф.и.о", "имя", "контактное лицо", "контакт", "сотрудник", "name", "person", "contact"),
}  # fmt: skip
_SEVERAL = re.compile(r"[;,\s]+")


@dataclass(frozen=True, slots=True)
class Draft:
    """What a line says of a person; empty texts say nothing."""

    name: str = ""
    emails: tuple[str, ...] = ()
    phone: str = ""
    organization: str = ""
    position: str = ""
    note: str = ""


def guess_columns(header: Sequence[str]) -> dict[str, int]:
    """Return the likely column of each field; a column serves one field, and fields nobody names are left out."""
    found: dict[str, int] = {}
    plain = [text.lower().replace("ё", "е").strip() for text in header]
    for exact in (True, False):
        for field, names in _NAMES.items():
            for place, text in enumerate(plain):
                if field in found or place in found.values():
                    continue
                if text in names if exact else any(name in text for name in names):
                    found[field] = place
    return found


def read_line(line: Sequence[str], columns: Mapping[str, int]) -> Draft:
    """Return what a line says in the chosen columns."""
    values = {field: line[place] for field, place in columns.items() if place < len(line)}
    emails = tuple(part for part in _SEVERAL.split(values.pop("email", "")) if part)
    return Draft(emails=emails, **values)
