"""Reasons of absence in both languages: a setting of lines “Отпуск = Vacation”, read by whoever shows a reason."""

from collections.abc import Iterable, Iterator
from typing import Final

from django.utils.translation import get_language

from otklik.core import settings_store

ABSENCE_REASONS: Final = "absence_reasons"
LONGEST: Final = 80


def pairs(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the Russian and the English words of each line; a line without ``=`` reads the same in both."""
    for line in lines:
        russian, parted, english = (part.strip() for part in line.partition("="))
        yield russian or english, (english or russian) if parted else russian


def _russian() -> bool:
    return (get_language() or "ru").startswith("ru")


def offered() -> list[str]:
    """Return the reasons to choose from, in the active language."""
    return [russian if _russian() else english for russian, english in pairs(settings_store.get(ABSENCE_REASONS))]


def in_language(reason: str) -> str:
    """Return a reason in the active language when it is one of those offered, else as somebody typed it."""
    for russian, english in pairs(settings_store.get(ABSENCE_REASONS)):
        if reason in {russian, english}:
            return russian if _russian() else english
    return reason
