"""A browser's end of the live stream: reads server-sent events one by one."""

import http.client
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


class Ended(Exception):
    """The stream is over."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One event: its name, its place in the stream and its data."""

    name: str
    id: str
    data: Any


@dataclass
class Listener:
    """One open stream. ``last_id`` is where it would go on."""

    port: int
    cookies: Mapping[str, str]
    last_id: str = ""
    status: int = field(init=False, default=0)
    frames: list[Frame] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Accept": "text/event-stream", "Cookie": cookie}
        if self.last_id:
            headers["Last-Event-ID"] = self.last_id
        self._connection.request("GET", "/live/", headers=headers)
        self._response = self._connection.getresponse()
        self.status = self._response.status

    def next(self, timeout: float = 20.0) -> Frame:
        """Return the next event. Raises ``Ended`` when the stream is over and ``TimeoutError`` when none comes."""
        fields: dict[str, str] = {}
        deadline = time.monotonic() + timeout
        while True:
            if self._connection.sock is not None:
                self._connection.sock.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                line = self._response.readline()
            except http.client.HTTPException as error:
                raise Ended from error
            except ConnectionError as error:
                raise Ended from error
            if not line:
                raise Ended
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                fields[name] = value
            elif "data" in fields:
                self.last_id = fields.get("id", self.last_id)
                frame = Frame(fields.get("event", "message"), fields.get("id", ""), json.loads(fields["data"]))
                self.frames.append(frame)
                return frame
            else:
                fields = {}

    def until(self, wanted: Callable[[Frame], bool], timeout: float = 20.0) -> Frame:
        """Return the first event that is wanted, reading over the others."""
        deadline = time.monotonic() + timeout
        while True:
            frame = self.next(max(0.01, deadline - time.monotonic()))
            if wanted(frame):
                return frame

    def close(self) -> None:
        """Leave."""
        self._response.close()
        self._connection.close()
