"""The queue of writers: fair between real processes, never lost, let go on every way out."""

import contextlib
import copy
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, connections, transaction

from otklik.core.checks import check_sqlite_version, sqlite_is_safe
from otklik.core.db.sqlite import turnstile as module
from otklik.core.db.sqlite.base import DatabaseWrapper
from otklik.core.db.sqlite.checkpoint import checkpoint
from otklik.core.db.sqlite.turnstile import MemoryTurnstile, Turnstile
from otklik.testing.server import wait_until

pytestmark = pytest.mark.sqlite

QUEUE = "queue"

WRITER = textwrap.dedent(
    """
    import sys, time, django
    from django.conf import settings
    settings.configure(
        DATABASES={"default": {"ENGINE": "otklik.core.db.sqlite", "NAME": sys.argv[1],
                               "OPTIONS": {"timeout": 20}}}, USE_TZ=True)
    django.setup()
    from django.db import connection, transaction
    kind, worst, done = sys.argv[2], 0.0, 0
    connection.ensure_connection()
    print("ready", flush=True)
    sys.stdin.readline()
    until = time.monotonic() + float(sys.argv[3])
    while time.monotonic() < until:
        began = time.monotonic()
        with transaction.atomic(), connection.cursor() as cursor:
            for number in range(400 if kind == "batch" else 1):
                cursor.execute("INSERT INTO t DEFAULT VALUES")
            if kind == "hold":
                print("inside", flush=True)
                time.sleep(60)
        worst, done = max(worst, time.monotonic() - began), done + 1
        if kind == "short":
            time.sleep(0.002)
    print(f"{done} {worst * 1000:.1f}", flush=True)
    """
)


def _writer(database: Path, kind: str, seconds: float = 2.0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(database), kind, str(seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "queue.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as made:
        made.execute("PRAGMA journal_mode = WAL")
        made.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, who TEXT UNIQUE)")
    return path


def test_short_writers_are_not_starved_by_a_batch_writer(database: Path) -> None:
    writers = [_writer(database, "batch"), *(_writer(database, "short") for _ in range(3))]
    for process in writers:
        assert _line(process) == "ready"
    for process in writers:
        _go(process)
    results = [tuple(map(float, _line(process).split())) for process in writers]
    for process in writers:
        assert process.wait(30) == 0
    (batches, slowest_batch), *short = results
    with contextlib.closing(sqlite3.connect(database)) as reader:
        rows = reader.execute("SELECT count(*) FROM t").fetchone()[0]
    assert rows == batches * 400 + sum(done for done, _worst in short), "every commit is there once"
    assert batches > 5
    for done, worst in short:
        assert done > 20
        # a turn is at most one batch and the other short ones, with room for two busy cores
        assert worst < 10 * slowest_batch + 300


def test_a_killed_writer_leaves_no_lock_behind(database: Path) -> None:
    holder, waiter = _writer(database, "hold"), _writer(database, "short", 3)
    try:
        assert (_line(holder), _line(waiter)) == ("ready", "ready")
        _go(holder)
        assert _line(holder) == "inside"
        _go(waiter)
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait(10)
        done, worst = map(float, _line(waiter).split())
        assert done >= 1
        assert worst < 5000
        assert waiter.wait(10) == 0
    finally:
        for process in (holder, waiter):
            if process.poll() is None:
                process.kill()
                process.wait()


@pytest.fixture
def queue(database: Path, django_db_blocker: Any) -> Iterator[DatabaseWrapper]:
    """A connection of ours to a file of its own: nothing of the tests' database has to be emptied afterwards."""
    settings = copy.deepcopy(connections["default"].settings_dict)
    connections.settings[QUEUE] = settings | {"NAME": str(database), "TEST": {}}
    with django_db_blocker.unblock():
        wrapper: Any = connections[QUEUE]
        yield wrapper
        wrapper.close()
    del connections[QUEUE], connections.settings[QUEUE]


def _insert(who: str) -> None:
    with connections[QUEUE].cursor() as cursor:
        cursor.execute("INSERT INTO t (who) VALUES (%s)", [who])


def test_the_file_is_as_we_want_it(queue: DatabaseWrapper) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 20000, "temp_store": 2}
    with queue.cursor() as cursor:
        found = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in wanted}
    assert found == wanted


