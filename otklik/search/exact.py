"""Quoted phrases: the index knows stems, so the texts of what it found are looked at for the very words. Pure."""

from collections.abc import Sequence

from otklik.search.documents import Draft
from otklik.search.words import words


def says(draft: Draft, phrases: Sequence[tuple[str, ...]]) -> bool:
    """Tell whether each phrase stands in one of a document's texts, word for word: letters folded, no stems."""
    left = [f" {' '.join(phrase)} " for phrase in phrases]
    for text in (draft.text, *draft.about, *draft.names):
        if not left:
            break
        line = f" {' '.join(words(text))} "
        left = [phrase for phrase in left if phrase not in line]
    return not left
