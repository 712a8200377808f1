"""What the operating system does for the supervisor: ends of parents, names, signals as bytes on a pipe, back-off."""

import ctypes
import os
import resource
import select
import signal
import sys
from collections.abc import Iterable
from time import monotonic

_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15
_LONGEST_DELAY = 30.0
_MOST_DESCRIPTORS = 65_536
STEADY_AFTER = 10.0  # seconds of life after which a process counts as healthy again


def die_with_parent(parent: int) -> None:
    """Ask the kernel to send TERM to this process when its parent dies; end at once when that has happened already."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def name_process(name: str) -> None:
    """Show a name of up to 15 characters in process lists."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0)


def allow_many_connections() -> int:
    """Let this process open as many descriptors as the system lets it; return how many.

    Most systems begin with 1,024, and every open page holds one for its live stream.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = most
    return soft


class Signals:
    """Turns signals into numbers that a loop reads when it is ready for them, so that no handler does any work."""

    def __init__(self, wanted: Iterable[signal.Signals]) -> None:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        self._wanted = tuple(wanted)
        for number in self._wanted:
            signal.signal(number, _noted)

    def wait(self, timeout: float | None, others: Iterable[int] = ()) -> tuple[list[int], list[int]]:
        """Wait for a signal or for one of the other descriptors; answer the signals and the readable descriptors."""
        ready, _, _ = select.select([self._reader, *others], [], [], timeout)
        numbers: list[int] = []
        if self._reader in ready:
            ready.remove(self._reader)
            numbers = list(os.read(self._reader, 512))
        return numbers, ready

    def forget(self) -> None:
        """Give every signal its default effect again: the first thing a forked child does."""
        signal.set_wakeup_fd(-1)
        for number in self._wanted:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the supervisor alone obeys it
        os.close(self._reader)
        os.close(self._writer)


def _noted(_number: int, _frame: object) -> None:
    """Do nothing: the byte on the pipe is what counts."""


class Restarts:
    """How long to wait before a process that died is started again: at once, then 0.5 s, doubling up to 30 s."""

    def __init__(self) -> None:
        self._quick_deaths = 0
        self._started = monotonic()

    def started(self) -> None:
        """Remember when the present life began."""
        self._started = monotonic()

    def delay(self) -> float:
        """Return the seconds to wait now that it died; a long life forgives what was before."""
        self._quick_deaths = 0 if monotonic() - self._started > STEADY_AFTER else self._quick_deaths + 1
        if self._quick_deaths <= 1:
            return 0.0
        return float(min(_LONGEST_DELAY, 0.25 * 2 ** (self._quick_deaths - 1)))


def say(text: str) -> None:
    """Write one line for the person who started us."""
    sys.stderr.write(f"otklik: {text}\n")
    sys.stderr.flush()


def how_it_ended(status: int) -> str:
    """Word a wait status: ``signal 9`` or ``code 1``."""
    return f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"code {os.waitstatus_to_exitcode(status)}"
