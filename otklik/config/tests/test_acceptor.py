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


class Scene:
    """Processes at one socket, and the clients that call it."""

    def __init__(self, listening: socket.socket, *, processes: int, places: int) -> None:
        self.board = Board(places)
        self.processes = [Process(listening, self.board, place) for place in range(processes)]
        self._port = listening.getsockname()[1]
        self._writers: list[asyncio.StreamWriter] = []

    @property
    def counts(self) -> list[int]:
        """How many connections each process has."""
        return [len(process.taken) for process in self.processes]

    async def call(self, times: int) -> None:
        """Open connections all at once, and let the processes take them."""
        wanted = sum(self.counts) + times
        pairs = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", self._port) for _ in range(times)))
        self._writers += [writer for _reader, writer in pairs]
        await until(lambda: sum(self.counts) == wanted)

    def hang_up(self) -> None:
        """Close every connection from the clients' side."""
        for writer in self._writers:
            writer.close()

    def end(self) -> None:
        """End whatever is left."""
        self.hang_up()
        for process in self.processes:
            process.end()


async def until(fact: Callable[[], bool]) -> None:
    """Let the loop turn until a call is true, 5 s at most."""
    for _turn in range(2_500):
        if fact():
            return
        await asyncio.sleep(0.002)
    raise TimeoutError


def test_connections_that_come_at_once_are_shared(listening: socket.socket) -> None:
    async def play() -> None:
        scene = Scene(listening, processes=2, places=2)
        await scene.call(CLIENTS)
        assert scene.counts == [CLIENTS // 2, CLIENTS // 2]
        scene.hang_up()
        await until(lambda: scene.counts == [0, 0])
        assert not scene.board.another_has_fewer(0)
        assert not scene.board.another_has_fewer(1)
        scene.end()

    asyncio.run(play())


def test_a_process_whose_connections_ended_takes_the_next(listening: socket.socket) -> None:
    async def play() -> None:
        scene = Scene(listening, processes=2, places=2)
        await scene.call(CLIENTS)
        for served in list(scene.processes[0].taken):
            served.hang_up()
        await until(lambda: scene.counts == [0, CLIENTS // 2])
        await scene.call(CLIENTS // 2)
        assert scene.counts == [CLIENTS // 2, CLIENTS // 2]
        scene.end()

    asyncio.run(play())


def test_a_process_that_does_not_answer_keeps_nobody_out(listening: socket.socket) -> None:
    async def play() -> None:
        scene = Scene(listening, processes=1, places=2)
        scene.board.tell(1, 0)  # stands still: it has the fewest, and takes nothing
        await scene.call(CLIENTS)
        assert scene.counts == [CLIENTS]
        assert scene.board.another_has_fewer(0)
        scene.end()

    asyncio.run(play())


def test_nobody_waits_for_a_process_that_left(listening: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acceptor, "PATIENCE", 3600.0)

    async def play() -> None:
        scene = Scene(listening, processes=2, places=2)
        scene.processes[1].end()
        await scene.call(CLIENTS)
        assert scene.counts == [CLIENTS, 0]
        scene.processes.pop()
        scene.end()

    asyncio.run(play())


def test_a_connection_waits_while_there_are_no_descriptors(
    listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acceptor, "_BREATH", 0.01)

    async def play() -> None:
        scene = Scene(listening, processes=1, places=1)
        (process,) = scene.processes
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
        await scene.call(1)
        assert len(tries) >= 4
        scene.end()

    asyncio.run(play())
