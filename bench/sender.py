"""A mail server's side of SMTP, as cheap as it can be: the sender must not cost what is to be measured.

Commands are pipelined as common servers do; a connection carries many messages.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bench.mailset import Mail

_END = b"\r\n.\r\n"


class Refused(Exception):
    """The receiver did not take a message."""


@dataclass(slots=True)
class Session:
    """One connection to the receiver."""

    host: str
    port: int
    reader: asyncio.StreamReader = field(init=False)
    writer: asyncio.StreamWriter = field(init=False)

    async def open(self) -> None:
        """Connect and greet."""
        self.reader, self.writer = await asyncio.open_connection(self.host, self.port, limit=1 << 20)
        await self._expect("220")
        self.writer.write(b"EHLO bench.test\r\n")
        await self._expect("250")

    async def send(self, mail: Mail) -> float:
        """Hand one message over; return when its 250 came (monotonic seconds). Raises ``Refused``."""
        self.writer.write(f"MAIL FROM:<{mail.sender}> SIZE={len(mail.raw)}\r\nRCPT TO:<{mail.to}>\r\nDATA\r\n".encode())
        await self._expect("250")
        await self._expect("250")
        await self._expect("354")
        body = mail.raw.replace(b"\n.", b"\n..")
        self.writer.write(body.removesuffix(b"\r\n") + _END)
        await self._expect("250")
        return time.monotonic()

    async def close(self) -> None:
        """Say goodbye."""
        self.writer.write(b"QUIT\r\n")
        self.writer.close()

    async def _expect(self, code: str) -> None:
        while True:
            line = await self.reader.readline()
            if not line.startswith(code.encode()):
                raise Refused(line.decode("utf-8", "replace").strip() or "connection closed")
            if line[3:4] != b"-":
                return


async def send_all(port: int, mails: Sequence[Mail], *, sessions: int = 8, host: str = "127.0.0.1") -> float:
    """Send as fast as the receiver takes them over several connections; return the seconds that took."""
    waiting = iter(mails)
    began = time.monotonic()
    await asyncio.gather(*(_drain(host, port, waiting) for _ in range(sessions)))
    return time.monotonic() - began


async def _drain(host: str, port: int, waiting: Iterable[Mail]) -> None:
    session = Session(host, port)
    await session.open()
    for mail in waiting:
        await session.send(mail)
    await session.close()


async def send_at(port: int, mails: Iterable[Mail], rate: float, *, sessions: int = 8, host: str = "127.0.0.1") -> None:
    """Send at a fixed rate whatever the receiver does, as senders in the world do; late ones catch up."""
    queue: asyncio.Queue[Mail | None] = asyncio.Queue()

    async def pour() -> None:
        session = Session(host, port)
        await session.open()
        while (mail := await queue.get()) is not None:
            await session.send(mail)
        await session.close()

    workers = [asyncio.create_task(pour()) for _ in range(sessions)]
    began = time.monotonic()
    for number, mail in enumerate(mails):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        queue.put_nowait(mail)
    for _ in workers:
        queue.put_nowait(None)
    await asyncio.gather(*workers)
