"""``otklik manage rebuild_search``: read every text anew, in slices; or only say what differs."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from otklik.search.actions import rebuild
from otklik.search.documents import ALL, sources
from otklik.search.models import Pending
from otklik.search.queries import differences
from otklik.search.services import catch_up
from otklik.search.store import verify


class Command(BaseCommand):
    """Rebuilds the search index while the desk runs; an interrupted rebuild goes on where it was."""

    help = "Read every text into the search index anew, in slices; what is there stays findable meanwhile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--check``."""
        parser.add_argument("--check", action="store_true", help="change nothing, say what differs from the texts")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Rebuild, or check."""
        if options["check"]:
            self._check()
            return
        rooms = sources.keys()
        for room in rooms:
            if not Pending.objects.filter(room=room, topic=ALL).exists():
                rebuild(room)
        self._said = 0.0
        if failed := catch_up(self._tell):
            raise CommandError(f"The rebuild failed: {failed.last_error}")
        self.stdout.write("The search index is complete.")

    def _tell(self, row: Pending) -> None:
        if time.monotonic() - self._said > 2:
            self._said = time.monotonic()
            self.stdout.write(f"{row.room}: up to {row.after}")

    def _check(self) -> None:
        rooms = sources.keys()
        wrong = [text for room in rooms for text in differences(room)]
        if trouble := verify():
            wrong.append(trouble)
        for text in wrong:
            self.stdout.write(text)
        if wrong:
            raise CommandError("The search index differs from the texts; “otklik manage rebuild_search” repairs it.")
        self.stdout.write("The search index holds what the texts say.")
