"""The live stream of a running desk: quick, resumed over a restart without loss or doubles, ended with the rights."""

import time
from collections.abc import Iterator

import pytest

from bench.browser import Browser
from otklik.testing.events import Ended, Listener
from otklik.testing.server import Desk, running_desk, wait_until

EMAIL, PASSWORD = "anna@desk.example", "very long and secret"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, shared_database: str) -> Iterator[Desk]:
    """Run a desk with two web processes: what one does, the streams of the other tell."""
    folder, env = tmp_path_factory.mktemp("stream"), {"OTKLIK_DATABASE_URL": shared_database}
    with running_desk(folder, env=env, arguments=("--web", "2"), prepared=True) as running:
        running.cli("user", "add", EMAIL, "--role", "admin", "--password-stdin", stdin=PASSWORD.encode())
        yield running


def _browser(desk: Desk) -> Browser:
    browser = Browser(desk.port)
    browser.sign_in(EMAIL, PASSWORD)
    return browser


class Program:
    """A program that opens tickets, over restarts too."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        words = ("token", "create", "--user", EMAIL, "--scope", "read", "--scope", "write")
        self.token = desk.cli(*words).stdout.decode().strip()

    def open_ticket(self, subject: str) -> int:
        """Open one ticket and return its number."""
        body = {"subject": subject, "requester": {"email": "clara@berezka.example"}, "body_text": "Добрый день"}
        status, text, _ = Browser(self.desk.port, token=self.token).post("/api/v1/tickets", body)  # type: ignore[arg-type]
        assert status == 201, text
        return int(text.partition('"number":')[2].lstrip().partition(",")[0])


def _hear(listener: Listener, wanted: set[int], heard: list[tuple[int, list[int]]]) -> None:
    """Read until every wanted ticket was named."""
    while not wanted <= {number for _, numbers in heard for number in numbers}:
        frame = listener.next()
        if frame.name == "news" and "tickets" in frame.data:
            heard.append((int(frame.id), frame.data["tickets"]))


@pytest.mark.fault
def test_restart_in_the_middle_loses_and_doubles_nothing(desk: Desk) -> None:
    browser, program = _browser(desk), Program(desk)
    listener = Listener(desk.port, browser.cookies)
    assert (listener.status, listener.next().name) == (200, "news")
    heard: list[tuple[int, list[int]]] = []
    first = {program.open_ticket("До перезапуска")}
    _hear(listener, first, heard)
    unheard = {program.open_ticket("Перед самым концом")}
    desk.stop()
    with pytest.raises(Ended):
        _hear(listener, {-1}, heard)
    desk.start()
    unheard |= {program.open_ticket("Пока никто не слушал")}
    again = Listener(desk.port, browser.cookies, last_id=listener.last_id)
    _hear(again, first | unheard, heard)
    _hear(again, last := {program.open_ticket("После")}, heard)
    places = [place for place, _ in heard]
    assert places == sorted(set(places))
    assert {number for _, numbers in heard for number in numbers} == first | unheard | last
    third = Listener(desk.port, browser.cookies, last_id=again.last_id)
    assert "tickets" not in third.next().data


def test_stream_ends_within_seconds_of_signing_out_and_is_refused_afterwards(desk: Desk) -> None:
    browser, other = _browser(desk), _browser(desk)
    kept = dict(browser.cookies)
    listener, stays = Listener(desk.port, kept), Listener(desk.port, other.cookies)
    listener.next()
    token = browser.fetch("/accounts/logout/")[1].partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    browser.fetch("/accounts/logout/", form={"csrfmiddlewaretoken": token})
    began = time.monotonic()
    frame = listener.until(lambda frame: frame.name == "end", timeout=10)
    assert (frame.data, time.monotonic() - began < 8) == ("rights", True)
    with pytest.raises(Ended):
        listener.next()
    assert Listener(desk.port, kept).status == 401
    assert Listener(desk.port, {}).status == 401
    assert stays.next().name == "news"


@pytest.mark.heavy
def test_open_streams_keep_no_thread_from_the_pages(desk: Desk) -> None:
    cookies = [_browser(desk) for _ in range(2)]
    streams = [Listener(desk.port, cookies[number % 2].cookies) for number in range(16)]
    assert {stream.status for stream in streams} == {200}
    taken = [cookies[0].fetch("/tickets/?folder=open")[2] for _ in range(8)]
    assert max(taken) < 5
    number = Program(desk).open_ticket("Всем сразу")
    for stream in streams:
        stream.until(lambda frame: number in frame.data.get("tickets", []) if frame.name == "news" else False)
        stream.close()
    assert wait_until(lambda: Listener(desk.port, cookies[0].cookies).status == 200)
