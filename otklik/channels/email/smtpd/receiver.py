"""The receiver: sessions in one event loop, the store behind it, and a ``250`` only for what is durable."""

import asyncio
import logging
import os
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import uvloop
from aiosmtpd.smtp import Envelope, Session

from otklik.channels.email.ahead import ahead
from otklik.channels.email.at_once import take_at_once
from otklik.channels.email.backlog import Backlog, DatabaseGauge, backlog
from otklik.channels.email.committer import Committer
from otklik.channels.email.models import Source
from otklik.channels.email.smtpd.directory import Directory
from otklik.channels.email.smtpd.protocol import Load, ReceiverProtocol
from otklik.channels.email.store import RawMail, Stored, StoreUnavailable

log = logging.getLogger(__name__)
logging.getLogger("mail.log").setLevel(logging.WARNING)  # the library tells every command, with addresses

TRY_AGAIN = "451 4.3.0 The mail cannot be stored now, try again later"
LONGEST_DELAY = 30.0
READ_WITHIN = 0.1
"""Seconds: what takes longer to understand is stored before it is understood."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one receiver allows. ``size`` in bytes, ``idle`` in seconds."""

    size: int = 25 * 1024 * 1024
    recipients: int = 50
    connections: int = 200
    per_peer: int = 100
    commands: int = 10_000
    idle: float = 120.0


