"""Five hundred open streams on one web process: each hears every change once, and over a restart none is lost.

How soon they hear it is measured by ``make bench``; here only what they hear counts.
"""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bench.browser import Browser
from otklik.testing.server import Desk, running_desk, wait_until

pytestmark = [pytest.mark.soak, pytest.mark.fault]
STREAMS, PEOPLE, PATIENCE = 500, 25, 120
PASSWORD, ADMIN = "a long password of many 1", "admin@many.example"
ADD = """
from otklik.accounts.models import User
from otklik.core.clock import now
for number in range({people}):
    user = User(email=f"agent{{number}}@many.example", name=f"Agent {{number}}", role="agent", created_at=now())
    user.set_password({password!r})
    user.save()
"""


@dataclass
class Ear:
    """What one browser heard: its place in the stream, and the places at which tickets were named."""

    cookies: str
    last_id: str = ""
    open: bool = False
    trouble: str = ""
    heard: list[tuple[int, int]] = field(default_factory=list)

    async def listen(self, port: int) -> None:
        """Read one stream to its end, from where the one before it ended."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        go_on = f"Last-Event-ID: {self.last_id}\r\n" if self.last_id else ""
        head = f"GET /live/ HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nCookie: {self.cookies}\r\n"
        writer.write(f"{head}{go_on}\r\n".encode())
        place, kind = "", ""
        try:
            if b" 200 " not in (status := await reader.readline()):
                self.trouble = status.decode()
                return
            while line := await reader.readline():
                name, _, value = line.decode().strip().partition(": ")
                if name == "id":
                    place = value
                elif name == "event":
                    kind = value
                elif name == "data" and kind == "news":
                    self.last_id, self.open = place, True
                    self.heard += [(int(place), number) for number in json.loads(value).get("tickets", ())]
        except ConnectionError:
            pass  # the desk ended in the middle of a line
        finally:
            self.open = False
            writer.close()


@contextmanager
def _listening(desk: Desk, ears: list[Ear]) -> Iterator[None]:
    """Hold all streams for the time of the block, on an event loop in a thread of its own."""
    loop = asyncio.new_event_loop()

    async def all_of_them() -> None:
        await asyncio.gather(*(ear.listen(desk.port) for ear in ears))

    task = loop.create_task(all_of_them())

    def run() -> None:
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            pass
        finally:
            loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        wait_until(
            lambda: all(ear.open or ear.trouble for ear in ears), timeout=PATIENCE, what=f"{len(ears)} open streams"
        )
        assert {ear.trouble for ear in ears} == {""}
        yield
    finally:
        if not loop.is_closed():
            loop.call_soon_threadsafe(task.cancel)
        thread.join(PATIENCE)
        assert not thread.is_alive()


def _change(program: Browser, subject: str) -> int:
    body = {"subject": subject, "requester": {"email": "clara@berezka.example"}, "body_text": "Добрый день"}
    status, text, _ = program.post("/api/v1/tickets", body)  # type: ignore[arg-type]
    assert status == 201, text
    return int(json.loads(text)["number"])


def _everybody_heard(ears: list[Ear], numbers: set[int]) -> None:
    def deaf() -> int:
        return sum(not numbers <= {number for _place, number in ear.heard} for ear in ears)

    wait_until(lambda: not deaf(), timeout=PATIENCE, what=f"{numbers} in every one of the {len(ears)} streams")


def _signed_in(desk: Desk, number: int) -> str:
    browser = Browser(desk.port)
    browser.sign_in(f"agent{number}@many.example", PASSWORD)
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


def test_five_hundred_streams_hear_each_change_once_over_a_restart(tmp_path: Path, fresh_database: str) -> None:
    env = {"OTKLIK_DATABASE_URL": fresh_database}
    with running_desk(tmp_path, env=env, arguments=("--web", "1"), prepared=True) as desk:
        desk.cli("user", "add", ADMIN, "--role", "admin", "--password-stdin", stdin=PASSWORD.encode())
        desk.cli("manage", "shell", "-c", ADD.format(people=PEOPLE, password=PASSWORD))
        words = ("token", "create", "--user", ADMIN, "--scope", "read", "--scope", "write")
        token = desk.cli(*words).stdout.decode().strip()
        cookies = [_signed_in(desk, number) for number in range(PEOPLE)]
        ears = [Ear(cookies[number % PEOPLE]) for number in range(STREAMS)]
        told = set()
        with _listening(desk, ears):
            assert len([name for name in desk.family().values() if name.startswith("otklik-web")]) == 1
            for number in range(5):
                told.add(_change(Browser(desk.port, token=token), f"До перезапуска {number}"))
                _everybody_heard(ears, told)
            told.add(_change(Browser(desk.port, token=token), "Перед самым концом"))
            desk.stop()
        desk.start()
        told.add(_change(Browser(desk.port, token=token), "Пока никто не слушал"))
        with _listening(desk, ears):
            _everybody_heard(ears, told)
            told.add(_change(Browser(desk.port, token=token), "После"))
            _everybody_heard(ears, told)
        for ear in ears:
            assert {number for _place, number in ear.heard} == told
            assert max(Counter(ear.heard).values()) == 1, "told twice from one place"
            places = [place for place, _number in ear.heard]
            assert places == sorted(places), "told anew from a place that was past"
