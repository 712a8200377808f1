"""Files in an object store: nothing leaves this machine before it is there; a store in trouble loses nothing."""

import os
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings

from otklik.core.blobs import Blob, BlobAway, BlobMissing, client, put_blob, register_references, store, sweep
from otklik.core.blobs import blob_references as references
from otklik.core.blobs.files import blob_path, folder, waiting_path
from otklik.core.blobs.keeping import INLINE_LIMIT
from otklik.core.blobs.moving import OtherDesk, claim, desk_id, look, move_here, move_to_store, move_waiting
from otklik.core.blobs.notes import read_note, waiting
from otklik.core.clock import now
from otklik.core.findings import files as findings
from otklik.core.object_store import read_object_store
from otklik.core.settings_store.models import SettingValue
from otklik.core.tests.fake_s3 import SECRET, FakeS3, Handler, fake_s3

pytestmark = pytest.mark.django_db
LARGE = os.urandom(INLINE_LIMIT + 1)


@pytest.fixture
def s3(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeS3]:
    """A store of this desk, with little patience."""
    monkeypatch.setattr(client, "PATIENCE", timedelta(seconds=3))
    monkeypatch.setattr(client, "REST", 0.0)
    with fake_s3() as server:
        settings.BLOB_STORE = server.place
        client.forget()
        yield server
        client.forget()


def _aged(row: Blob) -> Blob:
    Blob.objects.filter(pk=row.pk).update(seen_at=now() - timedelta(hours=2))
    return Blob.objects.get(pk=row.pk)


def test_a_file_waits_here_goes_to_the_store_and_is_read_from_there(s3: FakeS3) -> None:
    small, row = put_blob(b"small"), put_blob(LARGE)
    assert waiting_path(row.path).read_bytes() == LARGE
    assert row.read() == LARGE, "whoever reads before it has gone finds it here"
    assert waiting().files == 1
    moved = move_waiting()
    assert (moved.files, moved.bytes) == (1, len(LARGE))
    assert s3.files() == {row.path: LARGE}
    assert not [path for path in folder().rglob("*") if len(path.name) == 32], "nothing of it is left here"
    assert row.read() == LARGE
    with row.open() as file:
        assert file.read(10) == LARGE[:10]
    assert (small.read(), move_waiting().files) == (b"small", 0)


def test_a_large_file_goes_in_parts(s3: FakeS3, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MULTIPART_FROM", 1024)
    data = os.urandom(9 * 1024 * 1024)
    row = put_blob(data)
    move_waiting()
    assert s3.files() == {row.path: data}
    assert sum(command == "PUT" and name.endswith(row.path) for command, name in s3.asked) == 2


def _gone(handler: Handler) -> bool:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True
    return True


def _half(handler: Handler) -> bool:
    if handler.command != "GET" or handler.object.endswith("owner"):
        return False
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(LARGE)))
    handler.end_headers()
    handler.wfile.write(LARGE[:1000])
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True
    return True


def _lies(handler: Handler) -> bool:
    return handler.command == "GET" and not handler.object.endswith("owner") and handler.answer(200, b"x" * len(LARGE))


def _silent(handler: Handler) -> bool:
    handler.rfile.read(1)  # until the client has enough
    return True


