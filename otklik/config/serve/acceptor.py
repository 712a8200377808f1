"""Shares new connections fairly among web processes that listen on one socket.

The kernel wakes whoever happens to wait, and an event loop takes all that is in the queue: of eight connections one
process often got all, and a core stood idle. So each process tells on a shared board how many connections it has, and
one that has more than another leaves a new one to the other for a moment. A process that does not answer within that
moment delays nobody further: whoever is awake takes the connection then.
"""

import asyncio
import logging
import mmap
import socket
from collections.abc import Callable

PATIENCE = 0.025  # seconds a connection is left to a process that has fewer: a few turns of a busy interpreter
_BREATH = 1.0  # seconds without a new connection when the system has no descriptor left
_AT_ONCE = 64  # connections taken in one turn of the loop
_AWAY = 0xFFFF_FFFF  # the count of a process that takes nothing
log = logging.getLogger("otklik.serve")


class Board:
    """How many connections each process has: memory shared by the processes that are forked after it was made.

    Each process writes its own place alone, an aligned word, so no lock is needed.
    """

    def __init__(self, places: int) -> None:
        self._counts = memoryview(mmap.mmap(-1, 4 * max(places, 1))).cast("I")
        for place in range(places):
            self.leave(place)

    def tell(self, place: int, connections: int) -> None:
        """Write how many connections the process at a place has."""
        self._counts[place] = connections

    def leave(self, place: int) -> None:
        """Say that the process at a place takes no connections: nobody waits for it."""
        self._counts[place] = _AWAY

    def another_has_fewer(self, place: int) -> bool:
        """Tell whether another process has fewer connections than the one at a place."""
        return min(self._counts) < self._counts[place]


class Acceptor:
    """Takes the connections of a listening socket into the running loop, in turn with the other processes."""

    def __init__(self, board: Board, place: int) -> None:
        self._board = board
        self._place = place
        self._connections = 0
        self._open = False
        self._arriving: set[asyncio.Task[None]] = set()
        self._later: asyncio.TimerHandle | None = None

    def open(self, listening: socket.socket, protocol: Callable[[], asyncio.Protocol]) -> None:
        """Begin to take connections; each gets a protocol, whose end must be told by ``ended``."""
        self._loop = asyncio.get_running_loop()
        self._socket = listening
        self._protocol = protocol
        listening.setblocking(False)
        self._open = True
        self._board.tell(self._place, 0)
        self._loop.add_reader(listening, self._called)

    def close(self) -> None:
        """Take no more connections; those taken go on."""
        self._open = False
        self._board.leave(self._place)
        self._loop.remove_reader(self._socket)
        if self._later is not None:
            self._later.cancel()

    def ended(self) -> None:
        """Count a connection out."""
        self._count(-1)

    def _called(self) -> None:
        for _turn in range(_AT_ONCE):
            if self._board.another_has_fewer(self._place):
                self._pause(PATIENCE)
                return
            if not self._take():
                return

    def _pause(self, seconds: float) -> None:
        self._loop.remove_reader(self._socket)
        self._later = self._loop.call_later(seconds, self._resume)

    def _resume(self) -> None:
        """Take what nobody took meanwhile, and listen again."""
        self._later = None
        self._loop.add_reader(self._socket, self._called)
        self._take()

    def _take(self) -> bool:
        """Take one connection; false when there is none, or none can be taken now."""
        try:
            connection, _address = self._socket.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return False
        except OSError as error:  # no descriptors left: asking again at once would burn a core
            log.warning("connections wait", extra={"reason": str(error)})
            self._pause(_BREATH)
            return False
        connection.setblocking(False)
        self._count(1)
        task = self._loop.create_task(self._introduce(connection))
        self._arriving.add(task)
        task.add_done_callback(self._arriving.discard)
        return True

    async def _introduce(self, connection: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._protocol, connection)
        except OSError:  # gone before it was here
            connection.close()
            self.ended()

    def _count(self, change: int) -> None:
        self._connections += change
        if self._open:
            self._board.tell(self._place, self._connections)
