"""``otklik blobs move | status | own``: where the files of the desk lie."""

import argparse
import os
import sys
from collections.abc import Callable

from otklik.config.cli.setup import complain, start_with_database
from otklik.core.shown import file_size

AWAY = {
    "unreachable": "it cannot be reached",
    "refused": "it refuses the key",
    "no-bucket": "it has no such bucket",
    "half": "it broke off its answer",
    "wrong-answer": "it answers what cannot be understood",
}
_OTHER = "the object store belongs to another desk; if that one is gone: otklik blobs own"


def _with_store(work: Callable[[], int]) -> Callable[[argparse.Namespace], int]:
    def run(options: argparse.Namespace) -> int:
        start_with_database(options)
        from django.conf import settings

        from otklik.core.blobs.client import StoreAway
        from otklik.core.blobs.moving import OtherDesk

        if not settings.BLOB_STORE:
            complain("OTKLIK_ATTACHMENTS_URL names no object store (s3://key:secret@host/bucket)")
            return 1
        try:
            return work()
        except StoreAway as error:
            complain(f"the object store cannot be used: {AWAY[error.reason]}. Repeat the command when it can.")
            return 1
        except OtherDesk:
            complain(_OTHER)
            return 1

    return run


def run_move(options: argparse.Namespace) -> int:
    """Bring all files to the object store, or back from it; each is checked before the other copy goes."""
    os.nice(10)

    def move() -> int:
        from otklik.core.blobs.moving import Moved, move_here, move_to_store

        moved = Moved()
        for moved in move_to_store() if options.to == "s3" else move_here():
            if sys.stderr.isatty():
                print(f"\r{moved.files} files, {file_size(moved.bytes)}", end="", file=sys.stderr, flush=True)
        print(f"{moved.files} files moved, {file_size(moved.bytes)}.")
        if moved.damaged:
            complain(f"{moved.damaged} files are not what the database names; they were left where they are")
        if options.to == "local":
            print("Now let OTKLIK_ATTACHMENTS_URL name a folder (or take it away) and start the desk again.")
        return 1 if moved.damaged else 0

    return _with_store(move)(options)


def run_status(options: argparse.Namespace) -> int:
    """Count what lies where and name what is in no place."""

    def status() -> int:
        from django.conf import settings

        from otklik.core.blobs import Blob, client
        from otklik.core.blobs.files import here
        from otklik.core.blobs.moving import desk_id, present
        from otklik.core.blobs.notes import waiting

        found, left = present(), waiting()
        owner = client.owner()
        known = missing = local = 0
        rows = Blob.objects.exclude(path="").order_by("pk").values_list("path", "size")
        for path, size in rows.iterator(chunk_size=2000):
            known += 1
            if here(path) is not None:
                local += 1
            elif found.get(path) != size:
                missing += 1
        place = settings.BLOB_STORE.shown if settings.BLOB_STORE else ""
        print(f"{place}: {len(found)} files, {file_size(sum(found.values()))}")
        print(f"this machine: {local} files, {left.files} of them wait for the store")
        if owner and owner != desk_id():
            complain(_OTHER)
        if missing:
            complain(f"{missing} of {known} files are in neither place")
        return 1 if missing else 0

    return _with_store(status)(options)


def run_own(options: argparse.Namespace) -> int:
    """Make the object store this desk's own: from now on it adds and removes files there."""

    def own() -> int:
        from otklik.core.blobs.moving import claim

        claim(take_over=True)
        print("The object store belongs to this desk now. No other desk may use it.")
        return 0

    return _with_store(own)(options)
