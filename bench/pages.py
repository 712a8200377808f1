"""Pages and the API at 100,000 tickets: one signed-in client, one kept connection, every answer read whole."""

import json
import re
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass

from bench.browser import Browser
from bench.figures import shown_ms, table
from otklik.testing.server import Desk, running_desk

EMAIL, PASSWORD = "anna@bench.otklik.test", "bench password 1"
MESSAGES = 20
_COLUMNS = ("page", "server p50 ms", "server p95 ms", "whole p50 ms", "whole p95 ms", "asked p50 / p95, server")
_ROUTES = {"list": "/tickets/", "card": "/tickets/<int:number>/", "api": "/api/v1/tickets/<int:number>"}
TEXT = "Витрина снова не держит температуру, к вечеру было плюс девять. Мастер обещал перезвонить до обеда." * 3


@dataclass(frozen=True, slots=True)
class PageFigures:
    """Seconds of every answer, by page."""

    tickets: int
    messages: int
    seeded_in: float
    taken: dict[str, list[float]]
    served: dict[str, list[float]]

    def report(self) -> str:
        """Word the figures for docs/benchmarks.md."""
        asked = {"list": "4 / 8 ms (goal 3 / 6)", "card": "4 / 10 ms (goal 3 / 6)", "api": "4 ms (goal 2.5)"}
        named = {"list": "list of 50 rows", "card": f"card with {MESSAGES} messages", "api": "ticket by API"}
        rows = [
            (
                named[key],
                *(shown_ms(self.served[key], share) for share in (0.5, 0.95)),
                *(shown_ms(values, share) for share in (0.5, 0.95)),
                asked[key],
            )
            for key, values in self.taken.items()
        ]
        return (
            f"{self.tickets:,} tickets with {self.messages:,} messages, written by `otklik seed` in"
            f" {self.seeded_in:.0f} s. *Server* is the time of a request in the web process, as its log tells it;"
            " *whole* is from sending it to the last byte of the answer, HTTP included.\n\n"
            f"{table(_COLUMNS, rows)}"
        )


def measure(tickets: int, answers: int = 400) -> PageFigures:
    """Seed a desk and measure its pages."""
    with running_desk(start=False) as desk:
        seeded_in = _seed(desk, tickets)
        desk.start(timeout=120)
        desk.cli("user", "add", EMAIL, "--role", "admin", "--password-stdin", stdin=PASSWORD.encode())
        token = (
            desk.cli("token", "create", "--user", EMAIL, "--scope", "read", "--scope", "write").stdout.decode().strip()
        )
        browser = Browser(desk.port)
        browser.sign_in(EMAIL, PASSWORD)
        number, subject, present, messages = open_ticket(desk)
        program = Browser(desk.port, token=token)
        talk(program, number, MESSAGES - present)
        status, text, _ = program.fetch(f"/api/v1/tickets/{number}")
        if status != 200 or json.loads(text)["number"] != number:
            raise AssertionError(f"the API answered {status}")
        taken = {
            "list": browser.measure("/tickets/?folder=all", answers, holds="/tickets/"),
            "card": browser.measure(f"/tickets/{number}/", answers, holds=subject),
            "api": program.measure(f"/api/v1/tickets/{number}", answers, holds=f'"number": {number}'),
        }
        told = {key: served(desk, key, answers) for key in taken}
    return PageFigures(tickets, messages, seeded_in, taken, told)


def served(desk: Desk, key: str, answers: int) -> list[float]:
    """Return the seconds that the web process says it took for the last answers of a page."""
    line = re.compile(rf"method=GET route={re.escape(_ROUTES[key])} .* ms=([0-9.]+)")
    told = [float(found[1]) / 1000 for found in map(line.search, desk.log().splitlines()) if found]
    if len(told) < answers:
        raise AssertionError(f"the log tells of {len(told)} answers of {key}, not of {answers}")
    return told[-answers:]


def _seed(desk: Desk, tickets: int) -> float:
    began = time.monotonic()
    desk.cli("seed", "--tickets", str(tickets))
    return time.monotonic() - began


def open_ticket(desk: Desk) -> tuple[int, str, int, int]:
    """Return number, subject and messages of an open ticket, and the number of all messages."""
    with closing(sqlite3.connect(f"file:{desk.data / 'otklik.sqlite3'}?mode=ro", uri=True)) as database:
        row = database.execute(
            "SELECT id, subject, message_count FROM tickets_ticket WHERE is_open AND message_count <= ?"
            " ORDER BY message_count DESC, id DESC LIMIT 1",
            (MESSAGES,),
        ).fetchone()
        count = database.execute("SELECT count(*) FROM tickets_message").fetchone()[0]
        return int(row[0]), str(row[1]), int(row[2]), int(count)


def talk(program: Browser, number: int, messages: int) -> None:
    """Add messages from both sides."""
    for turn in range(messages):
        body = {"kind": ("incoming", "reply")[turn % 2], "body_text": f"{TEXT}\n\n{turn}"}
        status, text, _ = program.post(f"/api/v1/tickets/{number}/messages", body)
        if status not in {200, 201}:
            raise AssertionError(f"the API answered {status}: {text[:200]}")
