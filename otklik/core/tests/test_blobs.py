"""Blobs: whole or not there, equal ones once, a missing file harms itself only, nothing in use is ever swept."""

import errno
import io
import os
import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from otklik.core.blobs import Blob, BlobMissing, StorageFull, put_blob, put_blobs, register_references, store, sweep
from otklik.core.blobs import blob_references as references
from otklik.core.blobs.files import blob_path, folder
from otklik.core.blobs.keeping import INLINE_LIMIT
from otklik.core.clock import now
from otklik.testing.tools import assert_statements

pytestmark = pytest.mark.django_db

LARGE = os.urandom(INLINE_LIMIT + 1)


def _files() -> list[Path]:
    return sorted(path for path in folder().rglob("*") if path.is_file()) if folder().exists() else []


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """The ids that the only room refers to."""
    monkeypatch.setattr(references, "_items", {})
    ids: set[int] = set()
    register_references("box", lambda asked: ids & set(asked))
    return ids


def test_small_ones_lie_in_the_table_large_ones_in_files_of_our_name() -> None:
    small, large = put_blob(b"x" * INLINE_LIMIT), put_blob(LARGE)
    assert (small.path, small.size) == ("", INLINE_LIMIT)
    assert large.data is None
    assert [str(path.relative_to(folder())) for path in _files()] == [large.path]
    assert Blob.objects.get(pk=small.pk).read() == b"x" * INLINE_LIMIT
    assert Blob.objects.get(pk=large.pk).read() == LARGE
    with Blob.objects.get(pk=large.pk).open() as file:
        assert file.read(10) == LARGE[:10]
    with small.open() as file:
        assert file.read() == b"x" * INLINE_LIMIT
    assert put_blob(b"").read() == b""


@examples(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=40), max_size=12))
def test_what_goes_in_comes_out_and_equals_are_one(contents: list[bytes]) -> None:
    rows = put_blobs(contents)
    assert [row.read() for row in rows] == contents
    assert len({row.pk for row in rows}) == len(set(contents))


def test_a_group_is_two_statements_however_many() -> None:
    put_blob(b"known")
    contents: list[Any] = [b"known", *(b"new %d" % number for number in range(30)), b"new 3", store(LARGE)]
    with assert_statements(2):
        rows = put_blobs(contents)
    assert rows[4].pk == rows[31].pk
    with assert_statements(0):
        assert put_blobs([]) == []


def test_rows_are_read_without_their_bytes() -> None:
    row = put_blob(b"content")
    assert "data" in Blob.objects.get(pk=row.pk).get_deferred_fields()


def test_a_file_is_streamed_from_where_it_stands() -> None:
    source = io.BytesIO(b"head" + LARGE)
    source.read(4)
    assert put_blob(store(source)).read() == LARGE
    assert put_blob(store(io.BytesIO(b"tiny"))).path == ""


def test_equal_large_ones_keep_one_file(django_capture_on_commit_callbacks: Any) -> None:
    first = put_blob(LARGE)
    with django_capture_on_commit_callbacks(execute=True):
        second = put_blob(store(LARGE))
    with django_capture_on_commit_callbacks(execute=True):
        third, fourth = put_blobs([store(LARGE + b"!"), store(LARGE + b"!")])
    assert (first.pk, third.pk) == (second.pk, fourth.pk)
    assert len(_files()) == 2


def test_a_missing_or_damaged_file_harms_its_blob_only_and_a_new_copy_heals_it() -> None:
    healthy, row = put_blob(LARGE), put_blob(LARGE + b"1")
    path = blob_path(row.path)
    path.write_bytes(LARGE)
    with pytest.raises(BlobMissing):
        row.read()
    with pytest.raises(BlobMissing):
        row.open()
    path.unlink()
    with pytest.raises(BlobMissing):
        row.read()
    with pytest.raises(BlobMissing):
        row.open()
    assert healthy.read() == LARGE
    assert put_blob(store(LARGE + b"1")).pk == row.pk
    assert row.read() == LARGE + b"1"


@pytest.mark.parametrize("step", ["write", "fsync", "rename"])
def test_a_full_disk_is_said_and_leaves_nothing(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    if step == "write":

        def broken() -> Iterable[bytes]:
            yield LARGE
            full()

        from otklik.core.blobs.keeping import _store_file

        with pytest.raises(StorageFull):
            _store_file(iter(broken()))
    else:
        monkeypatch.setattr(f"otklik.core.blobs.files.os.{step}", full)
        with pytest.raises(StorageFull) as caught:
            store(LARGE)
        assert caught.value.retry_after > 0
    assert _files() == []
    assert not Blob.objects.exists()


def test_a_reader_that_breaks_leaves_nothing() -> None:
    class Torn(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            if self.tell_count:
                raise ConnectionResetError
            self.tell_count = 1
            return LARGE

        tell_count = 0

    with pytest.raises(ConnectionResetError):
        store(Torn())  # type: ignore[arg-type]
    assert _files() == []


def test_only_what_nobody_uses_goes_and_only_after_a_day(used: set[int]) -> None:
    kept, gone, large = put_blob(b"kept"), put_blob(b"gone"), put_blob(LARGE)
    used.add(kept.pk)
    assert sweep() == 0
    with time_machine.travel(now() + timedelta(days=1, minutes=1)):
        fresh = put_blob(b"fresh")
        again = put_blob(b"gone")
        assert again.pk == gone.pk, "put anew, so it is in use again"
        assert sweep() == 1
    assert set(Blob.objects.values_list("pk", flat=True)) == {kept.pk, gone.pk, fresh.pk}
    assert not blob_path(large.path).exists()


def test_when_in_doubt_nothing_is_swept(used: set[int]) -> None:
    def broken(asked: list[int]) -> set[int]:
        raise RuntimeError("a room is ill")

    register_references("ill", broken)
    put_blob(b"x")
    with time_machine.travel(now() + timedelta(days=2)), pytest.raises(RuntimeError):
        sweep()
    assert Blob.objects.exists()


def test_files_that_never_got_a_row_go_and_young_ones_stay(used: set[int]) -> None:
    orphan, young, kept = store(LARGE), store(LARGE + b"y"), put_blob(LARGE + b"k")
    used.add(kept.pk)
    torn = folder() / "tmp" / "torn"
    torn.write_bytes(b"half")
    old = time.time() - 2 * 86400
    for path in (blob_path(orphan.path), torn, blob_path(kept.path)):
        os.utime(path, (old, old))
    sweep()
    assert set(_files()) == {blob_path(young.path), blob_path(kept.path)}


def test_an_undone_change_leaves_no_row() -> None:
    with transaction.atomic():
        put_blob(b"undone")
        transaction.set_rollback(True)
    assert not Blob.objects.exists()
