"""How IMAP writes a set of messages, and what it said, as texts. Pure."""

from collections.abc import Iterable
from typing import Any


def uid_set(uids: Iterable[int]) -> str:
    """Return UIDs as IMAP writes a set, with ranges."""
    parts: list[str] = []
    numbers = sorted(set(uids))
    place = 0
    while place < len(numbers):
        end = place
        while end + 1 < len(numbers) and numbers[end + 1] == numbers[end] + 1:
            end += 1
        parts.append(str(numbers[place]) if end == place else f"{numbers[place]}:{numbers[end]}")
        place = end + 1
    return ",".join(parts)


def words_of(answer: Any) -> str:
    """Return the server's words in an answer, cleaned and cut."""
    texts = [item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item) for item in answer or [] if item]
    return "".join(letter if letter.isprintable() else " " for letter in " ".join(texts))[:300]
