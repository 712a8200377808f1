"""A proxy in front of an IMAP server that lets it fail at a chosen place, or makes it one that can do less.

It knows where lines and literals end, so a fault sits where it is said to sit. Each fault happens once.
"""

import contextlib
import re
import select
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from otklik.channels.email.mailbox import PLAIN, Server
from otklik.channels.email.tests.dovecot import PASSWORD, Dovecot

LITERAL, LINE, ANSWER, COMMAND, STALL, GARBAGE = "literal", "line", "answer", "command", "stall", "garbage"
_LITERAL: Final = re.compile(rb"\{(\d+)\}\r\n$")
_CAPABILITY: Final = re.compile(rb"CAPABILITY ([^\]\r\n]*)")


@dataclass(slots=True)
class Fault:
    """What goes wrong when the server answers a command: ``at`` says in what way, ``command`` to which, ``after`` when.

    ``literal`` and ``line`` cut in the middle of one; ``answer`` lets the server do it and loses its word; ``command``
    cuts before it reaches the server; ``stall`` says nothing any more; ``garbage`` says rubbish instead.
    """

    at: str
    command: str
    after: int = 0  # how many literals, lines or commands pass before
    done: bool = False

    def strikes(self, at: str, command: str) -> bool:
        """Tell whether it happens now, and count what passes."""
        if self.done or at != self.at or not re.match(self.command, command, re.IGNORECASE):
            return False
        if self.after:
            self.after -= 1
            return False
        self.done = True
        return True


class _CutError(Exception):
    """The connection ends here."""


@dataclass(slots=True)
class Proxy:
    """The proxy: what fails, what the server cannot do, and what went through."""

    upstream: Dovecot
    faults: list[Fault] = field(default_factory=list)
    hidden: frozenset[str] = frozenset()  # capabilities that are not told
    refused: frozenset[str] = frozenset()  # commands that are answered with BAD
    denied: frozenset[str] = frozenset()  # commands that are answered with NO
    watch: Callable[[str], None] | None = None  # hears every command before the server does
    asked: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def server(self) -> Server:
        """What a mailbox is told of it."""
        return Server("127.0.0.1", self.port, PLAIN, self.upstream.user, PASSWORD)

    def fails(self, at: str, command: str) -> bool:
        """Tell whether a fault happens here."""
        return any(fault.strikes(at, command) for fault in self.faults)

    def cannot(self, *names: str) -> None:
        """Take abilities from the server: it does not tell of them and refuses their commands."""
        self.hidden |= set(names)
        self.refused |= {{"UIDPLUS": "UID EXPUNGE", "MOVE": "UID MOVE"}.get(name, name) for name in names}


class _Line:
    """One connection through the proxy."""

    def __init__(self, proxy: Proxy, client: socket.socket) -> None:
        self.proxy, self.client = proxy, client
        self.server = socket.create_connection(("127.0.0.1", proxy.upstream.port), timeout=20)
        self.answers, self.commands = self.server.makefile("rb"), client.makefile("rb")
        self.command, self.tag = "GREETING", b"*"

    def run(self) -> None:
        """Pass commands and answers on until one side ends."""
        with contextlib.suppress(OSError, _CutError), self.client, self.server:
            try:
                self._pass_line()
                while line := self.commands.readline():
                    self._take(line)
            finally:
                for one in (self.client, self.server):
                    with contextlib.suppress(OSError):
                        one.shutdown(socket.SHUT_RDWR)

    def _take(self, line: bytes) -> None:
        proxy = self.proxy
        self.tag, _, words = line.rstrip(b"\r\n").partition(b" ")
        self.command = words.decode()
        proxy.asked.append(self.command)
        if proxy.watch is not None:
            proxy.watch(self.command)
        if proxy.fails(COMMAND, self.command):
            raise _CutError
        for names, word in ((proxy.refused, b"BAD Unknown command"), (proxy.denied, b"NO Not permitted")):
            if any(self.command.upper().startswith(name) for name in names):
                self.client.sendall(self.tag + b" " + word + b"\r\n")
                return
        self.server.sendall(line)
        if proxy.fails(STALL, self.command):
            self.client.recv(1)  # until the other side has had enough
            raise _CutError
        if proxy.fails(GARBAGE, self.command):
            self.client.sendall(b"\x00\xff\xfe HTTP/1.1 418 {12} \x80\r\n" * 3)
            self.client.recv(1)
            raise _CutError
        while not self._pass_line():
            pass

    def _pass_line(self) -> bool:
        """Pass one line of an answer on, with its literals; tell whether it was the last of it."""
        line = self.answers.readline()
        if not line:
            raise _CutError
        last = line.startswith((self.tag + b" ", b"* PREAUTH", b"* OK")) and (
            line.startswith(self.tag) or self.command == "GREETING"
        )
        if last and self.command != "GREETING" and self.proxy.fails(ANSWER, self.command):
            raise _CutError
        if line.startswith(b"+") and self.command.upper() == "IDLE":
            self._idle(line)
            return False
        if not last and self.proxy.fails(LINE, self.command):
            self._cut(line)
        self.client.sendall(_CAPABILITY.sub(self._told, line))
        while found := _LITERAL.search(line):
            content = self.answers.read(int(found[1]))
            if self.proxy.fails(LITERAL, self.command):
                self._cut(content)
            self.client.sendall(content)
            line = self.answers.readline()
            self.client.sendall(line)
        return bool(last)

    def _idle(self, line: bytes) -> None:
        """Wait as the server does; its news and the end of the waiting go through."""
        self.client.sendall(line)
        if self.proxy.fails(ANSWER, "IDLE"):
            raise _CutError
        if self.proxy.fails(STALL, "IDLE"):
            self.commands.readline()
            self.client.recv(1)
            raise _CutError
        while True:
            ready, _, _ = select.select([self.client, self.server], [], [])
            if self.server in ready:
                told = self.server.recv(65_536)
                if not told:
                    raise _CutError
                self.client.sendall(told)
            if self.client in ready:
                self.server.sendall(self.commands.readline())
                return

    def _cut(self, content: bytes) -> None:
        self.client.sendall(content[: len(content) // 2])
        raise _CutError

    def _told(self, found: re.Match[bytes]) -> bytes:
        words = found[1].split()
        return b"CAPABILITY " + b" ".join(word for word in words if word.decode().upper() not in self.proxy.hidden)


@contextlib.contextmanager
def before(upstream: Dovecot, *faults: Fault) -> Iterator[Proxy]:
    """Run a proxy for the time of the block."""
    made = Proxy(upstream, list(faults))
    listener = socket.create_server(("127.0.0.1", 0))
    made.port = listener.getsockname()[1]

    def run() -> None:
        with contextlib.suppress(OSError):
            while True:
                client = listener.accept()[0]
                threading.Thread(target=lambda client=client: _Line(made, client).run(), daemon=True).start()  # type: ignore[misc]

    threading.Thread(target=run, daemon=True).start()
    try:
        yield made
    finally:
        listener.close()
