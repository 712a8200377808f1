"""The pytest plugin that gives every run its own world: a database, a data folder, and no network but loopback.

It is loaded before Django (``-p tests.environment``), because the choice of the database is read from the environment
when the settings are imported. ``--database=postgresql`` takes the server of :mod:`tests.postgres`.
"""

import atexit
import contextlib
import gc
import os
import shutil
import socket
import tempfile
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import postgres

_LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0", "::ffff:127.")
_DATABASE_FIXTURES = {
    "db", "transactional_db", "django_db_reset_sequences", "live_server", "fresh_database", "shared_database",
    "crashing_server",
}  # fmt: skip
_KEY = pytest.StashKey[Path]()
_SERVER = pytest.StashKey[postgres.Server]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--database`` and ``--soak-minutes``."""
    group = parser.getgroup("otklik")
    group.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite", help="what the tests run on")
    group.addoption("--soak-minutes", type=float, default=0.0, help="how long the soak runs; 0 leaves it out")


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, Any, Any]:
    """Prepare the environment before pytest-django reads the settings."""
    for name in [name for name in os.environ if name.startswith("OTKLIK_") and not name.startswith("OTKLIK_TEST_")]:
        del os.environ[name]
    folder = Path(tempfile.mkdtemp(prefix="otklik-tests-"))
    early_config.stash[_KEY] = folder
    os.environ["OTKLIK_DATA"] = str(folder / "data")
    os.environ["OTKLIK_SECRET_KEY"] = "a key for the tests only, never for a desk"
    server = None
    if early_config.known_args_namespace.database == "postgresql":
        try:
            server = postgres.start(folder)
        except postgres.Unavailable as error:
            _clean_up(folder, os.getpid(), lambda: None)
            pytest.exit(f"PostgreSQL is not available, its half of the tests is skipped: {error}", returncode=5)
        early_config.stash[_SERVER] = server
        os.environ["OTKLIK_DATABASE_URL"] = server.url("postgres")
    stop = server.stop if server else lambda: None
    atexit.register(_clean_up, folder, os.getpid(), stop)
    return (yield)


def _clean_up(folder: Path, owner: int, stop: Callable[[], None]) -> None:
    if os.getpid() == owner:  # a forked child that ends on its own takes nothing away from the run
        stop()
        shutil.rmtree(folder, ignore_errors=True)


def pytest_report_header(config: pytest.Config) -> str:
    """Name the database of the run."""
    server = config.stash.get(_SERVER, None)
    return f"database: {server.origin if server else 'sqlite'}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this run would tell nothing about, and the soak unless it was asked for.

    That is what makes sense on the other database only, and on PostgreSQL what touches no database or is heavy: it ran
    on SQLite.
    """
    postgresql = config.getoption("--database") == "postgresql"
    soak = config.getoption("--soak-minutes") > 0

    def is_left_out(item: pytest.Item) -> bool:
        if item.get_closest_marker("sqlite" if postgresql else "postgres"):
            return True
        if not soak and (item.get_closest_marker("soak") or (postgresql and item.get_closest_marker("heavy"))):
            return True
        return postgresql and not item.get_closest_marker("django_db") and not _touches_database(item)

    left_out = [item for item in items if is_left_out(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    for item in items:
        # A test with real transactions ends by emptying all tables, the directories that migrations fill among them;
        # each begins with what the migrations left, so that the order of tests does not matter.
        mark = item.get_closest_marker("django_db")
        if mark and mark.kwargs.get("transaction"):
            item.add_marker(pytest.mark.django_db(**{**mark.kwargs, "serialized_rollback": True}), append=False)


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over what was imported: there is much of it, and it lives as long as we do."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


def _touches_database(item: pytest.Item) -> bool:
    return not _DATABASE_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(pytestconfig: pytest.Config) -> None:
    """Give the test database a file on SQLite: WAL, locks and several processes do not exist in memory.

    On both it is migrated as a desk is: by our executor, which needs a quarter of the time.
    """
    from django.core.management.commands import migrate
    from django.db import connections

    from otklik.config.executor import SafeExecutor

    migrate.MigrationExecutor = SafeExecutor  # type: ignore[attr-defined]  # imported there, for itself
    settings = connections["default"].settings_dict
    if connections["default"].vendor == "sqlite":
        settings["TEST"]["NAME"] = str(pytestconfig.stash[_KEY] / "test.sqlite3")


@pytest.fixture(autouse=True)
def _data_folder(tmp_path: Path, settings: Any) -> None:
    """Let each test keep its files in a folder of its own."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    settings.DATA_DIR = data
    settings.BLOB_DIR = data / "blobs"


@pytest.fixture
def fresh_database(pytestconfig: pytest.Config) -> Iterator[str]:
    """Return the URL of an empty database for tests that start processes; "" means SQLite in the data folder."""
    with _empty_database(pytestconfig) as url:
        yield url


@pytest.fixture(scope="module")
def shared_database(pytestconfig: pytest.Config) -> Iterator[str]:
    """Return the same for a desk that all tests of a file use."""
    with _empty_database(pytestconfig) as url:
        yield url


@contextmanager
def _empty_database(config: pytest.Config) -> Iterator[str]:
    server = config.stash.get(_SERVER, None)
    if server is None:
        yield ""
        return
    name = f"otklik_{uuid.uuid4().hex}"
    server.create(name)
    try:
        yield server.url(name)
    finally:
        server.drop(name)


@pytest.fixture
def crashing_server() -> Iterator[postgres.Cluster]:
    """Return a PostgreSQL of the test's own, which it may let crash."""
    with contextlib.ExitStack() as stack:
        try:
            yield stack.enter_context(postgres.own_cluster())
        except postgres.Unavailable as error:
            pytest.skip(f"no PostgreSQL to stop: {error}")


@pytest.fixture
def process_env(tmp_path: Path, fresh_database: str) -> dict[str, str]:
    """Return the environment for a process of its own: an empty data folder, an empty database, nothing inherited."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("OTKLIK_", "DJANGO_"))}
    env |= {"OTKLIK_DATA": str(tmp_path / "process"), "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
    if fresh_database:
        env["OTKLIK_DATABASE_URL"] = fresh_database
    return env


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Refuse every connection that leaves the machine: a test that needs the world fails anywhere else."""
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex"):
        patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
    yield
    patch.undo()


def _guarded(connect: Any) -> Any:
    def guarded(self: socket.socket, address: Any) -> Any:
        outside = self.family != socket.AF_UNIX and not str(address[0]).startswith(_LOOPBACK)
        if outside and self.type & socket.SOCK_STREAM:
            raise OSError(f"the tests have no network: {address!r}")
        return connect(self, address)

    return guarded
