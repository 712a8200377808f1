"""The kinds of channels: each application of a kind registers its adapter while the program starts."""

from otklik.channels.base import ChannelAdapter
from otklik.core.registry import Registry
from otklik.tickets.queries import comes_by_itself

_ADAPTERS: Registry[type[ChannelAdapter]] = Registry("channel adapters")


def register(adapter: type[ChannelAdapter]) -> type[ChannelAdapter]:
    """Add an adapter class under its kind; a second one of the same kind is refused. Usable as a decorator."""
    _ADAPTERS.register(adapter.kind, adapter)
    if not adapter.by_hand:
        comes_by_itself(adapter.kind)
    return adapter


def adapter_class(kind: str) -> type[ChannelAdapter] | None:
    """Return the adapter of a kind, or None for channels without one ("call", "visit")."""
    return dict(_ADAPTERS.items()).get(kind)


def adapters() -> dict[str, type[ChannelAdapter]]:
    """Return all registered adapters by kind."""
    return dict(_ADAPTERS.items())
