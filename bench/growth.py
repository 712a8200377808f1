"""What a hundred times more tickets cost: list and card on a small and on a large desk, on both databases."""

import tempfile
from collections.abc import Iterator, Mapping
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


def measure(large: int) -> GrowthFigures:
    """Seed two desks on each database and ask them in turn. PostgreSQL is left out where none can be had."""
    taken: dict[tuple[str, int, str], list[float]] = {}
    with running_desk(start=False) as few, running_desk(start=False) as many:
        taken |= _both("SQLite", few, many, large)
    with _postgresql() as server:
        if server is not None:
            with (
                running_desk(start=False, env=_on(server, "few")) as few,
                running_desk(start=False, env=_on(server, "many")) as many,
            ):
                taken |= _both("PostgreSQL", few, many, large)
    return GrowthFigures(large, taken)


@contextmanager
def _postgresql() -> Iterator[postgres.Server | None]:
    with tempfile.TemporaryDirectory(prefix="otklik-growth-") as folder:
        try:
            server = postgres.start(Path(folder))
        except postgres.Unavailable:
            yield None
            return
        try:
            yield server
        finally:
            server.stop()


def _on(server: postgres.Server, name: str) -> Mapping[str, str]:
    server.create(f"growth_{name}")
    return {"OTKLIK_DATABASE_URL": server.url(f"growth_{name}")}


def _both(database: str, few: Desk, many: Desk, large: int) -> dict[tuple[str, int, str], list[float]]:
    taken: dict[tuple[str, int, str], list[float]] = {}
    desks = {SMALL: few, large: many}
    for size, desk in desks.items():
        desk.cli("seed", "--tickets", str(size), "--messages", str(size))
        desk.start(timeout=180)
        desk.cli("user", "add", EMAIL, "--role", "admin", "--password-stdin", stdin=PASSWORD.encode())
    browsers = {size: Browser(desk.port) for size, desk in desks.items()}
    for browser in browsers.values():
        browser.sign_in(EMAIL, PASSWORD)
    for _round in range(3):
        for size, browser in browsers.items():
            for page, path in (("list", "/tickets/?folder=all"), ("card", f"/tickets/{size // 2}/")):
                browser.measure(path, ANSWERS // 3, holds="/tickets/")
                taken.setdefault((database, size, page), []).extend(served(desks[size], page, ANSWERS // 3))
    for desk in desks.values():
        desk.stop()
    return taken
