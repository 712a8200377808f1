"""How values travel between the desk and its parser process: JSON for facts, raw frames for bytes, never pickle.

What comes back was made by a process that read hostile input and is read as data: by the types that the caller expects,
with limits, and anything else is refused.
"""

import json
import struct
import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import lru_cache
from socket import socket
from typing import Any, Union, get_args, get_origin, get_type_hints

MAX_JSON = 128 * 1024 * 1024
MAX_FRAME = 256 * 1024 * 1024
MAX_FRAMES = 4096
_HEAD = struct.Struct("!II")
_LENGTH = struct.Struct("!I")

type Frames = list[bytes]


class WireError(Exception):
    """What came over the wire is not what was agreed."""


def pack(value: object) -> tuple[bytes, Frames]:
    """Turn a value (dataclasses, tuples, texts, numbers, moments, bytes) into JSON and frames."""
    frames: Frames = []
    return json.dumps(_plain(value, frames), ensure_ascii=False, separators=(",", ":")).encode(), frames


def unpack(document: bytes, frames: Frames, expected: Any) -> Any:
    """Rebuild a value of the expected type, or raise WireError."""
    try:
        return _maker(expected)(json.loads(document), frames)
    except WireError:
        raise
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise WireError("a value has not the expected shape") from error


def send(connection: socket, document: bytes, frames: Frames) -> None:
    """Write one message."""
    lengths = b"".join(_LENGTH.pack(len(frame)) for frame in frames)
    head = _HEAD.pack(len(document), len(frames)) + lengths + document
    if frames and sum(map(len, frames)) < 65_536:
        connection.sendall(head + b"".join(frames))
        return
    connection.sendall(head)
    for frame in frames:
        connection.sendall(frame)


def receive(connection: socket) -> tuple[bytes, Frames] | None:
    """Read one message; None when the other side has closed between two messages."""
    head = _exactly(connection, _HEAD.size, at_start=True)
    if head is None:
        return None
    size, count = _HEAD.unpack(head)
    if size > MAX_JSON or count > MAX_FRAMES:
        raise WireError("a message is too large")
    lengths = [item[0] for item in _LENGTH.iter_unpack(_exactly(connection, 4 * count) or b"")]
    if sum(lengths) > MAX_FRAME:
        raise WireError("a message is too large")
    document = _exactly(connection, size) or b""
    return document, [_exactly(connection, length) or b"" for length in lengths]


def _exactly(connection: socket, size: int, *, at_start: bool = False) -> bytes | None:
    if size <= 65_536:
        data = connection.recv(size) if size else b""
        if len(data) == size:
            return data
        if not data and at_start:
            return None
        buffer = bytearray(size)
        buffer[: len(data)] = data
        place = len(data)
    else:
        buffer, place = bytearray(size), 0
    view = memoryview(buffer)
    while place < size:
        got = connection.recv_into(view[place:])
        if not got:
            raise WireError("the connection was cut")
        place += got
    return bytes(buffer)


def _plain(value: object, frames: Frames) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, bytes):
        frames.append(value)
        return len(frames) - 1
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_plain(item, frames) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item, frames) for key, item in value.items()}
    if is_dataclass(value):
        kind: Any = type(value)
        return [_plain(getattr(value, name), frames) for name in _names(kind)]
    raise WireError(f"{type(value).__name__} does not travel")


@lru_cache(maxsize=64)
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(item.name for item in fields(kind))


type _Maker = Callable[[Any, Frames], Any]


@lru_cache(maxsize=256)
def _maker(expected: Any) -> _Maker:
    """Compile the reader of one type."""
    simple = _simple(expected)
    if simple is not None:
        return simple
    origin, arguments = get_origin(expected), get_args(expected)
    if origin in {Union, types.UnionType}:
        return _optional(arguments)
    if origin in {tuple, list}:
        inner = _maker(arguments[0] if arguments else Any)
        return _sequence(inner, tuple if origin is tuple else list)
    if origin is dict or expected is dict:
        return _as_is(dict)
    if isinstance(expected, type) and is_dataclass(expected):
        return _record(expected)
    raise WireError(f"{expected} does not travel")


def _simple(expected: Any) -> _Maker | None:
    if expected is Any:
        return lambda value, frames: value
    if expected is bytes:
        return lambda value, frames: frames[value]
    if expected is datetime:
        return lambda value, frames: datetime.fromisoformat(value)
    if expected in {str, int, bool, float}:
        return _as_is(expected)
    return None


def _as_is(kind: type) -> _Maker:
    def make(value: Any, frames: Frames) -> Any:
        if type(value) is not kind:
            raise WireError(f"{kind.__name__} expected")
        return value

    return make


def _optional(arguments: tuple[Any, ...]) -> _Maker:
    others = [item for item in arguments if item is not type(None)]
    if len(others) != 1:
        raise WireError("only optional types travel")
    inner = _maker(others[0])
    return lambda value, frames: None if value is None else inner(value, frames)


def _sequence(inner: _Maker, build: Callable[[list[Any]], Any]) -> _Maker:
    def make(value: Any, frames: Frames) -> Any:
        if type(value) is not list:
            raise WireError("a list expected")
        return build([inner(item, frames) for item in value])

    return make


def _record(kind: type) -> _Maker:
    hints = get_type_hints(kind)
    makers = [_maker(hints[name]) for name in _names(kind)]

    def make(value: Any, frames: Frames) -> Any:
        if type(value) is not list or len(value) != len(makers):
            raise WireError(f"{kind.__name__} expected")
        return kind(*[maker(item, frames) for maker, item in zip(makers, value, strict=True)])

    return make
