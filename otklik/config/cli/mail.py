"""``otklik mail receive``, ``import`` and ``ledger``: mail by pipe and file, and the proof of where each one ended."""

import argparse
import json
import sys
from collections import Counter
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from otklik.config.cli.setup import complain, start_django, start_with_database

if TYPE_CHECKING:
    from otklik.channels.email.store import RawMail

EX_DATAERR, EX_UNAVAILABLE, EX_TEMPFAIL = 65, 69, 75
_GROUP = 50


def run_receive(options: argparse.Namespace) -> int:
    """Take one message from standard input: 0 only when it is durable, 75 when the mail server should try again.

    65 is for what is no mail or too large, 69 for a recipient that is not ours. Whatever else goes wrong is told as 75:
    a mail server gives a message up only when it hears one of the two.
    """
    try:
        return _receive(options, sys.stdin.buffer.read())
    except SystemExit:  # a setting that cannot be used has been complained about
        return EX_TEMPFAIL
    except Exception as error:
        complain(f"the message could not be stored ({type(error).__name__}); try again")
        return EX_TEMPFAIL


def _receive(options: argparse.Namespace, raw: bytes) -> int:
    start_django(options)
    from otklik.channels.email import files
    from otklik.channels.email.models import Source

    try:
        channel = files.named_channel(options.channel) if options.channel else None
        mail = files.as_received(raw, source=Source.PIPE, channel_id=channel)
    except files.NoChannel as error:
        complain(str(error))
        return EX_UNAVAILABLE
    except files.Unusable as error:
        complain(str(error))
        return EX_DATAERR
    files.take([mail])
    return 0


def run_import(options: argparse.Namespace) -> int:
    """Take every message of files and folders; what is known already is counted and not taken twice."""
    start_with_database(options)
    from otklik.channels.email import files
    from otklik.channels.email.models import Source
    from otklik.channels.email.store import StoreUnavailable

    importer = _Import()
    try:
        channel = files.named_channel(options.channel) if options.channel else None
        for path in map(Path, options.paths):
            for name, raw in files.messages_in(path):
                try:
                    importer.add(
                        files.as_received(raw, source=Source.FILE, channel_id=channel, name=name, ends=options.ends)
                    )
                except (files.NoChannel, files.Unusable) as error:
                    importer.refuse(f"{name}: {error}")
        importer.flush()
    except files.NoChannel as error:
        importer.refuse(str(error))
    except OSError as error:
        importer.refuse(f"{error.filename}: {error.strerror}")
    except StoreUnavailable as error:
        complain(f"the messages could not be stored ({error}); try again")
        return EX_TEMPFAIL
    importer.finish()
    print(f"{importer.taken} taken, {importer.known} known already, {importer.refused} refused")
    return 1 if importer.refused else 0


class _Import:
    """Stores messages in groups and counts what became of them."""

    def __init__(self) -> None:
        self.taken = self.known = self.refused = 0
        self._group: list[RawMail] = []

    def add(self, mail: "RawMail") -> None:
        """Store the message with its group."""
        self._group.append(mail)
        if len(self._group) >= _GROUP:
            self.flush()

    def refuse(self, text: str) -> None:
        """Count and name a message that cannot be taken."""
        complain(text)
        self.refused += 1

    def flush(self) -> None:
        """Store what is collected."""
        from otklik.channels.email import files

        for entry in files.take(self._group):
            self.known += entry.duplicate
            self.taken += not entry.duplicate
        self._group = []

    def finish(self) -> None:
        """Bring the messages to their ends here when no engine is there to do it."""
        from otklik.channels.email.loop import settle_now
        from otklik.channels.email.parse.sandbox import ParserPool
        from otklik.core import engine

        self.flush()
        if self.taken and engine.healthy(["intake"]):
            with ParserPool(1) as pool:
                settle_now(None, pool.read_many)


def run_ledger(options: argparse.Namespace) -> int:
    """Print every received message with its end, and the sums, taken from the very rows that are printed."""
    start_with_database(options)
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
    folders = [queries.public_count(count) for count in queries.folder_counts(Actor.system())]
    if options.json:
        print(json.dumps({"sums": told, "items": items, "folders": folders}, ensure_ascii=False))
    else:
        _show_ledger(told, items)
        _show_folders(folders)
    return 0


def _midnight(day: str | None) -> datetime | None:
    from django.conf import settings

    if day is None:
        return None
    return datetime.combine(date.fromisoformat(day), time(), ZoneInfo(settings.TIME_ZONE))


def _show_folders(folders: list[dict[str, Any]]) -> None:
    for one in folders:
        print(
            f"{one['address']} {one['folder']}: {one['there']} on the server at {one['counted_at'][:16]} = "
            f"{one['received']} received + {one['left']} left on purpose + {one['unfetched']} not fetched; "
            f"{one['vanished']} vanished"
        )


def _show_ledger(sums: dict[str, int], items: list[dict[str, Any]]) -> None:
    for item in items:
        end = f"#{item['ticket']}" if item["ticket"] else item["reason"] or ""
        when = item["received_at"][:16].replace("T", " ")
        print(f"{item['id']:>8}  {when}  {item['state']:<11}  {end:<14}  {item['from']:<32}  {item['subject'][:60]}")
    parts = " + ".join(f"{count} {state}" for state, count in sums.items() if state not in {"received", "duplicates"})
    print(f"received {sums['received']} = {parts}; {sums['duplicates']} second deliveries recognised")
