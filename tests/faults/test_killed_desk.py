"""A whole desk, killed with KILL at random points while mail arrives and replies leave.

What was accepted is there exactly once, and what was taken went out once, or the outbox says that it is not certain. A
sender does what mail servers do: it repeats a mail until it hears 250. ``make soak`` runs the same for minutes, and
for two hundred kills at least, on SQLite and on PostgreSQL.
"""

import contextlib
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from bench.mailset import mails
from otklik.channels.email.tests.sink import Sink, running_sink
from otklik.testing.server import Desk, alive, running_desk, wait_until
from tests.faults.agent import Agent
from tests.faults.pouring import Pouring, processes
from tests.faults.replying import Replier, assert_sent_once

pytestmark = pytest.mark.fault
KILLS, SOAK_KILLS = 6, 200


def kill_something(desk: Desk, luck: random.Random, number: int) -> str:
    """Kill one process of the desk, mostly the one that holds the mail; return its name.

    Every fourth time it is everything, in turn all at one stroke and by the end of the supervisor: a new desk also
    starts without the growing pause that quick deaths earn.
    """
    if number % 4 == 3:
        whole = number % 8 == 3
        everybody = (desk.pid, *desk.family()) if whole else ()
        for pid in everybody:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        desk.kill()
        wait_until(lambda: not any(alive(pid) for pid in everybody), what="the end of all processes")
        desk.start()
        return "all" if whole else "supervisor"
    family = wait_until(lambda: processes(desk), what="a process to kill")  # none while the crew starts again
    names = sorted(family)
    name = luck.choices(names, [6 if "engine" in name else 1 for name in names])[0]
    with contextlib.suppress(ProcessLookupError):
        os.kill(family[name], signal.SIGKILL)
    return name


def torment(desk: Desk, sink: Sink, *, kills: int, until: float, seed: int) -> int:
    """Kill ``kills`` times at least, and until ``until`` (monotonic), while mails come in and replies go out; then
    compare what was accepted with what is.

    Returns how often it killed.
    """
    luck = random.Random(seed)
    pouring = Pouring.begin(desk, [mails(10**9, run=f"torment{seed}")])
    replier = Replier(desk, Agent(desk).token, f"Ответ {seed}")
    sink.final = lambda _address: (time.sleep(0.02), "250 2.0.0 Ok: queued as 1")[1]
    (sender,) = pouring.senders
    killed: Counter[str] = Counter()
    while killed.total() < kills or time.monotonic() < until:
        sender.wait_for(luck.randint(1, 5))
        time.sleep(luck.random() * 0.03)  # anywhere in the work that follows an acceptance
        killed[kill_something(desk, luck, killed.total())] += 1
    told = f"seed {seed}, {killed}"
    texts = replier.stop()
    pouring.assert_exactly_once(told)
    assert_sent_once(desk, sink, texts, undecided=replier.undecided, all_of_them=until > 0, told=told)
    summary = f"{len(sender.accepted)} mails, {sender.repeats} repeats, the longest wait {sender.longest:.1f} s"
    print(f"seed {seed}: {summary}, {len(texts)} replies, {len(sink.taken)} mails out, killed {dict(killed)}")
    return killed.total()


@pytest.mark.sqlite
def test_everything_survives_kills_at_random_points(tmp_path: Path) -> None:
    with running_sink() as sink:
        env = {"OTKLIK_SMTP_URL": sink.url}
        with running_desk(tmp_path, demo=True, prepared=True, env=env) as desk:
            torment(desk, sink, kills=KILLS, until=0, seed=random.SystemRandom().randrange(10**6))


@pytest.mark.soak
def test_soak(tmp_path: Path, pytestconfig: pytest.Config, fresh_database: str) -> None:
    until = time.monotonic() + 60 * pytestconfig.getoption("--soak-minutes")
    with running_sink() as sink:
        env = {"OTKLIK_DATABASE_URL": fresh_database, "OTKLIK_SMTP_URL": sink.url}
        with running_desk(tmp_path, demo=True, env=env) as desk:
            seed = random.SystemRandom().randrange(10**6)
            assert torment(desk, sink, kills=SOAK_KILLS, until=until, seed=seed) >= SOAK_KILLS
