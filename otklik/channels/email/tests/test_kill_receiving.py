"""The engine killed at random points of receiving: everything accepted is there exactly once (D-51)."""

import json
import random
import smtplib
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from otklik.channels.email.tests.mails import mail
from otklik.channels.email.tests.receiver_process import POINTS, POINTS_AT_ONCE
from otklik.testing.server import free_port


class Sender(threading.Thread):
    """A client that sends one mail after another, each until it hears 250, as a mail server does."""

    def __init__(self, name: str, port: int, enough: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self._port = port
        self._enough = enough
        self.accepted: list[str] = []

    def run(self) -> None:
        """Send until there is enough; the mail in hand is brought home first."""
        number = 0
        while not self._enough.is_set():
            number += 1
            subject = f"{self.name} {number}"
            self._bring(subject, mail(subject=subject, text=subject, Message_ID=f"<{self.name}.{number}@x.example>"))

    def _bring(self, subject: str, raw: bytes) -> None:
        until = time.monotonic() + 120
        while time.monotonic() < until:
            try:
                with smtplib.SMTP("127.0.0.1", self._port, timeout=10) as client:
                    client.sendmail("clara@berezka.example", ["support@desk.example"], raw)
            except (OSError, smtplib.SMTPException):
                self._enough.wait(0.02)  # the engine is dead or starts
            else:
                self.accepted.append(subject)
                return


@pytest.mark.fault
@pytest.mark.parametrize(
    ("mode", "places", "kills", "clients"), [("", POINTS, 25, 3), ("at-once", POINTS_AT_ONCE, 12, 1)]
)
def test_killed_at_random_points_everything_accepted_is_there_once(
    process_env: dict[str, str], mode: str, places: Sequence[str], kills: int, clients: int
) -> None:
    """Several clients at a time are taken raw copy first; one alone has its mails finished by their answers."""
    seed = random.SystemRandom().randint(0, 10**6)
    luck, port, enough = random.Random(seed), free_port(), threading.Event()
    process = subprocess.Popen(
        [sys.executable, "-m", "otklik.channels.email.tests.receiver_process", mode],
        env=process_env | {"OTKLIK_SMTP_LISTEN": f"127.0.0.1:{port}", "OTKLIK_LOG_LEVEL": "ERROR"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    hear, say = process.stdout, process.stdin

    def run(point: str, count: int) -> str:
        say.write(f"go {point} {count}\n")
        say.flush()
        hear.readline()
        return hear.readline().strip()

    senders = [Sender(f"s{number}", port, enough) for number in range(clients)]
    killed = []
    try:
        assert hear.readline().strip() == "ready"
        for sender in senders:
            sender.start()
        points = list(places) * (kills // len(places)) + [luck.choice(places) for _ in range(kills % len(places))]
        luck.shuffle(points)
        for point in points:
            ending = run(point, luck.randint(1, 4))
            assert ending.startswith("ended 9 "), f"{point}: {ending}; seed {seed}"
            killed.append(point)
        last = threading.Thread(target=lambda: killed.append(run("never", 0)))
        last.start()
        enough.set()
        for sender in senders:
            sender.join(130)
        (Path(process_env["OTKLIK_DATA"]) / "all-sent").touch()
        last.join(120)
        say.write("report\n")
        say.flush()
        report = json.loads(hear.readline())
    finally:
        enough.set()
        say.close()
        process.wait(30)
    accepted = [subject for sender in senders for subject in sender.accepted]
    stored = [subject for subject, *_rest in report["mails"]]
    assert len(accepted) == len(set(accepted)) >= kills
    assert sorted(stored) == sorted(accepted), f"each exactly once; seed {seed}"
    assert {state for _subject, state, *_rest in report["mails"]} == {"ticket"}
    assert len({ticket for _subject, _state, ticket, _copies in report["mails"]}) == len(accepted)
    assert (report["tickets"], report["messages"]) == (len(accepted), len(accepted)), f"seed {seed}"
