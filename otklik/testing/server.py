"""A real ``otklik serve`` for tests and measurements: free ports, a folder of its own, everything through its doors."""

import atexit
import contextlib
import fcntl
import http.client
import os
import shutil
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

START_TIMEOUT = 180.0  # seconds; two on a quiet machine, a minute beside other test runs
STOP_TIMEOUT = 30.0
_OTKLIK = (sys.executable, "-m", "otklik.config.cli")


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return our environment without any setting of ours, and ``extra`` on top."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OTKLIK_", "DJANGO_", "PYTEST"))}
    return {**kept, **(extra or {})}


def wait_until[T](
    condition: Callable[[], T], *, timeout: float = 20.0, every: float = 0.01, what: str = "the condition"
) -> T:
    """Return the first true answer of ``condition``; raise ``TimeoutError`` naming ``what`` when none comes.

    It is asked ``every`` so many seconds, and the more seldom the longer it has been waited for, up to four times a
    second: asking takes the processor from what is waited for.
    """
    began = time.monotonic()
    while not (answer := condition()):
        waited = time.monotonic() - began
        if waited > timeout:
            raise TimeoutError(f"{what} did not come true in {timeout:.0f} s")
        time.sleep(max(every, min(waited / 40, 0.25)))
    return answer


@dataclass(slots=True)
class Answer:
    """What a request was answered with."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


@dataclass(slots=True)
class Desk:
    """One running desk."""

    data: Path
    port: int
    smtp_port: int
    env: dict[str, str]
    log_path: Path
    arguments: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = field(default=None)
    started_in: float = 0.0

    @property
    def url(self) -> str:
        """Where the pages are, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The supervisor's process id."""
        assert self.process is not None
        return self.process.pid

    def start(self, timeout: float = START_TIMEOUT) -> None:
        """Start it and wait until it is ready; raise with the log when it is not."""
        began = time.monotonic()
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [*_OTKLIK, "serve", "--data", str(self.data), "--port", str(self.port),
                 "--smtp-port", str(self.smtp_port), *self.arguments],
                env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        try:
            wait_until(self._started, timeout=timeout, what="the start of the desk")
        except (TimeoutError, ChildProcessError) as error:
            self.kill()
            raise AssertionError(f"{error}\n{self.log()}") from None
        self.started_in = time.monotonic() - began

    def _started(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise ChildProcessError(f"the desk ended with code {self.process.returncode}")
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.get("/readyz", timeout=5).status == 200
        return False

    def stop(self, timeout: float = STOP_TIMEOUT) -> int:
        """End it by TERM and return its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(timeout)

    def kill(self) -> None:
        """End the supervisor by KILL and wait for the end of all its children."""
        if self.process is None or self.process.poll() is not None:
            return
        family = self.family()
        self.process.kill()
        self.process.wait()
        wait_until(lambda: not any(alive(pid) for pid in family), timeout=STOP_TIMEOUT, what=f"the end of {family}")

    def log(self) -> str:
        """Return everything that it has written."""
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, timeout: float = 20.0) -> Answer:
        """Fetch one address without following redirects."""
        return self.request("GET", path, headers=headers, timeout=timeout)

    def request(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None,
        timeout: float = 20.0,
    ) -> Answer:  # fmt: skip
        """Send one request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        began = time.perf_counter()
        try:
            connection.request(method, path, body=body, headers=dict(headers or {}))
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        return Answer(response.status, dict(response.getheaders()), content, time.perf_counter() - began)

    def send_mail(
        self, raw: bytes, *, sender: str = "clara@berezka.example", to: str = "support@demo.otklik.test"
    ) -> None:
        """Hand one message to the receiver; returns after its 250."""
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=30) as smtp:
            smtp.sendmail(sender, [to], raw)

    def cli(self, *words: str, stdin: bytes = b"", check: bool = True) -> subprocess.CompletedProcess[bytes]:
        """Run one `otklik` command on the same folder."""
        done = subprocess.run([*_OTKLIK, *words], env=self.env, input=stdin, capture_output=True, check=False)
        if check and done.returncode:
            raise AssertionError(f"otklik {' '.join(words)}: code {done.returncode}\n{done.stderr.decode()}")
        return done

    def family(self) -> dict[int, str]:
        """Return all processes of the desk, the supervisor's descendants, with their names (Linux)."""
        return descendants(self.pid)

    def child(self, name: str) -> int:
        """Return the process id of ``web-0``, ``engine``, ``crew``; waits until it is there."""
        return wait_until(
            lambda: next((pid for pid, shown in self.family().items() if shown == f"otklik-{name}"), 0),
            what=f"the process {name}",
        )


