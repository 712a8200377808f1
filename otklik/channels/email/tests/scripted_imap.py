"""A small IMAP server that gives its mails honestly, but for those it was told to be bad at."""

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from otklik.channels.email.mailbox import Server

SIZES, BODY, HEAD = "RFC822.SIZE", "BODY.PEEK[]", "BODY.PEEK[HEADER]"
CLOSE, STALL, NO, NIL, QUOTED, NOTHING = "close", "stall", "no", "nil", "quoted", "nothing"
_FETCH: Final = re.compile(r"UID FETCH (\S+) \(UID ([^ )]+)", re.IGNORECASE)


@dataclass(slots=True)
class Scripted:
    """The server: ``mails`` by UID, and what it does when it comes to one (``bad``, by UID and what is asked for)."""

    mails: dict[int, bytes]
    bad: dict[tuple[int, str], str] = field(default_factory=dict)
    asked: list[tuple[str, list[int]]] = field(default_factory=list)  # what was fetched, in which groups
    seen: set[int] = field(default_factory=set)
    port: int = 0
    done: threading.Event = field(default_factory=threading.Event)

    @property
    def server(self) -> Server:
        """What a mailbox is told of it."""
        return Server("127.0.0.1", self.port, "none", "clara", "secret")

    def serve(self, sock: socket.socket) -> None:
        """Answer one connection until it ends."""
        with contextlib.suppress(OSError), sock, sock.makefile("rb") as lines:
            sock.sendall(b"* OK ready\r\n")
            for line in lines:
                tag, command = line.decode().rstrip("\r\n").split(" ", 1)
                answer = self._answer(command)
                if answer is None:
                    return
                sock.sendall(answer + tag.encode() + b" " + self._end(command) + b"\r\n")

    def _end(self, command: str) -> bytes:
        fetch = _FETCH.match(command)
        refused = fetch and any(self.bad.get((uid, fetch[2])) == NO for uid in self._uids(fetch[1]))
        return b"NO [SERVERBUG] cannot read it" if refused else b"OK done"

    def _answer(self, command: str) -> bytes | None:
        """Return what comes before the end of a command; None to hang up."""
        if fetch := _FETCH.match(command):
            return self._fetch(self._uids(fetch[1]), fetch[2])
        match command.upper().split()[:2]:
            case ["CAPABILITY", *_rest]:
                return b"* CAPABILITY IMAP4rev1\r\n"
            case ["SELECT" | "EXAMINE", *_rest]:
                told = f"* {len(self.mails)} EXISTS\r\n* OK [UIDVALIDITY 7]\r\n* OK [UIDNEXT {max(self.mails) + 1}]\r\n"
                return told.encode()
            case ["UID", "SEARCH"]:
                return f"* SEARCH {' '.join(map(str, self._uids(command.rsplit(maxsplit=1)[-1])))}\r\n".encode()
            case ["UID", "STORE"]:
                self.seen.update(self._uids(command.split()[2]))
        return b""

    def _uids(self, span: str) -> list[int]:
        found: set[int] = set()
        for part in span.split(","):
            first, _, last = part.partition(":")
            end = max(self.mails) if last == "*" else int(last or first)
            found.update(uid for uid in self.mails if int(first) <= uid <= end)
        return sorted(found)

    def _fetch(self, uids: list[int], what: str) -> bytes | None:
        self.asked.append((what, uids))
        told = b""
        for uid in uids:
            match self.bad.get((uid, what)):
                case "close":
                    return None
                case "stall":
                    self.done.wait()
                    return None
                case "no":
                    return told
                case "nil":
                    told += f"* {uid} FETCH (UID {uid} {what.replace('.PEEK', '')} NIL)\r\n".encode()
                case "quoted":
                    told += f'* {uid} FETCH (UID {uid} {what.replace(".PEEK", "")} "")\r\n'.encode()
                case None:
                    told += self._honest(uid, what)
        return told

    def _honest(self, uid: int, what: str) -> bytes:
        raw = self.mails[uid]
        if what == SIZES:
            date = "02-Nov-2026 10:00:00 +0300"
            return f'* {uid} FETCH (UID {uid} RFC822.SIZE {len(raw)} INTERNALDATE "{date}")\r\n'.encode()
        part = raw if what == BODY else raw.partition(b"\n\n")[0] + b"\n\n"
        name = what.replace(".PEEK", "")
        return f"* {uid} FETCH (UID {uid} {name} {{{len(part)}}}\r\n".encode() + part + b")\r\n"


@contextlib.contextmanager
def running(mails: dict[int, bytes]) -> Iterator[Scripted]:
    """Run a server for the time of the block."""
    made = Scripted(mails)
    listener = socket.create_server(("127.0.0.1", 0))
    made.port = listener.getsockname()[1]

    def run() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=made.serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=run, daemon=True).start()
    try:
        yield made
    finally:
        made.done.set()
        listener.close()
