"""Mail: how many messages a second go from the socket to finished tickets, and how soon one is seen in the list."""

import asyncio
import multiprocessing
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from bench.browser import Browser
from bench.figures import shown_ms, table
from bench.floor import mails_per_second
from bench.mailset import Mail, mails, two_phases
from bench.sender import Session, send_all, send_at
from otklik.testing.server import Desk, running_desk, wait_until

AGENT, PASSWORD = "admin@demo.otklik.test", "demo"
SAMPLES = "samples@demo.otklik.test"
SHARE_OF_RATE = 0.75
SEEN_WITHIN = 20.0
LOAD_SECONDS = 600
ASKED_EVERY = 0.05  # seconds between two questions for the list while mail pours in
SESSIONS = 20  # what a mail server opens to one destination by default
_INBOUND = "email_inbound"


@dataclass(frozen=True, slots=True)
class MailFigures:
    """What was measured."""

    count: int
    rate: float
    accepted_rate: float
    floor: float
    ends: dict[str, int]
    idle: list[float]
    loaded: list[float]

    def report(self) -> str:
        """Word the figures for docs/benchmarks.md."""
        ends = ", ".join(f"{count} {state}" for state, count in sorted(self.ends.items()))
        rows = [
            ("messages a second, socket to finished", f"{self.rate:.0f}", "at least 200 (goal 400)"),
            ("messages a second, socket to 250", f"{self.accepted_rate:.0f}", ""),
            ("the floor of this run: one process, no rules", f"{self.floor:.0f}", ""),
            ("share of the floor", f"{self.rate / self.floor:.0%}", ""),
            ("250 to the first list that holds it, idle: p50", f"{shown_ms(self.idle, 0.5)} ms", "10 ms (goal 5)"),
            ("the same, p95", f"{shown_ms(self.idle, 0.95)} ms", "30 ms (goal 25)"),
            ("the same at 75 % of the rate, asked every 50 ms: p50", f"{shown_ms(self.loaded, 0.5)} ms", ""),
            ("the same, p95", f"{shown_ms(self.loaded, 0.95)} ms", "under 1,000 ms"),
        ]
        return (
            f"{self.count} messages of the set, {SESSIONS} connections, SQLite, `synchronous=FULL`: {ends}; none lost,"
            f" none refused.\n\n{table(('what', 'measured', 'asked'), rows)}"
        )


def measure(count: int, samples: int = 200) -> MailFigures:
    """Run the whole measurement on a fresh demo desk. Raises ``AssertionError`` when a message is missing."""
    openings, mix = two_phases(count)
    with tempfile.TemporaryDirectory(prefix="otklik-floor-") as folder:
        floor = mails_per_second([*openings[: count // 4], *mix[: count // 4]], Path(folder))
    with running_desk(demo=True) as desk:
        list_page = _own_mailbox(desk)
        _send_and_finish(desk, openings)
        before = _ends(desk)
        began = time.monotonic()
        accepted = asyncio.run(send_all(desk.smtp_port, mix, sessions=SESSIONS))
        _finish(desk)
        seconds = time.monotonic() - began
        ends = _ends(desk)
        ends.subtract(before)
        finished = {state: number for state, number in ends.items() if number}
        if ends["ticket"] + ends["message"] != count:
            raise AssertionError(f"{count} messages were sent and taken, and ended as {finished}")
        idle = _visible_after(desk, list_page, samples)
        rate = count / seconds
        loaded = _visible_under_load(desk, list_page, rate * SHARE_OF_RATE, samples)
    return MailFigures(count, rate, count / accepted, floor, finished, idle, loaded)


def _own_mailbox(desk: Desk) -> str:
    """Make a mailbox and a team for the sampled mails; return its list: they would leave the first page at once."""
    code = (
        "from otklik.accounts.models import Team; from otklik.core.clock import now;"
        "from otklik.tickets.models import Channel; team = Team.objects.create(name='Samples', position=9);"
        f"Channel.objects.create(kind='email', name='Samples', address='{SAMPLES}', team=team, created_at=now());"
        "print(f'team-{team.pk}')"
    )
    key = desk.cli("manage", "shell", "--verbosity", "0", "-c", code).stdout.decode().split()[-1]
    return f"/tickets/?folder={key}"


def _send_and_finish(desk: Desk, chosen: Sequence[Mail]) -> None:
    asyncio.run(send_all(desk.smtp_port, chosen, sessions=SESSIONS))
    _finish(desk)


def _finish(desk: Desk) -> None:
    """Wait until every accepted message has come to its end; looks from outside, without taking part."""
    with closing(sqlite3.connect(f"file:{desk.data / 'otklik.sqlite3'}?mode=ro", uri=True)) as database:
        query = f"SELECT 1 FROM {_INBOUND} WHERE state = 'waiting' LIMIT 1"
        wait_until(lambda: not database.execute(query).fetchall(), timeout=120, what="the end of the waiting mail")


def _ends(desk: Desk) -> Counter[str]:
    with closing(sqlite3.connect(f"file:{desk.data / 'otklik.sqlite3'}?mode=ro", uri=True)) as database:
        return Counter(dict(database.execute(f"SELECT state, count(*) FROM {_INBOUND} GROUP BY state")))


def _visible_after(desk: Desk, list_page: str, samples: int, pause: float = 0.0) -> list[float]:
    """Send single messages and ask for the list until it holds them; seconds from the 250 to that answer's end.

    ``pause`` seconds lie between two questions: asking without one takes a core for itself.
    """
    browser = Browser(desk.port)
    browser.sign_in(AGENT, PASSWORD)
    browser.measure(list_page, 5, holds="<")
    taken: list[float] = []

    async def sample() -> None:
        session = Session("127.0.0.1", desk.smtp_port)
        await session.open()
        for number, mail in enumerate(mails(samples, to=SAMPLES, run=f"seen{time.time_ns()}", replies=0)):
            mark = f"sample{number}x{time.monotonic_ns()}"
            marked = replace(mail, raw=_with_subject(mail.raw, mark))
            accepted = await session.send(marked)
            while mark not in browser.fetch(list_page)[1]:
                if time.monotonic() - accepted > SEEN_WITHIN:
                    raise AssertionError("a message that was taken did not appear in the list")
                await asyncio.sleep(pause)
            taken.append(time.monotonic() - accepted)
        await session.close()

    asyncio.run(sample())
    return taken


def _with_subject(raw: bytes, subject: str) -> bytes:
    head, _, body = raw.partition(b"\r\n\r\n")
    lines: list[bytes] = []
    skipping = False
    for line in head.split(b"\r\n"):
        skipping = line.lower().startswith(b"subject:") or (skipping and line[:1] in b" \t")
        if not skipping:
            lines.append(line)
    return b"\r\n".join([*lines, b"Subject: " + subject.encode("ascii"), b"", body])


def _visible_under_load(desk: Desk, list_page: str, rate: float, samples: int) -> list[float]:
    """The same beside a sender that goes on at a fixed rate in a process of its own."""
    stop = multiprocessing.get_context("spawn").Process(target=_pour, args=(desk.smtp_port, rate, time.time_ns()))
    stop.start()
    try:
        taken = _visible_after(desk, list_page, samples, pause=ASKED_EVERY)
        if not stop.is_alive():
            raise AssertionError("the load ended before the samples were taken")
    finally:
        stop.kill()
        stop.join()
    _finish(desk)
    return taken


def _pour(port: int, rate: float, run: int) -> None:
    asyncio.run(send_at(port, mails(int(rate * LOAD_SECONDS), run=f"load{run}"), rate))
