"""``make bench``: measure this checkout on this machine and write ``docs/benchmarks.md``."""

import argparse
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

from bench import backing, machine, mailing, pages, searching, starting, streams
from bench.figures import table

TARGET = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
_HEAD = """# Benchmarks

Written by `make bench` on {day}. Load generator, desk and database share the machine; everything goes over loopback.
Absolute figures belong to this machine; what may be held against another run are the ratios within one.
Load of the machine when it began: {load:.1f}.

"""


def main() -> int:
    """Run the chosen parts; only a full run rewrites the page."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--only",
        choices=("start", "mail", "pages", "search", "live", "backup"),
        help="one part, printed and not written",
    )
    parser.add_argument("--mails", type=int, default=4000)
    parser.add_argument("--tickets", type=int, default=100_000)
    options = parser.parse_args()
    load = machine.load_average()
    parts: dict[str, tuple[str, Callable[[], str]]] = {
        "start": ("Start and memory", lambda: starting.measure().report()),
        "mail": ("Mail", lambda: mailing.measure(options.mails).report()),
        "pages": ("Pages", lambda: pages.measure(options.tickets).report()),
        "search": ("Search", lambda: searching.measure(options.tickets).report()),
        "live": ("Live stream", lambda: streams.measure().report()),
        "backup": ("Backup", lambda: backing.measure(options.tickets).report()),
    }
    written = []
    for key, (title, run) in parts.items():
        if options.only in {None, key}:
            text = f"## {title}\n\n{run()}"
            print(text, flush=True)
            written.append(text)
    if options.only is None:
        head = _HEAD.format(day=date.today().isoformat(), load=load)  # noqa: DTZ011 - a day on a page
        TARGET.write_text(head + table(("", ""), machine.describe()) + "\n" + "\n".join(written), encoding="utf-8")
        print(f"written to {TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
