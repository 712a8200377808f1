"""Runs the parser in child processes, so that a hostile mail costs itself and nothing else.

A child is persistent (starting one costs what hundreds of mails cost), starts with an empty environment, has capped
memory and processor time, is killed when a mail takes too long, and is replaced after a failure or a thousand mails.
Its death fails the mail it was reading; the next mail gets a fresh child.
"""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from socket import AF_UNIX, SOCK_STREAM, socket, socketpair
from typing import TYPE_CHECKING, Any

from otklik.channels.email.parse import wire
from otklik.channels.email.parse.child import CPU_SECONDS, MEMORY_BYTES
from otklik.channels.email.parse.model import ParsedMail

if TYPE_CHECKING:
    from otklik.channels.email.reading import Reading

WALL_SECONDS = 10.0
START_SECONDS = 30.0
MAILS_PER_CHILD = 1000


class ParseFailed(Exception):
    """The child could not read this mail; ``reason`` is timeout, memory, died, refused or closed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Child:
    def __init__(self, memory: int, cpu: int) -> None:
        ours, theirs = socketpair(AF_UNIX, SOCK_STREAM)
        command = [sys.executable, "-P", "-W", "ignore", "-m", "otklik.channels.email.parse.child"]
        try:
            self.process = subprocess.Popen(
                [*command, str(theirs.fileno()), str(memory), str(cpu)],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                cwd="/",
                env=_bare_environment(),
            )
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        self.connection: socket = ours
        self.mails = 0
        self.ready = False

    def ask(self, name: bytes, raw: bytes, seconds: float) -> tuple[bytes, wire.Frames]:
        """Send one mail and wait for the answer; any trouble is an OSError or a WireError."""
        if not self.ready:
            self.connection.settimeout(START_SECONDS)
            if wire.receive(self.connection) is None:
                raise wire.WireError("the child did not start")
            self.ready = True
        self.connection.settimeout(seconds)
        self.mails += 1
        wire.send(self.connection, name, [raw])
        answer = wire.receive(self.connection)
        if answer is None:
            raise wire.WireError("the child ended")
        return answer

    def end(self) -> int | None:
        """Kill the process and wait for it; return how it had ended by itself, if it had."""
        self.connection.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(0.1)  # one that is dying tells why
        code = self.process.poll()
        if code is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            self.process.wait()
        return code

    def retire(self) -> None:
        """Let the process end by itself: it leaves when its socket closes."""
        self.connection.close()
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            self.end()


def _bare_environment() -> dict[str, str]:
    """Nothing of ours goes to the child but where its code lies."""
    return {"PYTHONPATH": os.pathsep.join(item for item in sys.path if item), "PYTHONUTF8": "1", "LC_ALL": "C.UTF-8"}


class ParserPool:
    """A few parser children shared by all threads of a process."""

    def __init__(
        self,
        size: int = 1,
        *,
        memory: int = MEMORY_BYTES,
        cpu: int = CPU_SECONDS,
        seconds: float = WALL_SECONDS,
        mails: int = MAILS_PER_CHILD,
    ) -> None:
        self._limits = (memory, cpu)
        self._seconds = seconds
        self._mails = mails
        self._closed = threading.Event()
        self._spares: queue.SimpleQueue[_Child] = queue.SimpleQueue()
        self._children: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        for _ in range(size):
            self._children.put(None)

    def start(self) -> None:
        """Start one child now, so that the first mail does not wait for it."""
        child = self._children.get()
        try:
            self._children.put(child or _Child(*self._limits))
        except OSError:
            self._children.put(None)
            raise

    def parse(self, raw: bytes) -> ParsedMail:
        """Parse one mail in a child; raises ParseFailed for this mail only."""
        parsed: ParsedMail = self._run(b"parse", raw, ParsedMail)
        return parsed

    def read(self, raw: bytes) -> "Reading":
        """Parse one mail, clean its HTML, fold its text and find forwards, all in a child; raises ParseFailed."""
        from otklik.channels.email.reading import Reading

        reading: Reading = self._run(b"read", raw, Reading)
        return reading

    def parse_many(self, mails: Iterable[bytes]) -> "list[ParsedMail | ParseFailed]":
        """Parse several mails; each is its result or its own failure, in their order."""
        return [self._each(self.parse, raw) for raw in mails]

    def read_many(self, mails: Iterable[bytes]) -> "list[Reading | ParseFailed]":
        """Read several mails; each is its result or its own failure, in their order."""
        return [self._each(self.read, raw) for raw in mails]

    def close(self) -> None:
        """End all children; mails that are being read fail."""
        self._closed.set()
        count = self._children.qsize()
        with contextlib.suppress(queue.Empty):
            while True:
                child = self._children.get_nowait()
                if child is not None:
                    child.retire()
        while spare := self._spare():
            spare.retire()
        for _ in range(count):
            self._children.put(None)  # late callers are refused, not left waiting

    def __enter__(self) -> "ParserPool":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @staticmethod
    def _each(call: Any, raw: bytes) -> Any:
        try:
            return call(raw)
        except ParseFailed as failure:
            return failure

    def _run(self, name: bytes, raw: bytes, expected: type) -> Any:
        document, frames = self._answer(name, raw)
        if document[:1] != b"[":
            raise ParseFailed("memory" if document == b'"memory"' else "refused")
        try:
            return wire.unpack(document, frames, expected)
        except wire.WireError as error:
            raise ParseFailed("refused") from error

    def _answer(self, name: bytes, raw: bytes) -> tuple[bytes, wire.Frames]:
        """Ask a child; one that served others before and is found dead may have died without this mail's doing."""
        child = self._children.get()
        kept: _Child | None = None
        if self._closed.is_set():
            self._children.put(child)
            raise ParseFailed("closed")
        try:
            if child is not None and child.process.poll() is not None:
                child.end()  # died while idle: no mail was harmed
                child = None
            if child is None:
                child = self._spare() or self._start_child()
            try:
                answer = self._ask(child, name, raw)
            except ParseFailed as failure:
                if failure.reason != "died" or child.mails < 2:
                    raise
                child.end()
                child = self._spare() or self._start_child()
                answer = self._ask(child, name, raw)
            kept = self._still_good(child)
            child = None
        finally:
            if child is not None:
                child.end()
            if self._closed.is_set() and kept is not None:
                kept.retire()
                kept = None
            self._children.put(kept)
        return answer

    def _ask(self, child: _Child, name: bytes, raw: bytes) -> tuple[bytes, wire.Frames]:
        try:
            return child.ask(name, raw, self._seconds)
        except TimeoutError as error:
            raise ParseFailed("timeout") from error
        except (OSError, wire.WireError) as error:
            code = child.end()
            raise ParseFailed("timeout" if code == -signal.SIGXCPU else "died") from error

    def _still_good(self, child: _Child) -> _Child | None:
        """Keep a child until its mails are used up; its successor is started early enough to be warm by then."""
        if child.mails == self._mails * 9 // 10:
            with contextlib.suppress(ParseFailed):
                self._spares.put(self._start_child())
        if child.mails < self._mails:
            return child
        threading.Thread(target=child.retire, name="otklik-parser-retires", daemon=True).start()
        return self._spare()

    def _spare(self) -> _Child | None:
        with contextlib.suppress(queue.Empty):
            while True:
                spare = self._spares.get_nowait()
                if spare.process.poll() is None:
                    return spare
                spare.end()
        return None

    def _start_child(self) -> _Child:
        try:
            return _Child(*self._limits)
        except OSError as error:
            raise ParseFailed("died") from error