TROUBLES = {
    "gone": (_gone, "unreachable"),
    "silent": (_silent, "unreachable"),
    "broken": (lambda handler: handler.error(500, "InternalError"), "wrong-answer"),
    "refused": (lambda handler: handler.error(403, "AccessDenied"), "refused"),
    "no bucket": (lambda handler: handler.error(404, "NoSuchBucket"), "no-bucket"),
    "garbage": (lambda handler: handler.answer(302, b"<html>sign in</html>"), "wrong-answer"),
    "half": (_half, ""),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_trouble_of_the_store_loses_nothing_and_is_told(s3: FakeS3, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    trouble, reason = TROUBLES[name]
    there = put_blob(LARGE)
    move_waiting()
    fresh = put_blob(LARGE + b"2")
    if name == "silent":
        monkeypatch.setattr(client, "PATIENCE", timedelta(seconds=0.3))
    s3.trouble = trouble
    state, told = look()
    assert state == "away"
    assert not reason or told == reason
    assert fresh.read() == LARGE + b"2", "what waits is read from here"
    with pytest.raises(BlobAway) as caught:
        there.read()
    assert caught.value.status == 503
    with pytest.raises(BlobAway):
        there.open()
    assert [finding.level for finding in findings()] == ["error"]
    assert all(SECRET not in finding.text + finding.advice for finding in findings())
    s3.trouble = None
    monkeypatch.setattr(client, "PATIENCE", timedelta(seconds=3))
    assert look() == ("ok", "")
    assert there.read() == LARGE
    assert waiting().files == 0
    assert fresh.read() == LARGE + b"2"
    assert [finding.level for finding in findings()] == ["ok"]


def test_a_store_that_gives_other_bytes_gets_no_file_for_good(s3: FakeS3) -> None:
    row = put_blob(LARGE)
    s3.trouble = _lies
    with pytest.raises(client.StoreAway):
        move_waiting()
    assert row.read() == LARGE
    waiting_path(row.path).write_bytes(b"damaged on this disk")
    s3.trouble = None
    assert move_waiting().damaged == 1
    assert waiting().files == 1, "kept for whoever looks at the disk"


def test_a_file_that_is_lost_is_missing_not_away(s3: FakeS3) -> None:
    row = put_blob(LARGE)
    move_waiting()
    s3.objects.pop(f"files/{row.path}")
    with pytest.raises(BlobAway):
        row.read()  # fresh: another machine may still have it
    with pytest.raises(BlobMissing):
        _aged(row).read()
    assert put_blob(LARGE).pk == row.pk, "a new copy heals it"
    move_waiting()
    assert row.read() == LARGE
    s3.keep(f"files/{row.path}", b"x" * len(LARGE))
    with pytest.raises(BlobMissing):
        row.read()


def test_all_files_move_there_and_back_however_often_it_is_cut_off(
    s3: FakeS3, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, settings.BLOB_STORE = settings.BLOB_STORE, None
    rows = [put_blob(LARGE + bytes([number])) for number in range(3)]
    assert store(LARGE).path, "a file without a row stays for the sweep"
    settings.BLOB_STORE = place

    def third_fails(handler: Handler) -> bool:
        return rows[2].path[-32:].encode() in handler.path.encode() + handler.body and handler.error(
            500, "InternalError"
        )

    s3.trouble = third_fails
    with pytest.raises(client.StoreAway):
        list(move_to_store())
    s3.trouble = None
    already = len(s3.files())
    assert already < 3
    assert list(move_to_store())[-1].files == 3 - already
    assert s3.files().keys() == {row.path for row in rows}
    s3.trouble = third_fails
    with pytest.raises(client.StoreAway):
        list(move_here())
    s3.trouble = None
    list(move_here())
    assert s3.files() == {}
    settings.BLOB_STORE = None
    assert [row.read() for row in rows] == [LARGE + bytes([number]) for number in range(3)]
    assert all(blob_path(row.path).is_file() for row in rows)


def test_only_what_belongs_to_nothing_goes_from_the_store(s3: FakeS3, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "_items", {})
    used: set[int] = set()
    register_references("box", lambda asked: used & set(asked))
    kept, gone = put_blob(LARGE), put_blob(LARGE + b"2")
    used.add(kept.pk)
    move_waiting()
    s3.keep(f"files/ab/cd/{'ab' * 16}", b"orphan", now() - timedelta(days=2))
    s3.keep(f"files/ab/cd/{'cd' * 16}", b"on its way")
    s3.keep("files/notes.txt", b"not ours", now() - timedelta(days=2))
    with time_machine.travel(now() + timedelta(days=1, minutes=1), tick=False):
        s3.keep(f"files/ab/cd/{'cd' * 16}", b"on its way", now())
        assert sweep() == 1
    assert s3.files().keys() == {kept.path, f"ab/cd/{'cd' * 16}", "notes.txt"}
    note = read_note()
    assert note is not None
    assert note.objects == 1
    assert not Blob.objects.filter(pk=gone.pk).exists()


def test_a_copy_of_the_desk_reads_the_store_and_changes_nothing_there(
    s3: FakeS3, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(references, "_items", {})
    register_references("box", set)
    row = put_blob(LARGE)
    move_waiting()
    before = dict(s3.objects)
    SettingValue.objects.filter(key="files.owner").delete()  # what a restore does
    fresh = put_blob(LARGE + b"copy")
    assert row.read() == LARGE
    with pytest.raises(OtherDesk):
        move_waiting()
    assert look() == ("other", "")
    assert [finding.level for finding in findings()] == ["error"]
    with time_machine.travel(now() + timedelta(days=2), tick=False):
        sweep()
    assert s3.objects == before
    assert fresh.read() == LARGE + b"copy"
    claim(take_over=True)
    assert s3.objects["files/owner"].decode() == desk_id()


class Killed(BaseException):
    """Nothing in the way catches it or clears up after it, as with a process that was killed."""


@pytest.mark.parametrize("step", ["send", "fetch", "unlink"])
def test_a_mover_that_dies_at_any_step_leaves_every_file(
    s3: FakeS3, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = put_blob(LARGE)

    def die(*_args: object, **_more: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Path if step == "unlink" else client, step, die)
        with pytest.raises(Killed):
            move_waiting()
    assert row.read() == LARGE
    assert waiting().files == 1
    assert move_waiting().files == 1
    assert row.read() == LARGE
    assert s3.files() == {row.path: LARGE}


@pytest.mark.parametrize(
    "url",
    ["s3://host/bucket", "s3://k:s@host", "s3://k:s@/bucket", "s3://k:a/b@host/bucket", "s3://k:s@host/b?x=1",
     "s3://k:s@host/b?tls=maybe"],
)  # fmt: skip
def test_an_address_that_cannot_be_used_is_refused_without_telling_the_secret(url: str) -> None:
    with pytest.raises(ValueError) as caught:
        read_object_store(url)
    assert "a/b" not in str(caught.value)


def test_an_address_is_read_and_shown_without_its_key() -> None:
    place: Any = read_object_store("s3://key:s%2Fe@s3.example.ru:9000/desk/one?region=ru-1&tls=no&style=host")
    assert (place.endpoint, place.bucket, place.prefix, place.secret) == (
        "http://s3.example.ru:9000", "desk", "one", "s/e",
    )  # fmt: skip
    assert place.shown == "http://s3.example.ru:9000/desk/one"
    assert "s/e" not in repr(place)
