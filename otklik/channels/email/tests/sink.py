"""A mail server for tests that takes mail over a real socket or misbehaves on demand, and a reader of raw mail."""

import base64
import re
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from otklik.channels.email.mailbox import PLAIN, Server


@dataclass(slots=True)
class Taken:
    """One envelope that reached its final dot; ``answered`` tells whether the sender heard 250."""

    sender: str
    recipient: str
    data: bytes
    answered: bool


@dataclass
class Sink:
    """What the server says; tests change it while it runs. An answer of ``"close"`` hangs up instead."""

    port: int = 0
    greeting: str = "220 sink.example ESMTP"
    features: list[str] = field(default_factory=lambda: ["PIPELINING", "8BITMIME", "SMTPUTF8"])
    mail: Callable[[str], str] = lambda line: "250 2.1.0 Ok"
    rcpt: Callable[[str], str] = lambda address: "250 2.1.5 Ok"
    data: Callable[[str], str] = lambda address: "354 go on"
    final: Callable[[str], str] = lambda address: "250 2.0.0 Ok: queued as 1"
    password: str = ""
    taken: list[Taken] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0

    @property
    def server(self) -> Server:
        """The settings that lead here."""
        return Server("127.0.0.1", self.port, PLAIN)

    @property
    def url(self) -> str:
        """The same as ``OTKLIK_SMTP_URL``."""
        return f"smtp://127.0.0.1:{self.port}"

    def recipients(self) -> list[str]:
        """Who got a mail that was answered with 250, in order."""
        return [item.recipient for item in self.taken if item.answered]


class _Close(Exception):
    """The server hangs up."""


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        sink: Sink = self.server.sink  # type: ignore[attr-defined]
        sink.connections += 1
        try:
            self._say(sink.greeting)
            self._talk(sink)
        except (OSError, _Close):
            pass

    def _say(self, line: str) -> None:
        if line == "close":
            raise _Close
        self.wfile.write(line.encode("utf-8", "surrogateescape") + b"\r\n")
        self.wfile.flush()

    def _talk(self, sink: Sink) -> None:
        sender = recipient = ""
        while raw := self.rfile.readline():
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            sink.commands.append(line)
            verb = line[:4].upper()
            if verb == "EHLO":
                lines = ["sink.example", *sink.features, *(["AUTH PLAIN LOGIN"] if sink.password else [])]
                self.wfile.write(
                    b"".join(f"250-{name}\r\n".encode() for name in lines[:-1]) + f"250 {lines[-1]}\r\n".encode()
                )
            elif verb == "AUTH":
                self._auth(sink, line)
            elif verb == "MAIL":
                sender = line.partition("<")[2].partition(">")[0]
                self._say(sink.mail(line))
            elif verb == "RCPT":
                recipient = line.partition("<")[2].partition(">")[0]
                self._say(sink.rcpt(recipient))
            elif verb == "DATA":
                self._data(sink, sender, recipient)
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 Ok")

    def _auth(self, sink: Sink, line: str) -> None:
        secret = base64.b64decode(line.rsplit(maxsplit=1)[-1] + "==").split(b"\0")[-1].decode("utf-8", "replace")
        good = secret == sink.password
        self._say("235 2.7.0 Accepted" if good else "535 5.7.8 Error: authentication failed: Invalid user or password!")

    def _data(self, sink: Sink, sender: str, recipient: str) -> None:
        answer = sink.data(recipient)
        self._say(answer)
        if not answer.startswith("354"):
            return
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return
            lines.append(line[1:] if line.startswith(b".") else line)
        answer = sink.final(recipient)
        good = answer.startswith("250")
        sink.taken.append(Taken(sender, recipient, b"".join(lines), good))
        self._say(answer)


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False


@contextmanager
def running_sink(port: int = 0) -> Iterator[Sink]:
    """Run a server on a free port of loopback."""
    with _Listener(("127.0.0.1", port), _Handler) as listener:
        sink = Sink(port=listener.server_address[1])
        listener.sink = sink  # type: ignore[attr-defined]
        thread = threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield sink
        finally:
            listener.shutdown()
            thread.join(5)


@dataclass(frozen=True)
class RawMail:
    """A mail as a strict reader of bytes sees it: header lines as they stand, unfolded, and the body."""

    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def one(self, name: str) -> str:
        """The value of a header that must stand exactly once."""
        (value,) = self.all(name)
        return value

    @property
    def names(self) -> list[str]:
        """The names of the headers in lower case, in order."""
        return [key.lower() for key, _value in self.headers]


def read_raw(data: bytes) -> RawMail:
    """Read a mail without the standard library: every line of the head is a header or the fold of one, or it raises."""
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", data) is None, "a bare line end"
    head, _, body = data.partition(b"\r\n\r\n")
    headers: list[tuple[str, str]] = []
    for line in head.split(b"\r\n"):
        assert len(line) <= 998
        text = line.decode("utf-8")
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text), text
        if text[:1] in {" ", "\t"}:
            assert text.strip(), "a fold of blanks"
            headers[-1] = (headers[-1][0], headers[-1][1] + " " + text.strip())
            continue
        name, colon, value = text.partition(": ")
        assert colon, text
        assert re.fullmatch(r"[!-9;-~]+", name), text
        headers.append((name, value))
    return RawMail(headers, body)


def decode_words(value: str) -> str:
    """Decode the encoded words of a header value: those of base64 in UTF-8 that we write, and nothing else."""
    joined = re.sub(r"(=\?utf-8\?b\?[A-Za-z0-9+/=]*\?=) (?==\?utf-8\?b\?)", r"\1", value)
    return re.sub(
        r"=\?utf-8\?b\?([A-Za-z0-9+/=]*)\?=", lambda found: base64.b64decode(found[1]).decode("utf-8"), joined
    )
