"""The live stream: how soon a change is in every browser when 500 streams are open on one web process."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench.browser import Browser
from bench.figures import shown_ms, table
from otklik.testing.server import Desk, running_desk

PASSWORD = "bench password 1"
ADMIN = "admin@bench.otklik.test"
PEOPLE = 25
PAUSE = 1.2  # seconds between two changes: a stream carries at most two frames a second


@dataclass(frozen=True, slots=True)
class StreamFigures:
    """Seconds of every arrival, of pages with and without open streams, and what it cost to hold them."""

    streams: int
    opened_in: float
    arrivals: list[float]
    lost: int
    pages_before: list[float]
    pages_during: list[float]
    memory_mb: float

    def report(self) -> str:
        """Word the figures for docs/benchmarks.md."""
        rows = [
            ("a change by the API to another browser: p50 ms", shown_ms(self.arrivals, 0.5), ""),
            ("the same, p95", shown_ms(self.arrivals, 0.95), "under 300 ms"),
            ("the same, the last browser", f"{max(self.arrivals) * 1000:.0f}", ""),
            ("streams that missed a change or broke", str(self.lost), "0"),
            ("list of 50 rows without streams, p50 ms", shown_ms(self.pages_before, 0.5), ""),
            ("list of 50 rows with them, p50 ms", shown_ms(self.pages_during, 0.5), "no slower"),
            ("memory the streams took, MB", f"{self.memory_mb:.0f}", ""),
        ]
        changes = len(self.arrivals) // self.streams
        return (
            f"{self.streams} streams of {PEOPLE} people on one web process, opened in {self.opened_in:.1f} s; {changes}"
            f" changes, {PAUSE} s apart, from the beginning of the request to the frame.\n\n"
            f"{table(('what', 'measured', 'asked'), rows)}"
        )


@dataclass
class Ears:
    """All streams of the run, read by one event loop in a thread of its own."""

    port: int
    heard: dict[int, list[float]] = field(default_factory=dict)
    opened: int = 0
    broken: int = 0

    async def listen(self, cookies: str) -> None:
        """Read one stream and note when it names a ticket."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(
            f"GET /live/ HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nCookie: {cookies}\r\n\r\n".encode()
        )
        try:
            status = await reader.readline()
            if b" 200 " not in status:
                raise ConnectionError(status)
            self.opened += 1
            while line := await reader.readline():
                if line.startswith(b"data: {"):
                    at = time.perf_counter()
                    for number in json.loads(line[6:]).get("tickets", ()):
                        self.heard.setdefault(number, []).append(at)
            raise ConnectionError("the end")
        except (OSError, ValueError):
            self.broken += 1
        finally:
            writer.close()

    async def all(self, cookies: list[str]) -> None:
        """Read all streams until cancelled."""
        await asyncio.gather(*(self.listen(cookie) for cookie in cookies))


@contextmanager
def listening(port: int, cookies: list[str]) -> Iterator[Ears]:
    """Hold a stream for each of the cookies for the time of the block."""
    ears = Ears(port)
    loop = asyncio.new_event_loop()
    task = loop.create_task(ears.all(cookies))

    def run() -> None:
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            pass
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield ears
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(20)


def measure(streams: int = 500, changes: int = 20, tickets: int = 10_000) -> StreamFigures:
    """Seed a desk, open the streams and change things."""
    with running_desk(start=False) as desk:
        desk.cli("seed", "--tickets", str(tickets))
        desk.start(timeout=120)
        _add(desk, ADMIN, "admin")
        words = ("token", "create", "--user", ADMIN, "--scope", "read", "--scope", "write")
        token = desk.cli(*words).stdout.decode().strip()
        browsers = [_signed_in(desk, number) for number in range(PEOPLE)]
        cookies = ["; ".join(f"{name}={value}" for name, value in browser.cookies.items()) for browser in browsers]
        program = Browser(desk.port, token=token)
        program.fetch("/api/v1/tickets?limit=1")  # the API is loaded by the first program that calls
        before = browsers[-1].measure("/tickets/?folder=open", 100, holds="/tickets/")
        memory = _memory(desk)
        began = time.perf_counter()
        with listening(desk.port, [cookies[number % PEOPLE] for number in range(streams)]) as ears:
            _wait(lambda: ears.opened + ears.broken >= streams)
            opened_in = time.perf_counter() - began
            arrivals = [after for _ in range(changes) for after in _change(program, ears, streams)]
            during = browsers[-1].measure("/tickets/?folder=open", 100, holds="/tickets/")
            lost = streams * changes - len(arrivals) + ears.broken
            return StreamFigures(streams, opened_in, arrivals, lost, before, during, _memory(desk) - memory)


def _change(program: Browser, ears: Ears, streams: int) -> list[float]:
    """Open one ticket and return after how many seconds each stream named it first."""
    began = time.perf_counter()
    body = {"subject": "Проба потока", "requester": {"email": "clara@berezka.example"}, "body_text": "Добрый день"}
    status, text, _ = program.post("/api/v1/tickets", body)  # type: ignore[arg-type]
    if status != 201:
        raise RuntimeError(f"the API answered {status}: {text[:200]}")
    number = int(json.loads(text)["number"])
    _wait(lambda: len(ears.heard.get(number, ())) >= streams, seconds=5)
    time.sleep(max(0.0, began + PAUSE - time.perf_counter()))
    return [at - began for at in ears.heard.get(number, ())[:streams]]


def _wait(done: object, seconds: float = 60) -> None:
    end = time.perf_counter() + seconds
    while not done() and time.perf_counter() < end:  # type: ignore[operator]
        time.sleep(0.005)


def _add(desk: Desk, email: str, role: str) -> None:
    desk.cli("user", "add", email, "--role", role, "--password-stdin", stdin=PASSWORD.encode())


def _signed_in(desk: Desk, number: int) -> Browser:
    email = f"agent{number}@bench.otklik.test"
    _add(desk, email, "agent")
    browser = Browser(desk.port)
    browser.sign_in(email, PASSWORD)
    return browser


def _memory(desk: Desk) -> float:
    """Return the megabytes that are the web process's own."""
    with open(f"/proc/{desk.child('web-0')}/smaps_rollup", encoding="ascii") as file:
        fields = dict(line.split(":", 1) for line in file if ":" in line)
    return int(fields["Pss"].split()[0]) / 1024
