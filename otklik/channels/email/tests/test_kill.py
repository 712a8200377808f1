"""The sender killed at random points of the dialogue: nothing is lost, and what goes twice is marked (D-52)."""

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field

import pytest

from otklik.channels.email.tests.sink import Sink, read_raw, running_sink

MAILS, KILLS = 60, 25
_POINTS = ("mail", "rcpt", "data", "final", "after")


@dataclass
class Executioner:
    """Kills the sender when the dialogue comes to the chosen point for the chosen time."""

    sink: Sink
    luck: random.Random
    victim: int = 0
    point: str = ""
    countdown: int = 0
    killed: list[str] = field(default_factory=list)

    def arm(self, pid: int) -> None:
        """Choose the next point."""
        self.victim, self.point, self.countdown = pid, self.luck.choice(_POINTS), self.luck.randint(1, 3)
        for name, answer in (("mail", "250 Ok"), ("rcpt", "250 Ok"), ("data", "354 go on"), ("final", "250 2.0.0 Ok")):
            setattr(self.sink, name, self._watching(name, answer))

    def _watching(self, name: str, answer: str):  # type: ignore[no-untyped-def]
        def reply(line: str) -> str:
            # "after": the next mail begins, so the outcome of the one before may be written or not
            if self.victim and (name == self.point or (self.point == "after" and name == "mail")):
                self.countdown -= 1
                if self.countdown <= 0:
                    os.kill(self.victim, signal.SIGKILL)
                    self.killed.append(self.point)
                    self.victim = 0
                    return "close" if self.luck.random() < 0.5 else answer
            return answer

        return reply


@pytest.mark.fault
def test_killed_at_random_points_nothing_is_lost(process_env: dict[str, str]) -> None:
    seed = random.SystemRandom().randint(0, 10**6)
    with running_sink() as sink:
        executioner = Executioner(sink, random.Random(seed))
        process = subprocess.Popen(
            [sys.executable, "-m", "otklik.channels.email.tests.sender_process", str(MAILS)],
            env=process_env | {"OTKLIK_SMTP_URL": sink.url, "OTKLIK_LOG_LEVEL": "WARNING"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None

        def ask(word: str) -> str:
            process.stdin.write(f"{word}\n")
            process.stdin.flush()
            return process.stdout.readline().strip()

        try:
            assert process.stdout.readline().strip() == "ready"
            endings = []
            while len(executioner.killed) < KILLS:
                executioner.arm(int(ask("go")))
                endings.append(process.stdout.readline().strip())
                if endings[-1] == "ended 0" and int(ask("again")) == 0:
                    break
            executioner.victim = 0
            executioner.point = ""
            for _round in range(20):
                ask("go")
                process.stdout.readline()
                if int(ask("again")) == 0:
                    break
            rows = json.loads(ask("report"))
        finally:
            process.stdin.close()
            process.wait(30)
    taken = Counter(read_raw(item.data).one("Message-ID") for item in sink.taken)
    assert len(executioner.killed) >= KILLS, f"seed {seed}"
    assert {message_id: state for message_id, state, _doubts, _attempts in rows} == dict.fromkeys(
        (f"<kill-{number}@desk.example>" for number in range(MAILS)), "sent"
    )
    assert set(taken) == {message_id for message_id, *_rest in rows}, f"every mail reached the server; seed {seed}"
    for message_id, _state, doubts, _attempts in rows:
        assert taken[message_id] <= 1 + doubts, "what went out twice is marked as doubtful"
    by_id: dict[str, set[bytes]] = {}
    for item in sink.taken:
        by_id.setdefault(read_raw(item.data).one("Message-ID"), set()).add(item.data)
    assert {len(copies) for copies in by_id.values()} == {1}, "a repeat is the same mail to the byte"
