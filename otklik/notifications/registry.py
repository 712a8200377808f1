"""Who else is told: the registry itself lies in the core, so that rooms below can fill it (absence with a stand-in)."""

from otklik.core.deputies import Deputies, deputies, recipients_of, register_deputies

__all__ = ["Deputies", "deputies", "recipients_of", "register_deputies"]
