"""The search page at 100,000 tickets: rare and common words, newest first, by fit, and while one types."""

import re
import time
from dataclasses import dataclass
from urllib.parse import urlencode

from bench.browser import Browser
from bench.figures import shown_ms, table
from bench.pages import EMAIL, PASSWORD
from otklik.testing.server import running_desk

RARE = "Квазимодулятор"
COMMON = "витрина"
_WAIT = 20.0
_SEED = re.compile(r"read for search in ([\d.]+) s")


@dataclass(frozen=True, slots=True)
class SearchFigures:
    """Seconds of every answer, by question; how long reading took, and until a new text was found."""

    tickets: int
    read_in: float
    found_in: float
    taken: dict[str, list[float]]

    def report(self) -> str:
        """Word the figures for docs/benchmarks.md."""
        asked = {"a rare word": "6 ms", "a common word": "6 ms"}
        rows = [
            (key, shown_ms(values, 0.5), shown_ms(values, 0.95), asked.get(key, ""))
            for key, values in self.taken.items()
        ]
        pages = table(("what is looked for", "p50 ms", "p95 ms", "asked p50"), rows)
        return (
            f"{self.tickets:,} tickets; their texts were read into the index in {self.read_in:.0f} s. A new text was"
            f" found {self.found_in * 1000:.0f} ms after its ticket was answered (asked: 1 s). Pages of 30 rows with"
            f" marks, from the request to the last byte.\n\n{pages}"
        )


def measure(tickets: int, answers: int = 300) -> SearchFigures:
    """Seed a desk, open one ticket with a rare word, and ask for words."""
    with running_desk(start=False) as desk:
        said = desk.cli("seed", "--tickets", str(tickets)).stdout.decode()
        read = _SEED.search(said)
        desk.start(timeout=120)
        desk.cli("user", "add", EMAIL, "--role", "admin", "--password-stdin", stdin=PASSWORD.encode())
        scopes = ("--scope", "read", "--scope", "write")
        token = desk.cli("token", "create", "--user", EMAIL, *scopes).stdout.decode().strip()
        browser = Browser(desk.port)
        browser.sign_in(EMAIL, PASSWORD)
        found_in = _open_rare(Browser(desk.port, token=token), browser)
        row = "ticket-row__open"
        taken = {
            "a rare word": browser.measure(_page(RARE), answers, holds=row),
            "a common word": browser.measure(_page(COMMON), answers, holds=row),
            "two common words": browser.measure(_page(f"{COMMON} температура"), answers, holds=row),
            "the beginning of a word": browser.measure(_page(COMMON[:4]), answers, holds=row),
            "a common word and a status": browser.measure(_page(f"{COMMON} status:closed"), answers, holds=row),
            "a common word, best fit first": browser.measure(_page(COMMON, sort="fit"), answers // 3, holds=row),
        }
    return SearchFigures(tickets, float(read[1]) if read else 0.0, found_in, taken)


def _page(line: str, **more: str) -> str:
    return f"/search/?{urlencode({'q': line, **more})}"


def _open_rare(program: Browser, browser: Browser) -> float:
    """Open a ticket with a word nobody else has; return the seconds until it is found."""
    body = {
        "subject": "Проверка поиска",
        "body_text": f"{RARE} вышел из строя.",
        "requester": {"email": "rare@bench.example"},
    }
    status, text, _ = program.post("/api/v1/tickets", body)  # type: ignore[arg-type]
    if status != 201:
        raise AssertionError(f"the API answered {status}: {text[:200]}")
    began = time.perf_counter()
    while time.perf_counter() - began < _WAIT:
        if "ticket-row__open" in browser.fetch(_page(RARE))[1]:
            return time.perf_counter() - began
        time.sleep(0.02)
    raise AssertionError("the new text was not found")
