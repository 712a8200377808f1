"""Blocks of public JSON: what rooms above add to a ticket or a message in the API, webhooks and exports."""

from collections.abc import Callable, Sequence
from typing import Any

from otklik.core.registry import Registry

BlockLoader = Callable[[Sequence[Any]], dict[int, Any]]
"""Takes the subjects of one page (or their ids) and returns the block's value by id, in one statement."""

_registries: dict[str, Registry[BlockLoader]] = {}


def blocks_of(subject: str) -> Registry[BlockLoader]:
    """Return the registry of blocks for a kind of subject, such as ``ticket`` or ``message``."""
    return _registries.setdefault(subject, Registry(f"blocks of {subject}"))


def register_block(key: str, load: BlockLoader, *, subject: str = "ticket") -> None:
    """Add the block ``key`` to the public JSON of every ``subject``."""
    blocks_of(subject).register(key, load)


def load_blocks(subject: str, items: Sequence[Any]) -> dict[str, dict[int, Any]]:
    """Return for each block its values by id, for the given page of subjects: one statement a block, not a row."""
    if not items:
        return {key: {} for key, _load in blocks_of(subject).items()}
    return {key: load(items) for key, load in blocks_of(subject).items()}
