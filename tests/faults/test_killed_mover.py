"""The mover of files, killed with KILL on its way to the object store: every file arrives whole, none is lost here."""

import json
import os
import signal
import threading
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from otklik.core.tests.fake_s3 import FakeS3, Handler, fake_s3
from otklik.testing.looking import look
from otklik.testing.server import Desk, running_desk, wait_until

pytestmark = [pytest.mark.fault, pytest.mark.sqlite]
Point = Callable[[Handler], bool]


def _unsent(handler: Handler) -> bool:
    """The store has heard of the file and keeps nothing yet."""
    return handler.command == "PUT"


def _unheard(handler: Handler) -> bool:
    """The store keeps the file and its word of it has not arrived."""
    if handler.command != "PUT":
        return False
    handler.server.keep(handler.object, handler.body)
    return True


def _unchecked(handler: Handler) -> bool:
    """The file is there and is asked back for comparison."""
    return handler.command == "GET"


class Trap:
    """Holds the first request for a file that comes to its point, until the mover is dead."""

    def __init__(self, point: Point) -> None:
        self.point, self.caught, self.over = point, threading.Event(), threading.Event()

    def __call__(self, handler: Handler) -> bool:
        if self.caught.is_set() or not handler.object or handler.object.endswith("owner") or not self.point(handler):
            return False
        self.caught.set()
        self.over.wait(60)
        handler.close_connection = True
        return True


def _letter(number: int, content: bytes) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"] = "clara@berezka.example", "support@demo.otklik.test"
    mail["Subject"], mail["Message-ID"] = f"Снимок {number}", f"<picture-{number}@berezka.example>"
    mail.set_content("Снимок во вложении")
    mail.add_attachment(content, maintype="application", subtype="octet-stream", filename="photo.raw")
    return mail.as_bytes()


def _at_home(desk: Desk) -> set[str]:
    """Return the files that rows name and that still lie on this machine."""
    place = Path(desk.data) / "blobs" / "waiting"
    here = {file.name for file in place.iterdir()} if place.is_dir() else set()
    return {path for path in _named(desk) if path.rpartition("/")[2] in here}


def _named(desk: Desk) -> set[str]:
    return {path for (path,) in look(desk, "SELECT path FROM core_blob WHERE path <> ''")}


def _torment(desk: Desk, store: FakeS3, number: int, point: Point) -> bytes:
    content = os.urandom(200_000)
    trap = Trap(point)
    store.trouble = trap
    desk.send_mail(_letter(number, content))
    assert trap.caught.wait(120), f"{point.__name__}: the mover never came to this point\n{desk.log()[-3000:]}"
    os.kill(desk.child("engine"), signal.SIGKILL)
    store.trouble = None
    trap.over.set()
    return content


def test_a_mover_killed_on_its_way_leaves_every_file_in_the_store(tmp_path: Path, fresh_database: str) -> None:
    with fake_s3() as store:
        env = {"OTKLIK_ATTACHMENTS_URL": store.url, "OTKLIK_DATABASE_URL": fresh_database}
        with running_desk(tmp_path, demo=True, env=env, prepared=True) as desk:
            points = (_unsent, _unheard, _unchecked)
            contents = [_torment(desk, store, number, point) for number, point in enumerate(points)]

            def arrived() -> bool:
                return set(contents) <= set(store.files().values()) and not _at_home(desk)

            wait_until(arrived, timeout=240, what="every file in the store")
            assert _named(desk) == store.files().keys()
            items = json.loads(desk.cli("mail", "ledger", "--json").stdout)["items"]
            letters = [item for item in items if "picture-" in item["message_id"]]
            assert [item["state"] for item in letters] == ["ticket"] * len(points)