def _free(queue: DatabaseWrapper) -> bool:
    """Tell whether another writer gets in."""
    other = Turnstile(str(queue.settings_dict["NAME"]))
    try:
        other.take()
    except sqlite3.OperationalError:
        return False
    finally:
        other.close()
    return True


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let those who wait in the door give up soon."""
    monkeypatch.setattr(module, "WAIT", 0.05)


@pytest.mark.usefixtures("impatient")
def test_a_transaction_holds_the_room_and_savepoints_do_not_matter(queue: DatabaseWrapper) -> None:
    with transaction.atomic(using=QUEUE):
        with transaction.atomic(using=QUEUE):
            _insert("a")
        with contextlib.suppress(ZeroDivisionError), transaction.atomic(using=QUEUE):
            raise ZeroDivisionError
        assert not _free(queue)
    assert _free(queue)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("how", ["raise", "database error", "rollback", "close", "autocommit", "autocommit error"])
def test_the_room_is_left_on_every_way_out(how: str, queue: DatabaseWrapper) -> None:
    _insert("taken")
    match how:
        case "raise":
            with contextlib.suppress(ZeroDivisionError), transaction.atomic(using=QUEUE):
                raise ZeroDivisionError
        case "database error":
            with pytest.raises(IntegrityError), transaction.atomic(using=QUEUE):
                _insert("taken")
        case "rollback":
            with transaction.atomic(using=QUEUE):
                transaction.set_rollback(True, using=QUEUE)
        case "close":
            with contextlib.suppress(DatabaseError), transaction.atomic(using=QUEUE):
                queue.close()
        case "autocommit":
            _insert("more")
        case "autocommit error":
            with pytest.raises(IntegrityError):
                _insert("taken")
    assert _free(queue)


def test_reading_never_queues(queue: DatabaseWrapper) -> None:
    other = Turnstile(str(queue.settings_dict["NAME"]))
    other.take()
    with queue.cursor() as cursor:
        assert cursor.execute("SELECT count(*) FROM t").fetchone() == (0,)
    other.close()


@pytest.mark.usefixtures("impatient")
def test_whoever_waits_too_long_gets_an_error_and_leaves_the_door(queue: DatabaseWrapper) -> None:
    other = Turnstile(str(queue.settings_dict["NAME"]))
    other.take()
    with pytest.raises(OperationalError, match="locked"), transaction.atomic(using=QUEUE):
        pass
    with pytest.raises(OperationalError, match="locked"):
        _insert("a")
    other.leave()
    _insert("a")
    other.close()


def test_without_room_for_the_queue_writing_fails_as_the_database_does(queue: DatabaseWrapper) -> None:
    queue.ensure_connection()
    queue._turnstile = Turnstile("/proc/nowhere/queue.sqlite3")
    with pytest.raises(OperationalError, match="queue of writers"), transaction.atomic(using=QUEUE):
        pass
    with queue.cursor() as cursor:
        assert cursor.execute("SELECT count(*) FROM t").fetchone() == (0,)


@pytest.mark.filterwarnings("ignore:This process")
@pytest.mark.usefixtures("impatient")
def test_a_forked_child_does_not_hold_on_to_the_parents_lock(queue: DatabaseWrapper) -> None:
    mine = Turnstile(str(queue.settings_dict["NAME"]))
    mine.take()
    ready, done = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:  # the child lives on after its parent has let go
        os.write(ready[1], b"x")
        os.read(done[0], 1)
        os._exit(0)
    os.read(ready[0], 1)
    assert not _free(queue)
    mine.close()
    assert _free(queue)
    os.write(done[1], b"x")
    assert os.waitpid(child, 0)[1] == 0
    for end in (*ready, *done):
        os.close(end)


def test_threads_of_one_process_queue_as_well(queue: DatabaseWrapper) -> None:
    counter = {"inside": 0, "most": 0, "done": 0}

    def work(name: str) -> None:
        for number in range(10):
            with transaction.atomic(using=QUEUE):
                counter["inside"] += 1
                counter["most"] = max(counter["most"], counter["inside"])
                _insert(f"{name} {number}")
                counter["inside"] -= 1
                counter["done"] += 1
        connections[QUEUE].close()

    threads = [threading.Thread(target=work, args=(f"thread {number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert counter == {"inside": 0, "most": 1, "done": 60}


def test_a_database_in_memory_has_a_queue_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT", 0.05)
    first, second = MemoryTurnstile("file:x?mode=memory"), MemoryTurnstile("file:x?mode=memory")
    first.take()
    first.take()
    with pytest.raises(sqlite3.OperationalError):
        second.take()
    first.leave()
    second.take()
    second.close()


def test_a_checkpoint_moves_the_log_and_can_cut_it(database: Path) -> None:
    log = database.with_name(database.name + "-wal")
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as writer:
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        for _ in range(50):
            writer.execute("INSERT INTO t (who) VALUES (hex(randomblob(4000)))")
        assert log.stat().st_size > 200_000
        with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as engine:
            assert checkpoint(engine)
            assert log.stat().st_size > 200_000
            queue = Turnstile(str(database))
            assert checkpoint(engine, queue)
            queue.close()
            wait_until(lambda: log.stat().st_size == 0, what="the cut of the log")


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False), ((3, 44, 5), False), ((3, 44, 6), True), ((3, 45, 0), False), ((3, 50, 6), False),
        ((3, 50, 7), True), ((3, 51, 0), False), ((3, 51, 2), False), ((3, 51, 3), True), ((3, 53, 4), True),
    ],
)  # fmt: skip
def test_versions_with_the_fault_are_refused(version: tuple[int, int, int], safe: bool) -> None:
    assert sqlite_is_safe(version) is safe


def test_this_process_uses_a_safe_version(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_sqlite_version() == []
    monkeypatch.setattr("otklik.core.checks.sqlite3.sqlite_version_info", (3, 40, 1))
    assert [problem.id for problem in check_sqlite_version()] == ["otklik.E001"]


@pytest.mark.django_db
def test_a_statement_that_is_converted_once_keeps_its_signs_and_its_values() -> None:
    with connection.cursor() as cursor:
        for value in ("a", "%s", "100%"):
            cursor.execute("SELECT '100%%', %s", [value])
            assert cursor.fetchone() == ("100%", value)
        for count in (2, 3000):  # the longer one is not kept
            cursor.execute(f"SELECT count(*) WHERE 7 IN ({', '.join(['%s'] * count)})", [7] * count)
            assert cursor.fetchone() == (1,)
