"""The SMTP dialogue: aiosmtpd's, with the message read in large pieces and limits on what a client may do.

The library reads a message line by line, which costs ten times the rest of the receiving, and cuts long lines; here
only ``CRLF . CRLF`` ends a message (nothing else can, so no message can be smuggled inside another), lines may be long.
"""

import asyncio
import logging
import re
import time
from collections import Counter
from typing import Any

from aiosmtpd.smtp import SMTP, syntax

log = logging.getLogger(__name__)

PIECE = 1 << 24
READ_SECONDS = 600
MOST_BUFFERED = 256 * 1024 * 1024
HURRY = 0.004
"""Seconds from an answer to the next mail: a session that comes sooner has more, and waits for nothing but answers."""
_END = b"\r\n.\r\n"
_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_PLAIN_PATH = re.compile(rf"<({_ATOM}(?:\.{_ATOM})*@[\w-]+(?:\.[\w-]+)*)>[ \t]*(.*)", re.ASCII)


class Load:
    """What all sessions of one receiver share: how many there are, by whom, and how many mails are under way."""

    def __init__(self, most: int, most_per_peer: int, most_buffered: int = MOST_BUFFERED) -> None:
        self.most = most
        self.most_buffered = most_buffered
        self.most_per_peer = most_per_peer
        self.sessions = 0
        self.by_peer: Counter[str] = Counter()
        self.in_data = 0
        self.buffered = 0

    def enter(self, peer: str) -> bool:
        """Count a session in; false when there are too many."""
        if self.sessions >= self.most or self.by_peer[peer] >= self.most_per_peer:
            return False
        self.sessions += 1
        self.by_peer[peer] += 1
        return True

    def leave(self, peer: str) -> None:
        """Count a session out."""
        self.sessions -= 1
        self.by_peer[peer] -= 1
        if self.by_peer[peer] <= 0:
            del self.by_peer[peer]


class ReceiverProtocol(SMTP):
    """One session. Constructed by the receiver for each connection."""

    line_length_limit = 64 * 1024  # the buffer of the reader; a message's lines have no limit of their own
    local_part_limit = 0

    def __init__(self, handler: Any, load: Load, **options: Any) -> None:
        self._load = load
        self._peer = ""
        self._answered = float("-inf")
        self.calm = False
        """Whether nobody else was sending and this session was not in a hurry when the mail in hand began."""
        super().__init__(handler, **options)
        self.__ident__ = "Otklik"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the session, or refuse it politely when there are too many."""
        if self._original_transport is None:
            peer = transport.get_extra_info("peername")
            name = str(peer[0]) if isinstance(peer, tuple) else "local"
            if not self._load.enter(name):
                log.warning("SMTP: too many connections, one from %s refused", name)
                transport.write(b"421 4.3.2 Too many connections, try again later\r\n")  # type: ignore[attr-defined]
                transport.close()
                self._refused(transport)
                return
            self._peer = name
        super().connection_made(transport)

    def _refused(self, transport: asyncio.BaseTransport) -> None:
        self.session = self._create_session()
        self.session.peer = transport.get_extra_info("peername")
        self.transport = None
        self._timeout_handle = self.loop.call_later(0, lambda: None)
        self._handler_coroutine = self.loop.create_task(asyncio.sleep(0))

    def connection_lost(self, error: Exception | None) -> None:
        """End the session."""
        if self._peer:
            self._load.leave(self._peer)
            self._peer = ""
        super().connection_lost(error)

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """Read the path of a command; nearly all are plain, and the library's grammar costs twenty times as much."""
        plain = _PLAIN_PATH.fullmatch(arg)
        if plain is None:
            read: tuple[str | None, str | None] = super()._getaddr(arg)
            return read
        return plain[1], plain[2]

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - the library finds commands by name
        """Take one message and answer with what the handler says."""
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return
        assert self.envelope is not None
        if not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 Error: need RCPT command")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        self.calm = not self._load.in_data and time.monotonic() - self._answered > HURRY
        self._load.in_data += 1
        buffer = bytearray(b"\r\n")
        try:
            refusal = await self._read_message(buffer)
            if refusal is None:
                self.envelope.content = self.envelope.original_content = _unstuffed(buffer)
                status = await self._call_handler_hook("DATA")
            else:
                status = refusal
        finally:
            self._load.in_data -= 1
            self._load.buffered -= len(buffer)
        self._set_post_data_state()
        self._reset_timeout()
        await self.push(status)
        self._answered = time.monotonic()

    async def _read_message(self, buffer: bytearray) -> str | None:
        """Read up to the lone dot into ``buffer``, a line end before it; return the answer when it cannot be taken.

        What is too large is read to its end all the same, without being kept, so that the client hears why.
        """
        load, limit = self._load, self.data_size_limit or 0
        load.buffered += len(buffer)
        until = time.monotonic() + READ_SECONDS
        refusal: str | None = None
        while True:
            searched = max(0, len(buffer) - len(_END) + 1)
            piece = await self._reader.read(PIECE)
            if not piece or time.monotonic() > until:
                raise ConnectionResetError
            self._reset_timeout()
            buffer += piece
            load.buffered += len(piece)
            end = buffer.find(_END, searched)
            if end >= 0:
                rest = bytes(buffer[end + len(_END) :])
                load.buffered -= len(buffer) - end - 2
                del buffer[end + 2 :]
                if rest:
                    self._reader.feed_data(rest)  # the reader was drained, so this is its front
            if limit and len(buffer) - 2 > limit:
                refusal = "552 5.3.4 Message is larger than we take"
            elif load.buffered > load.most_buffered:
                refusal = refusal or "452 4.3.1 Too much mail at once, try again later"
            if end >= 0:
                return refusal
            if refusal and len(buffer) > len(_END):
                load.buffered -= len(buffer) - len(_END) + 1
                del buffer[: -len(_END) + 1]


def _unstuffed(buffer: bytearray) -> bytes:
    """Return the message without the line end before it, the doubled dots at the beginnings of lines made single."""
    return bytes(buffer.replace(b"\r\n..", b"\r\n.")[2:])
