"""Eight clients at once on two web processes: lists, cards, searches and the API, pages a second."""

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from urllib.parse import urlencode

from bench.browser import Browser
from bench.figures import shown_ms, table
from bench.pages import EMAIL, MESSAGES, PASSWORD, open_ticket, talk
from bench.searching import COMMON
from otklik.testing.server import Desk, running_desk

CLIENTS = 8
SECONDS = 8.0
WARM = 2.0
_ASKED = {
    "list of 50 rows": "300 (goal 450)",
    "card with 20 messages": "400 (goal 600)",
    "card of another ticket each time": "",
    "search for a common word": "300",
    "ticket by API": "500 (goal 1,000)",
}


@dataclass(frozen=True, slots=True)
class CrowdFigures:
    """The seconds of every answer that came while the clock ran, by what was asked for."""

    tickets: int
    taken: dict[str, list[float]]

    def report(self) -> str:
        """Word the figures for docs/benchmarks.md."""
        rows = [
            (key, f"{len(values) / SECONDS:.0f}", _ASKED[key], shown_ms(values, 0.5), shown_ms(values, 0.95))
            for key, values in self.taken.items()
        ]
        head = ("what", "a second", "asked", "p50 ms", "p95 ms")
        return (
            f"{self.tickets:,} tickets, SQLite, `otklik serve --web 2`, {CLIENTS} clients with a kept connection and a"
            f" session each, {SECONDS:.0f} s for each line; every answer is read whole. The clients share the two"
            f" cores.\n\n{table(head, rows)}"
        )


def measure(tickets: int) -> CrowdFigures:
    """Seed a desk and let the clients ask."""
    with running_desk(start=False, arguments=("--web", "2")) as desk:
        desk.cli("seed", "--tickets", str(tickets))
        desk.start(timeout=120)
        desk.cli("user", "add", EMAIL, "--role", "admin", "--password-stdin", stdin=PASSWORD.encode())
        cookies = [_signed_in(desk) for _ in range(CLIENTS)]
        tokens = [_token(desk) for _ in range(CLIENTS)]
        number, _subject, present, _messages = open_ticket(desk)
        talk(Browser(desk.port, token=tokens[0]), number, MESSAGES - present)
        newest = _newest(desk)
        asked = {
            "list of 50 rows": ("/tickets/?folder=all", cookies),
            "card with 20 messages": (f"/tickets/{number}/", cookies),
            "card of another ticket each time": ("/tickets/{}/", cookies),
            "search for a common word": (f"/search/?{urlencode({'q': COMMON})}", cookies),
            "ticket by API": (f"/api/v1/tickets/{number}", tokens),
        }
        taken = {key: asyncio.run(_all(desk.port, path, heads, newest)) for key, (path, heads) in asked.items()}
    return CrowdFigures(tickets, taken)


def _newest(desk: Desk) -> int:
    with closing(sqlite3.connect(f"file:{desk.data / 'otklik.sqlite3'}?mode=ro", uri=True)) as database:
        return int(database.execute("SELECT max(id) FROM tickets_ticket").fetchone()[0])


def _signed_in(desk: Desk) -> str:
    browser = Browser(desk.port)
    browser.sign_in(EMAIL, PASSWORD)
    return "Cookie: " + "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


def _token(desk: Desk) -> str:
    words = ("token", "create", "--user", EMAIL, "--scope", "read", "--scope", "write")
    return desk.cli(*words).stdout.decode().strip()


async def _all(port: int, path: str, heads: list[str], newest: int) -> list[float]:
    """Let the clients ask for ``path``; a place in it is filled with another number each time, from the newest on."""
    begins = time.perf_counter() + WARM
    numbers = count(newest, -1)
    heads = [head if head.startswith("Cookie: ") else f"Authorization: Bearer {head}" for head in heads]
    answers = await asyncio.gather(*(_client(port, path, head, begins, numbers) for head in heads))
    return [seconds for client in answers for seconds in client]


async def _client(port: int, path: str, head: str, begins: float, numbers: Iterator[int]) -> list[float]:
    """Ask again and again over one connection; return the seconds of the answers that came while the clock ran."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    rest = f" HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Language: ru\r\n{head}\r\n\r\n"
    taken: list[float] = []
    try:
        while (began := time.perf_counter()) < begins + SECONDS:
            writer.write(f"GET {path.format(next(numbers))}{rest}".encode())
            lines = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
            if b" 200 " not in lines[0]:
                raise RuntimeError(f"{path} answered {lines[0].decode()}")
            size = next(int(line[15:]) for line in lines if line.lower().startswith(b"content-length:"))
            await reader.readexactly(size)
            ended = time.perf_counter()
            if begins <= began and ended <= begins + SECONDS:
                taken.append(ended - began)
    finally:
        writer.close()
    return taken
