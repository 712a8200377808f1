"""The outermost process: owns sockets and lock, starts the crew, and replaces it when it dies.

It imports neither Django nor settings: little can go wrong in the one process that must not end. The command that
opened the sockets executes it in its own place, so that nobody keeps for years what reading a command line took.
"""

import os
import signal
import subprocess
import sys
from time import monotonic

from otklik.config.serve.processes import Restarts, Signals, name_process, say

GRACE = 20.0  # seconds that a crew has to finish what it holds
_CREW = "otklik.config.serve.crew"
_WATCHED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


class Crew:
    """One started crew process and the pipe on which it reports that everything answers."""

    def __init__(self, plan: str, held: tuple[int, ...]) -> None:
        self.reader, writer = os.pipe()
        os.set_inheritable(writer, True)
        command = [sys.executable, "-m", _CREW, plan, str(os.getpid()), str(writer)]
        # a dozen threads that mostly sleep need no heap each: glibc would give every one its own
        env = {"MALLOC_ARENA_MAX": "2", **os.environ}
        self.process = subprocess.Popen(command, pass_fds=(*held, writer), stdin=subprocess.DEVNULL, env=env)
        os.close(writer)
        self.is_ready = False

    @property
    def pid(self) -> int:
        """The process id."""
        return self.process.pid

    def read_ready(self) -> bool:
        """Read the pipe once it is readable; true when the crew said that it is ready."""
        self.is_ready = bool(os.read(self.reader, 1)) or self.is_ready
        os.close(self.reader)
        self.reader = -1
        return self.is_ready

    def ask_to_end(self) -> None:
        """Tell the crew to finish what it holds."""
        if self.process.poll() is None:
            self.process.terminate()


class Supervisor:
    """Runs one desk until it is told to end.

    ``plan`` is what a crew is told, ``held`` the descriptors it inherits, ``welcome`` what is said once all answers.
    """

    def __init__(self, plan: str, held: tuple[int, ...], welcome: str) -> None:
        self._plan = plan
        self._held = held
        self._welcome = welcome
        self._restarts = Restarts()
        self._crew: Crew | None = None
        self._next: Crew | None = None  # the crew that replaces the present one after HUP
        self._leaving: list[Crew] = []
        self._start_at: float | None = None
        self._was_ready = False
        self._failed = False

    def run(self) -> int:
        """Keep the desk running; return 0 after a clean end, 1 when it could never start."""
        name_process("otklik-serve")
        self._signals = Signals(_WATCHED)
        self._start_crew()
        while not self._failed:
            numbers, ready = self._signals.wait(self._timeout(), self._pipes())
            if signal.SIGTERM in numbers or signal.SIGINT in numbers:
                break
            self._take_ready(ready)
            self._reap()
            if signal.SIGHUP in numbers:
                self._renew()
            if self._start_at is not None and monotonic() >= self._start_at:
                self._start_crew()
        self._end()
        return 1 if self._failed else 0

    def _start_crew(self) -> None:
        self._start_at = None
        self._restarts.started()
        self._crew = Crew(self._plan, self._held)

    def _renew(self) -> None:
        """Start a crew from the code on disk beside the present one; it takes over once it is ready."""
        if self._next is None and self._crew is not None:
            self._next = Crew(self._plan, self._held)

    def _pipes(self) -> list[int]:
        return [crew.reader for crew in (self._crew, self._next) if crew is not None and crew.reader >= 0]

    def _take_ready(self, readable: list[int]) -> None:
        for crew in (self._crew, self._next):
            if crew is None or crew.reader not in readable or not crew.read_ready():
                continue
            if crew is self._next:
                previous, self._crew, self._next = self._crew, crew, None
                if previous is not None:
                    previous.ask_to_end()
                    self._leaving.append(previous)
            if not self._was_ready:
                self._was_ready = True
                sys.stdout.write(f"{self._welcome}\n")
                sys.stdout.flush()

    def _reap(self) -> None:
        self._leaving = [crew for crew in self._leaving if crew.process.poll() is None]
        if self._next is not None and self._next.process.poll() is not None:
            say("the new crew could not start; the present one goes on")
            self._next = None
        if self._crew is not None and self._crew.process.poll() is not None:
            code = self._crew.process.returncode
            self._crew = None
            if not self._was_ready:
                self._failed = True
                return
            delay = self._restarts.delay()
            say(f"the crew ended ({_ended(code)}); starting again in {delay:.1f} s")
            self._start_at = monotonic() + delay

    def _timeout(self) -> float | None:
        return None if self._start_at is None else max(0.0, self._start_at - monotonic())

    def _end(self) -> None:
        """End the crews; a second TERM or Ctrl-C does not wait."""
        crews = [crew for crew in (self._next, self._crew, *self._leaving) if crew is not None]
        for crew in crews:
            crew.ask_to_end()
        deadline = monotonic() + GRACE
        while any(crew.process.poll() is None for crew in crews):
            left = deadline - monotonic()
            numbers, _ = self._signals.wait(max(0.0, left))
            if left <= 0 or signal.SIGTERM in numbers or signal.SIGINT in numbers:
                for crew in crews:
                    crew.process.kill()  # its children end with it


def _ended(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"code {code}"


def main() -> int:
    """Supervise what the command wrote on the descriptor in the first argument."""
    with os.fdopen(int(sys.argv[1]), encoding="utf-8") as told:
        plan, held, welcome = told.read().split("\n", 2)
    return Supervisor(plan, tuple(map(int, held.split())), welcome).run()


if __name__ == "__main__":
    sys.exit(main())
