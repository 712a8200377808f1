"""The process that imports Django once and forks the working processes from it, sharing its memory.

It opens no database connection itself: preparing the database happens in a child that ends, and each working process
connects for itself. It watches its children and starts the dead again with a growing delay.
"""

import os
import signal
import sys
from collections.abc import Callable
from time import monotonic

from otklik.config.serve.plan import Plan
from otklik.config.serve.processes import Restarts, Signals, die_with_parent, how_it_ended, name_process
from otklik.config.serve.sharing import share_memory

GRACE = 15.0  # seconds for a child to finish; below the supervisor's, so that the crew itself ends it
_WATCHED = (signal.SIGTERM, signal.SIGCHLD)
_PREPARE_FAILED = 1
_FOR_PROGRAMS = 3  # prepared, and programs call this desk
_TELLING_SECONDS = 10


class Child:
    """One place of the crew (``web-0``, ``engine``): its process, if any, and when it is due to start."""

    def __init__(self, name: str, work: Callable[[Callable[[], None]], int]) -> None:
        self.name = name
        self.work = work
        self.pid = 0
        self.start_at = 0.0
        self.ready_fd = -1
        self.was_ready = False
        self.restarts = Restarts()


class Crew:
    """Forks the children of a plan, watches them, ends them; tells on ``ready_fd`` when all of them are ready."""

    def __init__(self, children: list[Child], ready_fd: int) -> None:
        self._children = children
        self._ready_fd = ready_fd
        self._reported = False

    def run(self) -> int:
        """Run until TERM; return the exit code of the crew."""
        self._signals = Signals(_WATCHED)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        while True:
            for child in self._children:
                if not child.pid and monotonic() >= child.start_at:
                    self._start(child)
            numbers, ready = self._signals.wait(
                self._timeout(), [c.ready_fd for c in self._children if c.ready_fd >= 0]
            )
            if signal.SIGTERM in numbers:
                return self._end()
            self._take_ready(ready)
            self._reap()

    def _start(self, child: Child) -> None:
        reader, writer = os.pipe()
        crew = os.getpid()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            run_child(child, writer, crew, self._signals)
        os.close(writer)
        child.pid, child.ready_fd = pid, reader
        child.restarts.started()

    def _take_ready(self, readable: list[int]) -> None:
        for child in self._children:
            if child.ready_fd in readable:
                child.was_ready = bool(os.read(child.ready_fd, 1)) or child.was_ready
                os.close(child.ready_fd)
                child.ready_fd = -1
        if not self._reported and all(child.was_ready for child in self._children):
            self._reported = True
            os.write(self._ready_fd, b"r")

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for child in self._children:
                if child.pid == pid:
                    child.pid = 0
                    delay = child.restarts.delay()
                    child.start_at = monotonic() + delay
                    _log_death(child.name, how_it_ended(status), delay)

    def _timeout(self) -> float | None:
        waiting = [child.start_at for child in self._children if not child.pid]
        return max(0.0, min(waiting) - monotonic()) if waiting else None

    def _end(self) -> int:
        """Ask every child to finish; what has not ended after the grace is killed, its work waits in rows."""
        for child in self._children:
            if child.pid:
                os.kill(child.pid, signal.SIGTERM)
        deadline = monotonic() + GRACE
        while any(child.pid for child in self._children):
            self._forget_ended()
            left = deadline - monotonic()
            if left <= 0:
                for child in self._children:
                    if child.pid:
                        os.kill(child.pid, signal.SIGKILL)
            if any(child.pid for child in self._children):
                self._signals.wait(min(max(0.0, left), 0.25) or 0.05)
        return 0

    def _forget_ended(self) -> None:
        for child in self._children:
            if child.pid and os.waitpid(child.pid, os.WNOHANG)[0]:
                child.pid = 0


def run_child(child: Child, ready_fd: int, crew: int, signals: Signals) -> None:
    """Become the child: never returns."""
    code = 1
    try:
        signals.forget()
        die_with_parent(crew)
        name_process(f"otklik-{child.name}")

        def ready() -> None:
            os.write(ready_fd, b"r")
            os.close(ready_fd)

        code = child.work(ready)
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else 1
    except BaseException:
        import logging

        logging.getLogger("otklik.serve").critical("process failed", exc_info=True, extra={"child": child.name})
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _log_death(name: str, how: str, delay: float) -> None:
    import logging

    extra = {"child": name, "how": how, "restart_in": round(delay, 1)}
    logging.getLogger("otklik.serve").warning("process ended", extra=extra)


def _prepare(plan: Plan) -> int:
    """Migrate, load the demo company, invite the first administrator: all in a child of its own, so that the crew
    stays without connections. Answer how it ended: 0, ``_FOR_PROGRAMS``, or anything else for a failure."""
    crew = os.getpid()
    pid = os.fork()
    if pid == 0:
        code = _PREPARE_FAILED
        try:
            die_with_parent(crew)
            if not plan.prepare:
                signal.alarm(_TELLING_SECONDS)  # a database that does not answer holds no page up
            from otklik.config.serve.prepare import prepare, programs_call

            code = prepare(plan)
            if code == 0 and plan.web and programs_call():
                code = _FOR_PROGRAMS
        except BaseException:
            import logging

            logging.getLogger("otklik.serve").critical("preparing the database failed", exc_info=True)
        finally:
            sys.stderr.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def main() -> int:
    """Run a crew for the plan in the first argument; the second is the process id of its supervisor, the third the
    descriptor on which the crew says that it is ready.

    Asking for the parent's id would be too late: it may have been killed while Python started here, and a crew without
    a supervisor would live on unseen.
    """
    die_with_parent(int(sys.argv[2]))
    name_process("otklik-crew")
    plan = Plan.from_json(sys.argv[1])
    from otklik.config.cli.setup import start_django

    start_django()
    from otklik.config.serve.children import children_of, preload

    preload(plan)
    ended = _prepare(plan) if plan.prepare or plan.tells else 0
    if ended == _FOR_PROGRAMS:
        from otklik.config.api_door import load_api

        load_api()
    elif ended and plan.prepare:
        return 1
    share_memory()
    return Crew(children_of(plan), int(sys.argv[3])).run()


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # nothing is left to end, and taking the interpreter down costs more than all of this
