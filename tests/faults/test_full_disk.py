"""A disk that is full under a running desk: pages are read, nothing is half, what was accepted is there once."""

import contextlib
import json
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.mailset import mails
from otklik.testing.server import Desk, running_desk, wait_until
from tests.faults.agent import Agent
from tests.faults.disks import Ballast, small_disk
from tests.faults.pouring import Pouring, processes

pytestmark = [pytest.mark.fault, pytest.mark.sqlite]
LONG = "Мастер приедет завтра и привезёт прокладку. " * 400


@contextlib.contextmanager
def desk_on_small_disk(folder: Path, megabytes: int) -> Iterator[tuple[Desk, Ballast]]:
    """Run the demo company with its data folder on a disk of its own."""
    with contextlib.ExitStack() as stack:
        desk = stack.enter_context(running_desk(folder, demo=True, start=False, prepared=True))
        made = desk.data.rename(folder / "made")
        used = sum(file.stat().st_size for file in made.rglob("*") if file.is_file()) // 1024**2
        disk = small_disk(desk.data, used + megabytes)
        disk.__enter__()
        stack.push(lambda *_error: (desk.kill(), disk.__exit__(None, None, None))[1])
        shutil.copytree(made, desk.data, dirs_exist_ok=True)
        desk.start()
        yield desk, Ballast(desk.data)


def refused_reply(agent: Agent, name: str) -> tuple[str, list[str]]:
    """Send replies until one is refused; return its text and those that were taken."""
    taken: list[str] = []
    for number in range(400):
        text = f"{name} {number}. "
        answer = agent.reply(text + LONG)
        if answer.status == 204:
            taken.append(text)
            continue
        assert answer.status == 503, (answer.status, answer.text[:500], agent.desk.log()[-3000:])
        assert int(answer.headers["retry-after"]) > 0
        assert "Всё, что принято, цело" in json.loads(answer.body)["message"]
        assert "toast" in answer.headers["hx-trigger"]
        return text, taken
    raise AssertionError("the disk is full and takes replies all the same")


def fill_up(desk: Desk, ballast: Ballast, agent: Agent, pouring: Pouring, name: str) -> list[str]:
    """Fill the disk under way, look at everything that people and machines meet; return the texts of all replies."""
    ballast.fill()
    pouring.wait_for_refusals(5)
    ballast.fill()
    refused, taken = refused_reply(agent, name)
    assert desk.get("/healthz").status == 200
    ready = desk.get("/readyz")
    assert (ready.status, json.loads(ready.body)["reasons"][0]) == (503, "The disk is full.")
    for page in ("/tickets/", "/contacts/", f"/tickets/{agent.ticket}/"):
        assert agent.get(page).status == 200, page
    page = agent.reply(refused + LONG, script=False)
    assert (page.status, refused in page.text) == (503, True)
    asked = {"subject": "Нет места", "body_text": LONG, "requester": {"email": "clara@berezka.example"}}
    problem = agent.call("POST", "/tickets", asked)
    assert (problem.status, json.loads(problem.body)["type"]) == (503, "urn:otklik:problem:disk-full")
    assert agent.call("GET", "/tickets").status == 200
    pouring.wait_for_refusals(5)
    return [*taken, refused]


def make_room(desk: Desk, ballast: Ballast, agent: Agent, pouring: Pouring, replies: list[str]) -> None:
    """Free the disk: everything goes on by itself, and the refused reply is sent once more."""
    ballast.remove()
    pouring.wait_for(3)
    answer = wait_until(lambda: (said := agent.reply(replies[-1] + LONG)).status == 204 and said, timeout=60)
    assert answer
    wait_until(lambda: desk.get("/readyz").status == 200, timeout=90, what="readiness after the disk has room")


def assert_whole(desk: Desk, agent: Agent, pouring: Pouring, replies: list[str]) -> None:
    """Compare everything that was promised with what is there."""
    pouring.assert_exactly_once()
    refusals = {code for sender in pouring.senders for code in sender.refusals}
    assert refusals
    assert all(400 <= code < 500 for code in refusals), refusals
    assert {text: agent.kept(text) for text in replies} == dict.fromkeys(replies, 1)
    assert " status=500 " not in desk.log()
    (database,) = Path(desk.data).glob("*.sqlite3")
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert not connection.execute("PRAGMA foreign_key_check").fetchall()
        for path, size in connection.execute("SELECT path, size FROM core_blob WHERE path <> ''"):
            assert (desk.data / "blobs" / path).stat().st_size == size, path


def test_a_full_disk_is_told_and_loses_nothing(tmp_path: Path) -> None:
    with desk_on_small_disk(tmp_path, 48) as (desk, ballast):
        agent = Agent(desk)
        family = processes(desk)
        pouring = Pouring.begin(desk, (mails(10**9, run=f"full{number}") for number in range(2)))
        pouring.wait_for(2)
        replies = fill_up(desk, ballast, agent, pouring, "Ответ")
        make_room(desk, ballast, agent, pouring, replies)
        assert_whole(desk, agent, pouring, replies)
        assert processes(desk) == family, "a full disk ends no process"


@pytest.mark.soak
def test_soak(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """Again and again, with other fillings of the disk: to the last byte, and nearly."""
    until = time.monotonic() + 60 * pytestconfig.getoption("--soak-minutes")
    with desk_on_small_disk(tmp_path, 600) as (desk, ballast):
        agent, replies, number = Agent(desk), list[str](), 0
        pouring = Pouring.begin(desk, (mails(10**9, run=f"soak{number}") for number in range(4)))
        while time.monotonic() < until or number < 3:
            pouring.wait_for(10)
            round_ = fill_up(desk, ballast, agent, pouring, f"Круг {number}, ответ")
            make_room(desk, ballast, agent, pouring, round_)
            replies += round_
            number += 1
        assert_whole(desk, agent, pouring, replies)
