"""Registers the adapter when the program starts; a form needs no loop of its own."""

from otklik.channels.webform import adapter

__all__ = ["adapter"]
