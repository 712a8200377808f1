"""The fetcher killed at random points: what a mailbox held is here exactly once, and moved only when it is (D-51)."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from typing import Any

import pytest

from otklik.channels.email.tests import dovecot
from otklik.channels.email.tests.dovecot import PASSWORD, Dovecot
from otklik.channels.email.tests.fetcher_process import GROUP, ONCE, REPEATED
from otklik.channels.email.tests.mails import mail

pytestmark = pytest.mark.fault

POINTS = (*REPEATED, *ONCE, "any")
KILLS, SOAK_KILLS = len(POINTS), 300


@dataclass(slots=True)
class Fetching:
    """The process that fetches, and what we say to it."""

    process: subprocess.Popen[str]

    def say(self, *words: object) -> str:
        """Say something and return the first line of the answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return self.hear()

    def hear(self) -> str:
        """Return the next line it says."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def die_at(self, point: str, luck: random.Random) -> str:
        """Let an engine fetch until it dies; return how it ended."""
        pid = int(self.say("go", point, luck.randint(1, 3) if point in REPEATED else 1))
        if point == "any":
            time.sleep(luck.random() * 0.6)
            os.kill(pid, signal.SIGKILL)
        return self.hear()

    def catches_up(self, count: int) -> str:
        """Let an engine work until so many mails are done; return how it ended."""
        self.say("go", "never", count)
        return self.hear()

    def report(self) -> Any:
        """Return what became of all mails."""
        return json.loads(self.say("report"))


@contextmanager
def fetching(server: Dovecot, env: dict[str, str]) -> Iterator[Fetching]:
    """Run the process for the time of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "otklik.channels.email.tests.fetcher_process", str(server.port), server.user, PASSWORD],
        env=env | {"OTKLIK_LOG_LEVEL": "ERROR"}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    try:
        made = Fetching(process)
        assert made.hear() == "ready"
        yield made
    finally:
        process.stdin.close()
        process.wait(30)


def moved(server: Dovecot, known: dict[str, str]) -> list[str]:
    """Return the subjects of what was moved there; ``known`` keeps those that were read before."""
    found = [path for name in ("cur", "new") for path in (server.maildir / ".Done" / name).glob("*")]
    for path in found:
        if path.name not in known:
            known[path.name] = message_from_bytes(path.read_bytes())["Subject"]
    return [known[path.name] for path in found]


def torment(env: dict[str, str], kills: int) -> None:
    """Kill so often, with new mail each time; then compare what the mailbox held with what is here."""
    seed = random.SystemRandom().randrange(10**6)
    luck, subjects, known = random.Random(seed), list[str](), dict[str, str]()
    points = [point for _time in range(-(-kills // len(POINTS))) for point in luck.sample(POINTS, len(POINTS))]
    with dovecot.running() as server, fetching(server, env) as engine:
        for number, point in enumerate(points[:kills], start=1):
            fresh = [f"mail {len(subjects) + place}" for place in range(luck.randint(3 * GROUP, 4 * GROUP))]
            server.drop(*(mail(subject=subject, text=subject) for subject in fresh))
            subjects += fresh
            ending = engine.die_at(point, luck)
            assert ending == "ended 9", f"{point}: {ending}; seed {seed}"
            here = {subject for subject, *_rest in engine.report()["mails"]}
            assert set(moved(server, known)) <= here, f"moved before it was ours; {point}, seed {seed}"
            if number % 20 == 0:  # a mail that many have died with in hand is looked at alone, which takes its time
                assert engine.catches_up(len(subjects)) == "ended 0", f"seed {seed}"
        assert engine.catches_up(len(subjects)) == "ended 0", f"seed {seed}"
        report, (left,) = engine.report(), server.counts(("INBOX", "ALL"))
        assert sorted(subject for subject, *_rest in report["mails"]) == sorted(subjects), f"once each; seed {seed}"
        assert {state for _subject, state, *_rest in report["mails"]} == {"ticket"}
        assert (report["tickets"], report["messages"]) == (len(subjects), len(subjects)), f"seed {seed}"
        assert (left, sorted(moved(server, known))) == (0, sorted(subjects)), f"seed {seed}"


def test_killed_while_fetching_every_mail_is_here_once(process_env: dict[str, str]) -> None:
    torment(process_env, KILLS)


@pytest.mark.soak
def test_soak(process_env: dict[str, str]) -> None:
    torment(process_env, SOAK_KILLS)