def alive(pid: int) -> bool:
    """Tell whether a process runs (one that only waits to be collected does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def descendants(root: int) -> dict[int, str]:
    """Return the processes under ``root``, itself left out, with their names."""
    parents: dict[int, list[int]] = {}
    names: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            head, _, rest = (entry / "stat").read_text(encoding="utf-8").rpartition(")")
        except OSError:
            continue
        parents.setdefault(int(rest.split()[1]), []).append(int(entry.name))
        names[int(entry.name)] = head.partition("(")[2]
    found: dict[int, str] = {}
    waiting = [root]
    while waiting:
        for pid in parents.get(waiting.pop(), []):
            found[pid] = names[pid]
            waiting.append(pid)
    return found


@contextlib.contextmanager
def running_desk(
    folder: Path | None = None, *, demo: bool = False, env: Mapping[str, str] | None = None,
    arguments: tuple[str, ...] = (), start: bool = True, prepared: bool = False,
) -> Iterator[Desk]:  # fmt: skip
    """Run a desk on free ports in ``folder`` (a temporary one when None) for the time of the block.

    However the block ends, no process of the desk is left. ``prepared`` spares a desk on SQLite its first start: it
    begins with a copy of one that was started before and ended cleanly.
    """
    with contextlib.ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="otklik-desk-")))
        data = folder / "desk"
        environment = clean_environment({"OTKLIK_DATA": str(data), "PYTHONUNBUFFERED": "1", **(env or {})})
        desk = Desk(
            data=data, port=free_port(), smtp_port=free_port(), env=environment, log_path=folder / "desk.log",
            arguments=(*(("--demo",) if demo else ()), *arguments),
        )  # fmt: skip
        if prepared and not environment.get("OTKLIK_DATABASE_URL"):
            put_prepared(data, demo=demo)
        try:
            if start:
                desk.start()
            yield desk
        finally:
            if desk.process is not None and desk.process.poll() is None:
                try:
                    desk.stop()
                except subprocess.TimeoutExpired:
                    desk.kill()


def put_prepared(data: Path, *, demo: bool = False) -> None:
    """Make ``data``, which must not exist, the data folder of a desk on SQLite that was started before and ended."""
    shutil.copytree(_started_once(_shelf(), demo=demo), data)


@cache
def _shelf() -> Path:
    """Where desks are kept for copies: the folder that the runs of one ``make test`` share, else one of our own."""
    if shared := os.environ.get("OTKLIK_TEST_DESKS"):
        return Path(shared)
    own = tempfile.TemporaryDirectory(prefix="otklik-desks-")
    atexit.register(own.cleanup)
    return Path(own.name)


def _started_once(shelf: Path, *, demo: bool) -> Path:
    """Return the data of a desk on SQLite that was started once and ended; made by whoever asks first."""
    made = shelf / ("demo" if demo else "empty")
    with (shelf / f"{made.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            with tempfile.TemporaryDirectory(dir=shelf) as folder, running_desk(Path(folder), demo=demo) as desk:
                if code := desk.stop():
                    raise AssertionError(f"the desk to copy ended with code {code}\n{desk.log()}")
                desk.data.rename(made)
    return made