class Handler:
    """The hooks of a session: who is a recipient, what happens to a message. One for all sessions."""

    def __init__(
        self, committer: Committer, directory: Directory, limits: Limits, apart: DatabaseGauge | None = None
    ) -> None:
        self.committer = committer
        self.directory = directory
        self.limits = limits
        self._apart = apart
        self._room = asyncio.Event()

    @property
    def gauge(self) -> Backlog | DatabaseGauge:
        """What tells how much waits: our own count while intake runs beside us, which may begin later than we do."""
        return backlog if backlog.worker or self._apart is None else self._apart

    async def handle_EHLO(  # noqa: N802 - the library finds hooks by name
        self, server: Any, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Announce pipelining, which reading from a buffered stream gives."""
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take known recipients only: channels and their plus-addresses."""
        if len(envelope.rcpt_tos) >= self.limits.recipients:
            return "452 4.5.3 Too many recipients"
        if self.directory.stale_for(address):
            try:
                await asyncio.wrap_future(self.committer.call(self.directory.refresh))
            except Exception:
                log.exception("the list of mailboxes could not be read")
                return "451 4.3.0 The recipient cannot be checked now, try again later"
        if self.directory.find(address) is None:
            return "550 5.1.1 No such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Store the message for every channel it was sent to; ``250`` only after the commit.

        A lone message is brought to its end in the same commit; in a crowd, and for a client with more to send, the
        answer waits for nothing but the raw copy.
        """
        try:
            mails = self._mails(session, envelope)
            if server.calm and (done := await self._at_once(mails)):
                return f"250 2.0.0 OK stored as {done.id}"
            stored = await self.committer.store(mails)
        except StoreUnavailable:
            return TRY_AGAIN
        await self._give_way()
        return f"250 2.0.0 OK stored as {stored[0].id}"

    async def _at_once(self, mails: Sequence[RawMail]) -> Stored | None:
        """Bring a message to its end before the answer; None when it goes the usual way."""
        mail = mails[0]
        if len(mails) > 1 or mail.read is None:
            return None
        reading = asyncio.wrap_future(mail.read)
        await asyncio.wait([reading], timeout=READ_WITHIN)
        read = reading.result() if reading.done() else None
        if read is None:
            return None
        return await asyncio.wrap_future(self.committer.call(partial(take_at_once, mail, read)))

    def _mails(self, session: Session, envelope: Envelope) -> list[RawMail]:
        recipients: dict[int, list[str]] = {}
        for address in envelope.rcpt_tos:
            mailbox = self.directory.find(address)
            if mailbox is None:
                raise StoreUnavailable("a mailbox vanished during the session")
            recipients.setdefault(mailbox.channel_id, []).append(mailbox.address)
        sender = envelope.mail_from or ""
        peer = session.peer[0] if isinstance(session.peer, tuple) else ""
        content = envelope.content
        raw = content if isinstance(content, bytes) else b""
        awaited = ahead.begin(raw)
        return [
            RawMail(
                channel_id,
                raw,
                Source.SMTP,
                {"from": "" if sender == "<>" else _storable(sender), "to": addresses, "peer": peer},
                read=awaited,
            )
            for channel_id, addresses in recipients.items()
        ]

    async def _give_way(self) -> None:
        """Delay the answer while too many mails wait: the sender slows down, nothing is refused."""
        loop = asyncio.get_running_loop()
        until = loop.time() + LONGEST_DELAY
        while await self._is_too_much() and loop.time() < until:
            self._room.clear()
            try:
                await asyncio.wait_for(self._room.wait(), 0.25)
            except TimeoutError:
                continue

    async def _is_too_much(self) -> bool:
        gauge = self.gauge
        if isinstance(gauge, DatabaseGauge):
            return await asyncio.wrap_future(self.committer.call(lambda: gauge.waiting)) > gauge.limit
        return gauge.waiting > gauge.limit

    def room_made(self) -> None:
        """Look again whether delayed answers may go; called inside the loop."""
        self._room.set()

    async def handle_exception(self, error: Exception) -> str:
        """Answer an error of the dialogue with a fixed text; its details go to the log only."""
        if isinstance(error, IndexError | ValueError | RecursionError):
            return "501 5.5.4 Syntax error in the command"
        log.error("SMTP session failed", exc_info=error)
        return "451 4.3.0 Something went wrong here, try again later"


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")[:320]


class Receiver:
    """One listening socket with its thread and loop. ``start`` returns when it listens, ``stop`` when all is stored."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        limits: Limits | None = None,
        tls: ssl.SSLContext | None = None,
        hostname: str = "localhost",
        count_waiting: Callable[[], int] | None = None,
        inherited: int = -1,
    ) -> None:
        self.host, self.port = host, port
        self._inherited = inherited
        self.limits = limits or Limits()
        self._tls = tls
        self._hostname = hostname
        self._load = Load(self.limits.connections, self.limits.per_peer)
        self.committer = Committer(crowded=lambda: self._load.in_data > 1)
        self._count_waiting = count_waiting
        self._loop = uvloop.new_event_loop()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._run, name="smtp", daemon=True)
        self._listening = threading.Event()
        self._error: BaseException | None = None

    def start(self) -> None:
        """Listen; raises ``OSError`` when the address cannot be had."""
        self.committer.start()
        self._thread.start()
        self._listening.wait()
        if self._error is not None:
            self.committer.stop()
            raise self._error

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._server = self._loop.run_until_complete(self._listen())
        except BaseException as error:
            self._error = error
            self._listening.set()
            return
        self._listening.set()
        self._loop.run_forever()
        self._loop.close()

    async def _listen(self) -> asyncio.Server:
        apart = DatabaseGauge(self._count_waiting) if self._count_waiting is not None else None
        self._handler = handler = Handler(self.committer, Directory(), self.limits, apart)
        backlog.on_progress(self._on_progress)
        if self._inherited >= 0:  # the supervisor's own socket: callers wait in its queue while an engine is replaced
            door = socket.socket(fileno=os.dup(self._inherited))
            listening = self._loop.create_server(lambda: self._session(handler), sock=door)
        else:
            listening = self._loop.create_server(lambda: self._session(handler), self.host, self.port)
        server = cast("asyncio.Server", await listening)  # the loop promises the abstract one and gives one like it
        self.port = server.sockets[0].getsockname()[1]
        return server

    def _on_progress(self) -> None:
        self._loop.call_soon_threadsafe(self._handler.room_made)

    def _session(self, handler: Handler) -> ReceiverProtocol:
        return ReceiverProtocol(
            handler,
            self._load,
            data_size_limit=self.limits.size,
            enable_SMTPUTF8=True,
            hostname=self._hostname,
            tls_context=self._tls,
            timeout=self.limits.idle,
            command_call_limit=self.limits.commands,
            auth_exclude_mechanism=["LOGIN", "PLAIN"],
            loop=self._loop,
        )

    def stop(self, patience: float = 10.0) -> None:
        """Close the door, let messages that are being read end (up to ``patience`` seconds), store them, stop."""
        backlog.forget(self._on_progress)
        asyncio.run_coroutine_threadsafe(self._close(patience), self._loop).result(patience + 5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self.committer.stop()

    async def _close(self, patience: float) -> None:
        assert self._server is not None
        self._server.close()
        until = self._loop.time() + patience
        while self._load.in_data and self._loop.time() < until:
            self._handler.room_made()
            await asyncio.sleep(0.02)
        getattr(self._server, "abort_clients", lambda: None)()  # since Python 3.13
        await asyncio.sleep(0)
