"""The archive itself: what it accepts, and that no damage, cut or foreign name passes."""

import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest

from otklik.config.backup.archive import HEADER, MANIFEST, BackupError, Damaged, Header, Writer, peek, unpack

HEAD = Header(version="1", created_at="2026-11-25T00:00:00", database="sqlite", migrations=[], files=True)
BLOB = "blobs/ab/cd/" + "ab" * 16


def archive(path: Path) -> Path:
    with path.open("wb") as file:
        writer = Writer(file, HEAD, lambda: None)
        writer.add_bytes("secret.key", b"key\n")
        writer.add_file(BLOB, io.BytesIO(bytes(range(256)) * 20), 5120)
        writer.finish()
    return path


def read(path: Path, into: Path) -> list[str]:
    into.mkdir(exist_ok=True)
    return unpack(path, into, lambda _header: None).names


def test_what_was_put_in_comes_out(tmp_path: Path) -> None:
    path = archive(tmp_path / "a")
    assert peek(path) == HEAD
    assert read(path, tmp_path / "out") == ["secret.key", BLOB]
    assert (tmp_path / "out" / BLOB).read_bytes() == bytes(range(256)) * 20
    assert (tmp_path / "out" / BLOB).stat().st_mode & 0o777 == 0o600


def test_every_cut_is_refused(tmp_path: Path) -> None:
    whole = archive(tmp_path / "a").read_bytes()
    for length in range(0, len(whole), 7):
        (tmp_path / "cut").write_bytes(whole[:length])
        with pytest.raises(Damaged):
            read(tmp_path / "cut", tmp_path / f"out{length}")


def test_no_flipped_byte_comes_through(tmp_path: Path) -> None:
    whole = archive(tmp_path / "a").read_bytes()
    harmless = 0
    for place in range(10, len(whole)):  # the ten before are gzip's own head, which says nothing of the content
        flipped = bytearray(whole)
        flipped[place] ^= 0x10
        (tmp_path / "flipped").write_bytes(flipped)
        try:
            read(tmp_path / "flipped", tmp_path / f"out{place}")
        except BackupError:
            continue
        harmless += 1  # another way to pack the same run of zeros: what comes out is the same
        assert (tmp_path / f"out{place}" / BLOB).read_bytes() == bytes(range(256)) * 20
        assert (tmp_path / f"out{place}" / "secret.key").read_bytes() == b"key\n"
    assert harmless < len(whole) // 10


def handmade(path: Path, members: list[tuple[tarfile.TarInfo, bytes]], manifest: dict[str, object]) -> Path:
    header = json.dumps({"product": "otklik", "format": 1, "version": "1", "created_at": "", "database": "sqlite",
                         "migrations": [], "files": True}).encode()  # fmt: skip
    everything = [
        (tarfile.TarInfo(HEADER), header),
        *members,
        (tarfile.TarInfo(MANIFEST), json.dumps(manifest).encode()),
    ]
    with gzip.open(path, "wb") as packed, tarfile.open(fileobj=packed, mode="w|") as tar:
        for info, data in everything:
            info.size = len(data) if info.isreg() else 0
            tar.addfile(info, io.BytesIO(data))
    return path


@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/evil", "blobs/../../evil", "tables/../../evil", "evil", "blobs/ab/cd/x.py", "secret.key/x"],
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    path = handmade(tmp_path / "a", [(tarfile.TarInfo(name), b"x")], {"entries": {}, "missing": []})
    with pytest.raises(Damaged):
        read(path, tmp_path / "out")
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    info = tarfile.TarInfo("secret.key")
    info.type, info.linkname = kind, "/etc/passwd"
    with pytest.raises(Damaged):
        read(handmade(tmp_path / "a", [(info, b"")], {"entries": {}, "missing": []}), tmp_path / "out")


def test_what_the_list_does_not_name_or_lacks_is_refused(tmp_path: Path) -> None:
    key = [(tarfile.TarInfo("secret.key"), b"key")]
    with pytest.raises(Damaged, match=r"secret\.key"):
        read(handmade(tmp_path / "a", key, {"entries": {}, "missing": []}), tmp_path / "1")
    told = {"entries": {"demo": {"sha256": "0" * 64, "size": 0}}, "missing": []}
    with pytest.raises(Damaged, match="demo"):
        read(handmade(tmp_path / "b", [], told), tmp_path / "2")
    with pytest.raises(Damaged):
        read(handmade(tmp_path / "c", [*key, *key], {"entries": {}, "missing": []}), tmp_path / "3")


def test_other_files_are_no_backups(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    (tmp_path / "packed").write_bytes(gzip.compress(b"hello"))
    for name in ("text", "packed"):
        with pytest.raises(Damaged):
            peek(tmp_path / name)
    with pytest.raises(BackupError, match="cannot be read"):
        peek(tmp_path / "nothing")


def test_a_later_format_is_told_from_damage(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="newer version") as raised:
        Header.read(json.dumps({"product": "otklik", "format": 99, "version": "9"}).encode())
    assert not isinstance(raised.value, Damaged)
