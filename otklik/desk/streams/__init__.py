"""The live stream: one connection a browser, one reader a web process, ids and counters and never a word."""

from otklik.desk.streams.app import serve_stream, wants_stream
from otklik.desk.streams.hub import the_hub

__all__ = ["serve_stream", "the_hub", "wants_stream"]
