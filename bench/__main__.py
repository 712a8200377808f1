"""``make bench``: measure this checkout on this machine and write ``docs/benchmarks.md``."""

import argparse
import re
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bench import backing, crowd, growth, hands, machine, mailing, pages, searching, starting, streams
from bench.figures import table

TARGET = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
_HEAD = """# Benchmarks

Written by `make bench`; `python -m bench --only PART` measures one part anew. Load generator, desk and database share
the machine; everything goes over loopback. Absolute figures belong to the machine and its hour; what may be held
against another run are the ratios within one. Each part says when it was measured, at which commit, how busy the
machine was, and how long one core took for a fixed loop before and after: a machine that lends its cores to others
shows it there.

"""
_SECTION = re.compile(r"^## (.+?)\n\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def main() -> int:
    """Measure the chosen parts and write them to the page; the other parts of the page stay as they are."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--mails", type=int, default=4000)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--large", type=int, default=1_000_000, help="tickets of the larger desk of “growth”")
    parser.add_argument("--keep", type=Path, help="folder where the desks of “growth” stay for the next run")
    parser.add_argument("--dry", action="store_true", help="print only")
    parts: dict[str, tuple[str, Callable[[argparse.Namespace], str]]] = {
        "start": ("Start and memory", lambda _: starting.measure().report()),
        "mail": ("Mail", lambda wanted: mailing.measure(wanted.mails).report()),
        "pages": ("Pages", lambda wanted: pages.measure(wanted.tickets).report()),
        "crowd": ("Eight clients", lambda wanted: crowd.measure(wanted.tickets).report()),
        "search": ("Search", lambda wanted: searching.measure(wanted.tickets).report()),
        "keys": ("Keys", lambda _: hands.measure().report()),
        "live": ("Live stream", lambda _: streams.measure().report()),
        "backup": ("Backup", lambda wanted: backing.measure(wanted.tickets).report()),
        "growth": ("Growth", lambda wanted: growth.measure(wanted.large, wanted.keep).report()),
    }
    parser.add_argument("--only", choices=tuple(parts), help="one part")
    options = parser.parse_args()
    written = dict(_SECTION.findall(TARGET.read_text(encoding="utf-8"))) if TARGET.exists() else {}
    for key, (title, run) in parts.items():
        if options.only in {None, key}:
            written[title] = _measured(run, options)
            print(f"## {title}\n\n{written[title]}", flush=True)
            if not options.dry:
                _write({name: written[name] for name, _run in parts.values() if name in written})
    return 0


def _measured(run: Callable[[argparse.Namespace], str], options: argparse.Namespace) -> str:
    load, before = machine.load_average(), machine.loop_ms()
    report = run(options)
    at = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
    speed = f"fixed loop {before:.0f} ms before, {machine.loop_ms():.0f} ms after"
    return f"*{at}, {machine.revision()}, load {load:.1f}, {speed}.*\n\n{report.rstrip()}\n\n"


def _write(sections: dict[str, str]) -> None:
    body = "".join(f"## {title}\n\n{text.rstrip()}\n\n" for title, text in sections.items())
    page = f"{_HEAD}{table(('', ''), machine.describe())}\n{body}"
    TARGET.write_text(page.rstrip() + "\n", encoding="utf-8")
    print(f"written to {TARGET}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
