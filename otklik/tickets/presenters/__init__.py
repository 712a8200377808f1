"""Turns tickets, messages and events into ready strings, so that templates only place them."""
