"""A whole desk, killed with KILL at random points while mail arrives: what was accepted is there exactly once.

A sender does what mail servers do: it repeats a mail until it hears 250. ``make soak`` runs the same for minutes, and
for two hundred kills at least, on SQLite and on PostgreSQL.
"""

import contextlib
import json
import os
import random
import signal
import smtplib
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bench.mailset import Mail, mails
from otklik.testing.looking import look
from otklik.testing.server import Desk, running_desk, wait_until

pytestmark = pytest.mark.fault
KILLS, SOAK_KILLS = 6, 200
ENDED = {"ticket", "message"}
PATIENCE = 240  # seconds: a desk that is started anew on a busy machine is slow, one that is stuck never goes on


@dataclass
class Sender:
    """Sends mails one after the other in a thread of its own, each until it is accepted."""

    desk: Desk
    mails: Iterator[Mail]
    accepted: list[str] = field(default_factory=list)
    repeats: int = 0
    longest: float = 0.0  # seconds that a mail had to wait until it was accepted
    enough: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        for mail in self.mails:
            began = time.monotonic()
            while not self._is_accepted(mail):
                self.repeats += 1
                time.sleep(0.02)  # as a mail server pauses before it tries again
            self.longest = max(self.longest, time.monotonic() - began)
            self.accepted.append(mail.message_id)
            if self.enough.is_set():
                return

    def _is_accepted(self, mail: Mail) -> bool:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            self.desk.send_mail(mail.raw, sender=mail.sender, to=mail.to)
            return True
        return False

    def wait_for(self, more: int) -> None:
        """Wait until so many more mails are accepted."""
        target = len(self.accepted) + more
        try:
            wait_until(lambda: len(self.accepted) >= target, timeout=PATIENCE, what=f"accepting mail {target}")
        except TimeoutError as error:
            raise AssertionError(f"{error}\n{self.desk.log()[-4000:]}") from None

    def stop(self) -> None:
        self.enough.set()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive(), "the desk takes no more mail"


def ledger(desk: Desk) -> dict:
    return json.loads(desk.cli("mail", "ledger", "--json").stdout)


def highest_message(desk: Desk) -> int:
    return look(desk, "SELECT max(id) FROM tickets_message")[0][0] or 0


def waiting(desk: Desk) -> int:
    return look(desk, "SELECT count(*) FROM email_inbound WHERE state = 'waiting'")[0][0]


def incoming_after(desk: Desk, message: int) -> int:
    return look(desk, f"SELECT count(*) FROM tickets_message WHERE id > {message} AND kind = 'incoming'")[0][0]


def processes(desk: Desk) -> dict[str, int]:
    return {name: pid for pid, name in desk.family().items() if name.startswith("otklik-")}


def kill_something(desk: Desk, luck: random.Random, number: int) -> str:
    """Kill one process of the desk, mostly the one that holds the mail; return its name.

    Every fourth time it is everything: a new desk also starts without the growing pause that quick deaths earn.
    """
    if number % 4 == 3:
        desk.kill()
        desk.start()
        return "supervisor"
    family = wait_until(lambda: processes(desk), what="a process to kill")  # none while the crew starts again
    names = sorted(family)
    name = luck.choices(names, [6 if "engine" in name else 1 for name in names])[0]
    with contextlib.suppress(ProcessLookupError):
        os.kill(family[name], signal.SIGKILL)
    return name


def torment(desk: Desk, *, kills: int, until: float, seed: int) -> int:
    """Kill ``kills`` times at least, and until ``until`` (monotonic); then compare what was accepted with what is.

    Returns how often it killed.
    """
    luck = random.Random(seed)
    before, known = highest_message(desk), {item["message_id"] for item in ledger(desk)["items"]}
    sender = Sender(desk, mails(10**9, run=f"torment{seed}"))
    killed: Counter[str] = Counter()
    while killed.total() < kills or time.monotonic() < until:
        sender.wait_for(luck.randint(1, 5))
        time.sleep(luck.random() * 0.03)  # anywhere in the work that follows an acceptance
        killed[kill_something(desk, luck, killed.total())] += 1
    sender.stop()
    summary = f"{len(sender.accepted)} mails, {sender.repeats} repeats, the longest wait {sender.longest:.1f} s"
    print(f"seed {seed}: {summary}, killed {dict(killed)}")
    wait_until(lambda: not waiting(desk), timeout=PATIENCE, what=f"the end of the work (seed {seed})")
    told = ledger(desk)
    sums = told["sums"]
    assert sums["waiting"] == 0
    items = [item for item in told["items"] if item["message_id"] not in known]
    assert sums["received"] == sum(sums[state] for state in sums if state not in {"received", "duplicates"})
    assert Counter(item["message_id"] for item in items) == Counter(sender.accepted), f"seed {seed}, {killed}"
    assert {item["state"] for item in items} <= ENDED, f"seed {seed}, {killed}"
    assert len({item["message"] for item in items}) == len(items), f"seed {seed}, {killed}"
    assert incoming_after(desk, before) == len(items), f"seed {seed}, {killed}"
    return killed.total()


@pytest.mark.sqlite
def test_accepted_mail_survives_kills_at_random_points(tmp_path: Path) -> None:
    with running_desk(tmp_path, demo=True, prepared=True) as desk:
        torment(desk, kills=KILLS, until=0, seed=random.SystemRandom().randrange(10**6))


@pytest.mark.soak
def test_soak(tmp_path: Path, pytestconfig: pytest.Config, fresh_database: str) -> None:
    until = time.monotonic() + 60 * pytestconfig.getoption("--soak-minutes")
    with running_desk(tmp_path, demo=True, env={"OTKLIK_DATABASE_URL": fresh_database}) as desk:
        seed = random.SystemRandom().randrange(10**6)
        assert torment(desk, kills=SOAK_KILLS, until=until, seed=seed) >= SOAK_KILLS
