"""Web processes that listen on one socket share what arrives."""

import asyncio
import errno
import socket
from collections.abc import Callable, Iterator

import pytest

from otklik.config.serve import acceptor
from otklik.config.serve.acceptor import Acceptor, Board
from otklik.config.serve.sockets import adopt, listen

CLIENTS = 8


class Served(asyncio.Protocol):
    """One connection at the server, in the list of those of its process."""

    def __init__(self, those: list["Served"], door: Acceptor) -> None:
        self._those = those
        self._door = door

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._those.append(self)

    def hang_up(self) -> None:
        self._transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        self._those.remove(self)
        self._door.ended()


class Process:
    """Stands for a web process: an acceptor with what it has taken."""

    def __init__(self, listening: socket.socket, board: Board, place: int) -> None:
        self.taken: list[Served] = []
        self.door = Acceptor(board, place)
        self.listening = adopt(listening.fileno())
        self.door.open(self.listening, lambda: Served(self.taken, self.door))

    def end(self) -> None:
        self.door.close()
        self.listening.close()


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with listen("127.0.0.1", 0, option="--port") as opened:
        yield opened


async def called(listening: socket.socket, times: int) -> list[asyncio.StreamWriter]:
    """Open connections all at once."""
    port = listening.getsockname()[1]
    pairs = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(times)))
    return [writer for _reader, writer in pairs]


async def until(fact: Callable[[], bool]) -> None:
    """Let the loop turn until a call is true, 5 s at most."""
    for _turn in range(2_500):
        if fact():
            return
        await asyncio.sleep(0.002)
    raise TimeoutError


def test_connections_that_come_at_once_are_shared(listening: socket.socket) -> None:
    async def play() -> None:
        board = Board(2)
        one, two = (Process(listening, board, place) for place in range(2))
        writers = await called(listening, CLIENTS)
        await until(lambda: len(one.taken) + len(two.taken) == CLIENTS)
        assert len(one.taken) == len(two.taken) == CLIENTS // 2
        for writer in writers:
            writer.close()
        await until(lambda: not one.taken and not two.taken)
        assert not board.another_has_fewer(0)
        assert not board.another_has_fewer(1)
        one.end()
        two.end()

    asyncio.run(play())


def test_a_process_whose_connections_ended_takes_the_next(listening: socket.socket) -> None:
    async def play() -> None:
        board = Board(2)
        one, two = (Process(listening, board, place) for place in range(2))
        writers = await called(listening, CLIENTS)
        await until(lambda: len(one.taken) == len(two.taken) == CLIENTS // 2)
        for served in list(one.taken):
            served.hang_up()
        await until(lambda: not one.taken)
        writers += await called(listening, CLIENTS // 2)
        await until(lambda: len(one.taken) == CLIENTS // 2)
        assert len(two.taken) == CLIENTS // 2
        for writer in writers:
            writer.close()
        one.end()
        two.end()

    asyncio.run(play())


def test_a_process_that_does_not_answer_keeps_nobody_out(listening: socket.socket) -> None:
    async def play() -> None:
        board = Board(2)
        board.tell(1, 0)  # stands still: it has the fewest, and takes nothing
        alone = Process(listening, board, 0)
        writers = await called(listening, CLIENTS)
        await until(lambda: len(alone.taken) == CLIENTS)
        for writer in writers:
            writer.close()
        alone.end()

    asyncio.run(play())


def test_nobody_waits_for_a_process_that_left(listening: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acceptor, "PATIENCE", 3600.0)

    async def play() -> None:
        board = Board(2)
        one, two = (Process(listening, board, place) for place in range(2))
        two.end()
        writers = await called(listening, CLIENTS)
        await until(lambda: len(one.taken) == CLIENTS)
        for writer in writers:
            writer.close()
        one.end()

    asyncio.run(play())


def test_a_connection_waits_while_there_are_no_descriptors(
    listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acceptor, "_BREATH", 0.01)

    async def play() -> None:
        process = Process(listening, Board(1), 0)
        real, tries = process.listening, []

        class Full:
            """The socket of a process without descriptors, three times."""

            def fileno(self) -> int:
                return real.fileno()

            def accept(self) -> tuple[socket.socket, object]:
                tries.append(1)
                if len(tries) <= 3:
                    raise OSError(errno.EMFILE, "Too many open files")
                return real.accept()

        process.door._socket = Full()  # type: ignore[assignment]
        writers = await called(listening, 1)
        await until(lambda: len(process.taken) == 1)
        assert len(tries) >= 4
        writers[0].close()
        process.end()

    asyncio.run(play())
