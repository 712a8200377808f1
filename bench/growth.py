"""What a hundred times more tickets cost: list and card on a small and on a large desk, on both databases."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.browser import Browser
from bench.figures import percentile, shown_ms, table
from bench.pages import EMAIL, PASSWORD, served
from otklik.testing.server import Desk, running_desk
from tests import postgres

SMALL = 10_000
ANSWERS = 300
_PAGES = ("list", "card")


@dataclass(frozen=True, slots=True)
class GrowthFigures:
    """Seconds of the server for each page, by database, size and page."""

    large: int
    served: dict[tuple[str, int, str], list[float]]

    def report(self) -> str:
        """Word the figures for docs/benchmarks.md."""
        rows = []
        for database in ("SQLite", "PostgreSQL"):
            for page in _PAGES:
                few, many = (self.served.get((database, size, page)) for size in (SMALL, self.large))
                if few and many:
                    ratio = percentile(many, 0.5) / percentile(few, 0.5)
                    rows.append((database, page, shown_ms(few, 0.5), shown_ms(many, 0.5), f"{ratio:.2f}", "1.15"))
        head = ("database", "page", f"{SMALL:,} tickets, ms", f"{self.large:,} tickets, ms", "ratio", "asked at most")
        return (
            "Time of the server at p50, one client, one message a ticket; the two sizes are asked in turn, so that both"
            f" meet the same machine.\n\n{table(head, rows)}"
        )


def measure(large: int, kept: Path | None = None) -> GrowthFigures:
    """Seed two desks on each database and ask them in turn. PostgreSQL is left out where none can be had.

    Writing a million tickets takes a quarter of an hour and more; in the folder ``kept`` the desks stay, and the next
    run finds them.
    """
    taken: dict[tuple[str, int, str], list[float]] = {}
    with _folder(kept) as folder:
        taken |= _both("SQLite", folder / "sqlite", large, None)
        with _postgresql(folder) as server:
            if server is not None:
                taken |= _both("PostgreSQL", folder / "postgresql", large, server)
    return GrowthFigures(large, taken)


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept is None:
        with tempfile.TemporaryDirectory(prefix="otklik-growth-") as name:
            yield Path(name)
    else:
        kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield kept.resolve()


@contextmanager
def _postgresql(folder: Path) -> Iterator[postgres.Server | None]:
    try:
        server = postgres.start(folder)
    except postgres.Unavailable:
        yield None
        return
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def _seeded(folder: Path, size: int, server: postgres.Server | None) -> Iterator[Desk]:
    """Run a desk with so many tickets; they are written unless the folder holds them."""
    place = folder / str(size)
    done = place / "seeded"
    database = f"growth_{size}"
    if not done.exists():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        if server is not None:
            server.drop(database)
            server.create(database)
    env = {"OTKLIK_DATABASE_URL": server.url(database)} if server is not None else {}
    with running_desk(place, start=False, env=env) as desk:
        if not done.exists():
            desk.cli("seed", "--tickets", str(size), "--messages", str(size))
            desk.cli("user", "add", EMAIL, "--role", "admin", "--password-stdin", stdin=PASSWORD.encode())
            done.touch()
        desk.start(timeout=180)
        yield desk


def _both(
    database: str, folder: Path, large: int, server: postgres.Server | None
) -> dict[tuple[str, int, str], list[float]]:
    taken: dict[tuple[str, int, str], list[float]] = {}
    with _seeded(folder, SMALL, server) as few, _seeded(folder, large, server) as many:
        desks = {SMALL: few, large: many}
        browsers = {size: Browser(desk.port) for size, desk in desks.items()}
        for browser in browsers.values():
            browser.sign_in(EMAIL, PASSWORD)
        for _round in range(3):
            for size, browser in browsers.items():
                for page, path in (("list", "/tickets/?folder=all"), ("card", f"/tickets/{size // 2}/")):
                    browser.measure(path, ANSWERS // 3, holds="/tickets/")
                    taken.setdefault((database, size, page), []).extend(served(desks[size], page, ANSWERS // 3))
    return taken
