"""Mail by pipe and file: which channel gets it, and what of a file is a message."""

from pathlib import Path

import pytest

from otklik.channels.email import files
from otklik.channels.email.models import Inbound, Source
from otklik.core.clock import now
from otklik.tickets.models import Channel

pytestmark = pytest.mark.django_db


@pytest.fixture
def support() -> Channel:
    return Channel.objects.create(
        kind="email", name="Служба", address="support@otklik.example", enabled=True, created_at=now()
    )


@pytest.fixture
def sales() -> Channel:
    return Channel.objects.create(
        kind="email", name="Продажи", address="sales@otklik.example", enabled=True, created_at=now()
    )


def raw(*headers: str, body: str = "Здравствуйте") -> bytes:
    return "\r\n".join([*headers, "From: clara@berezka.example", "Subject: x", "", body, ""]).encode()


@pytest.mark.parametrize(
    ("headers", "channel"),
    [
        (["To: support@otklik.example"], "Служба"),
        (["To: =?utf-8?q?x?= <SUPPORT@Otklik.example>, other@x.example"], "Служба"),
        (["To: undisclosed-recipients:;", "Delivered-To: support@otklik.example"], "Служба"),
        (["To: support@otklik.example", "Delivered-To: sales@otklik.example"], "Продажи"),
        (["To: support@otklik.example", "X-Original-To: sales@otklik.example"], "Продажи"),
        (["X-Original-To: support@otklik.example", "Delivered-To: sales@otklik.example"], "Продажи"),
        (["To: other@x.example,\r\n support+t-abc@otklik.example"], "Служба"),
    ],
)
def test_the_most_telling_header_names_the_channel(
    support: Channel, sales: Channel, headers: list[str], channel: str
) -> None:
    mail = files.as_received(raw(*headers), source=Source.FILE)
    assert Channel.objects.get(pk=mail.channel_id).name == channel


def test_the_plus_part_stays_in_the_envelope(support: Channel) -> None:
    mail = files.as_received(raw("To: support+t-abc@otklik.example"), source=Source.FILE)
    assert mail.envelope["to"] == ["support+t-abc@otklik.example"]


def test_a_body_names_no_channel(support: Channel) -> None:
    with pytest.raises(files.NoChannel):
        files.as_received(raw("To: other@x.example", body="To: support@otklik.example"), source=Source.FILE)


def test_a_named_channel_counts_more_than_headers(support: Channel, sales: Channel) -> None:
    for name in ("Продажи", "SALES@otklik.example"):
        mail = files.as_received(
            raw("To: support@otklik.example"), source=Source.PIPE, channel_id=files.named_channel(name)
        )
        assert mail.channel_id == sales.pk


def test_an_unknown_channel_is_refused(support: Channel) -> None:
    with pytest.raises(files.NoChannel, match="Луна"):
        files.named_channel("Луна")


def test_a_channel_that_is_switched_off_takes_nothing(support: Channel) -> None:
    Channel.objects.update(enabled=False)
    with pytest.raises(files.NoChannel):
        files.named_channel("Служба")
    with pytest.raises(files.NoChannel):
        files.as_received(raw("To: support@otklik.example"), source=Source.FILE)


@pytest.mark.parametrize("content", [b"", b"\r\n \n"])
def test_nothing_is_no_mail(support: Channel, content: bytes) -> None:
    with pytest.raises(files.Unusable):
        files.as_received(content, source=Source.PIPE)


def test_more_than_the_limit_is_refused(support: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "get", lambda key: 1)
    with pytest.raises(files.Unusable, match="limit"):
        files.as_received(raw("To: support@otklik.example", body="x" * 1024 * 1024), source=Source.PIPE)


def test_the_same_file_twice_is_one_mail(support: Channel) -> None:
    mail = files.as_received(raw("To: support@otklik.example"), source=Source.FILE)
    first, second = files.take([mail]), files.take([mail])
    assert (first[0].duplicate, second[0].duplicate) == (False, True)
    assert Inbound.objects.get().copies == 1


def test_an_mbox_is_cut_at_its_marks_and_unquoted(tmp_path: Path) -> None:
    path = tmp_path / "old.mbox"
    path.write_bytes(
        b"From a@b Mon\nSubject: 1\n\nFrom here it hurts\n>From there too\n>>From\n\nFrom c@d Tue\nSubject: 2\n\nx\n"
    )
    found = list(files.messages_in(path))
    assert [name for name, _ in found] == ["old.mbox#1", "old.mbox#2"]
    assert found[1][1] == b"Subject: 2\n\nx\n"
    assert b">From\n" not in found[0][1].splitlines(keepends=True)
    assert b"\nFrom there too\n" in found[0][1]


def test_folders_hold_eml_files_mbox_files_and_maildirs(tmp_path: Path) -> None:
    for place in ("box/cur", "box/new", "box/tmp", "box/.Sent/cur"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "1.host:2,S").write_bytes(b"Subject: m\n\n")
    (tmp_path / "a.eml").write_bytes(b"Subject: e\n\n")
    (tmp_path / "notes.txt").write_bytes(b"no mail")
    (tmp_path / "old.mbox").write_bytes(b"From a@b Mon\nSubject: 1\n\n\nFrom c@d Tue\nSubject: 2\n\n")
    assert [name for name, _ in files.messages_in(tmp_path)] == [
        "a.eml", "box/.Sent/cur/1.host:2,S", "box/cur/1.host:2,S", "box/new/1.host:2,S",
        "old.mbox#1", "old.mbox#2",
    ]  # fmt: skip
