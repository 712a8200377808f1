"""``otklik mail receive``, ``import`` and ``ledger``: mail by pipe and file, and the proof of where each one ended."""

import argparse
import json
from collections import Counter
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from otklik.config.cli.setup import complain, start_django

EX_DATAERR, EX_UNAVAILABLE, EX_TEMPFAIL = 65, 69, 75


def run_ledger(options: argparse.Namespace) -> int:
    """Print every received message with its end, and the sums, taken from the very rows that are printed."""
    start_django(options)
    try:
        start = _midnight(options.since)
    except ValueError:
        complain("--since must be a day like 2026-01-31")
        return 64
    from otklik.channels.email import queries
    from otklik.core.actor import Actor

    rows = queries.since(queries.visible_to(Actor.system()), start).select_related("channel").order_by("id")
    sums: Counter[str] = Counter()
    items: list[dict[str, Any]] = []
    for row in rows.iterator(chunk_size=2000):
        sums[row.state] += 1
        sums["duplicates"] += row.copies
        items.append(queries.public_row(row))
    told = {"received": len(items), **{state: sums[state] for state in queries.ALL_STATES}}
    told["duplicates"] = sums["duplicates"]
    if options.json:
        print(json.dumps({"sums": told, "items": items}, ensure_ascii=False))
    else:
        _show_ledger(told, items)
    return 0


def _midnight(day: str | None) -> datetime | None:
    from django.conf import settings

    if day is None:
        return None
    return datetime.combine(date.fromisoformat(day), time(), ZoneInfo(settings.TIME_ZONE))


def _show_ledger(sums: dict[str, int], items: list[dict[str, Any]]) -> None:
    for item in items:
        end = f"#{item['ticket']}" if item["ticket"] else item["reason"] or ""
        when = item["received_at"][:16].replace("T", " ")
        print(f"{item['id']:>8}  {when}  {item['state']:<11}  {end:<14}  {item['from']:<32}  {item['subject'][:60]}")
    parts = " + ".join(f"{count} {state}" for state, count in sums.items() if state not in {"received", "duplicates"})
    print(f"received {sums['received']} = {parts}; {sums['duplicates']} second deliveries recognised")
