"""Files of hostile mails: names that are paths, pictures and archives that swell, types that lie (D-14 to D-16)."""

import io
import re
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from otklik.channels.email.tests.mails import arrive, support
from otklik.testing.people import People
from otklik.testing.pictures import png
from otklik.testing.tools import desk_client
from otklik.tickets.models import Attachment, Ticket

NAMES = (
    "../../x", "..\\..\\x", "/etc/passwd", "C:\\Windows\\x.dll", "a%00b", "a\\0b", "", ".", "..", "...", "CON",
    "con.txt", "\u200b.htaccess", "\u202egnp.exe", "x" * 4000 + ".txt", "~/.ssh/authorized_keys", "|rm -rf x",
    "$(id).sh", "`id`.txt", "a;b&c.txt", "a b\tc.txt", "index.php", ".user.ini", "'\"><img src=x onerror=canary()>.png",
    "NUL.tar.gz", "a/../../../b", "....//x", "-rf", "x.txt.", "x ", "\ufeffx", "é" * 300,
)  # fmt: skip
LARGE = 70 * 1024  # lies in a file of its own


def _mail(*parts: tuple[str, str, bytes], html: str = "") -> bytes:
    """Return a mail with parts of this name, type and content; the names stand there as they are."""
    head = "From: Eve <eve@evil.example>\r\nSubject: files\r\nMIME-Version: 1.0\r\nMessage-ID: <f@evil.example>\r\n"
    out = [f"{head}Content-Type: multipart/mixed; boundary=zz\r\n\r\n".encode()]
    out.append(f"--zz\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html or 'hi'}\r\n".encode())
    for name, kind, content in parts:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        out.append(
            f"--zz\r\nContent-Type: {kind}\r\nContent-ID: <pic@evil>\r\n"
            f'Content-Disposition: attachment; filename="{quoted}"\r\n\r\n'.encode()
        )
        out.append(content + b"\r\n")
    return b"".join([*out, b"--zz--\r\n"])


def _tree(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


def test_names_lead_nowhere(company: People, tmp_path: Path, settings: Any) -> None:
    before = _tree(tmp_path)
    (row,) = arrive(
        _mail(*((name, "application/x", f"{number:05}".encode() * (LARGE // 5)) for number, name in enumerate(NAMES))),
        channel=support(),
    )
    assert row.state == "ticket", (row.reason, row.last_error)
    files = list(Attachment.objects.order_by("pk"))
    assert len(files) == len(NAMES)
    browser = desk_client(company.admin)
    for number, file in enumerate(files):
        assert file.name
        assert not re.search(r"[/\\\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\ufeff]|^\.|[. ]$", file.name), file.name
        assert len(file.name.encode()) <= 180
        assert file.name.partition(".")[0].casefold() not in {"con", "nul"}
        answer = browser.get(f"/attachments/{file.token}/{'../' * number}x")
        assert answer.status_code == 200
        assert b"".join(answer.streaming_content)[:5] == f"{number:05}".encode()  # type: ignore[attr-defined]
        shown = unquote(answer["Content-Disposition"].partition("UTF-8''")[2])
        assert shown == file.name
    made = _tree(tmp_path) - before
    store = settings.BLOB_DIR.relative_to(tmp_path)
    assert len(made) >= len(NAMES)
    for path in made:
        assert path.is_relative_to(store), path
        assert re.fullmatch(r"[0-9a-f/]+", str(path.relative_to(store))), path


def test_a_picture_of_400_million_points_is_a_file(company: People) -> None:
    picture = png(20_000, 20_000)
    assert len(picture) < 100_000
    tracemalloc.start()
    (row,) = arrive(
        _mail(("big.png", "image/png", picture), ("too.png", "image/bmp", picture), html='<img src="cid:pic@evil">')
    )
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30 * 1024 * 1024
    assert row.state == "ticket"
    files = list(Attachment.objects.all())
    assert [(file.name, file.blob.read() == picture) for file in files] == [("big.png", True), ("too.png", True)]
    browser = desk_client(company.admin)
    page = browser.get(f"/tickets/{row.ticket_id}/").content.decode()
    assert page.count('class="attachment"') == 2
    assert f'<img src="/attachments/{files[0].token}' not in page
    frame = browser.get(f"/messages/{row.message_id}/frame/").content.decode()
    assert "/attachments/" not in frame
    for file in files:
        answer = browser.get(f"/attachments/{file.token}/x")
        assert (answer["Content-Type"], answer["Content-Disposition"][:11]) == (
            "application/octet-stream",
            "attachment;",
        )


def test_an_archive_is_kept_and_never_opened(company: People) -> None:
    swollen = io.BytesIO()
    with zipfile.ZipFile(swollen, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(10):
            archive.writestr(f"{number}/../../x", b"\0" * 20_000_000)
    raw = _mail(("bomb.zip", "application/zip", swollen.getvalue()))
    tracemalloc.start()
    (row,) = arrive(raw)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30 * 1024 * 1024
    assert Attachment.objects.get(ticket_id=row.ticket_id).blob.read() == swollen.getvalue()
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize("kind", ["image/png", "IMAGE/PNG", "image/png; x=y", "image/svg+xml", "text/html", "x/y"])
@pytest.mark.parametrize(
    "content", [b"<svg onload=canary()>", b"<script>canary()</script>", b"%PDF-1.7", b"GIF89a<script>"]
)
def test_the_type_of_an_answer_is_one_of_ours(company: People, kind: str, content: bytes) -> None:
    (row,) = arrive(_mail(("a.html", kind, content)))
    file = Attachment.objects.get(ticket_id=row.ticket_id)
    answer = desk_client(company.admin).get(f"/attachments/{file.token}/a.html")
    assert answer["Content-Type"] in {"image/png", "application/octet-stream"}
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
