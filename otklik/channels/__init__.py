"""Channels: the adapter contract, the registry of kinds and what connects a channel to its server."""
