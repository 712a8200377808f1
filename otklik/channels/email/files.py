"""The doors for mail that comes as bytes or files: the pipe of a mail server, .eml files, mbox files, Maildir folders.

The channel is the one that is named, else the one that Delivered-To, X-Original-To or To names, in this order.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from otklik.channels.email.archives import split_mbox
from otklik.channels.email.fingerprint import header_block
from otklik.channels.email.ids import without_plus
from otklik.channels.email.models import Source
from otklik.channels.email.smtpd.directory import mailboxes
from otklik.channels.email.store import RawMail, Stored, store_raw
from otklik.core.engine import wake
from otklik.core.settings_store import get
from otklik.core.text import normal_address
from otklik.tickets.models import Channel

_ORDER = (b"delivered-to", b"x-original-to", b"to")
_ADDRESS = re.compile(rb"[^\s<>,;:\"()\[\]]{1,64}@[^\s<>,;:\"()@]{1,255}")


class NoChannel(Exception):
    """No mail channel goes by this name, or none is named by the headers."""


class Unusable(Exception):
    """These bytes are no mail that can be taken: empty, or larger than the limit."""


def named_channel(name: str) -> int:
    """Return the mail channel with this name or address. Raises ``NoChannel``."""
    rows = Channel.objects.filter(kind="email", enabled=True)
    address = normal_address(name)
    for pk, shown, own in rows.values_list("pk", "name", "address"):
        if shown == name or (own and normal_address(own) == address):
            return int(pk)
    raise NoChannel(f"there is no mail channel “{name}”")


def as_received(
    raw: bytes, *, source: Source, channel_id: int | None = None, name: str = "", ends: str = ""
) -> RawMail:
    """Prepare one mail for the store; ``ends`` says how the conversation of an old one is to end (``old_mail.ENDS``).

    Raises ``NoChannel`` and ``Unusable``.
    """
    if not raw.strip():
        raise Unusable("the message is empty")
    limit = _most_bytes()
    if len(raw) > limit:
        raise Unusable(f"the message has {len(raw)} bytes; the limit is {limit}")
    found = _recipients(raw)
    known = mailboxes()
    for address in found:
        owner = known.get(address) or known.get(without_plus(address))
        if owner is not None and channel_id in {None, owner}:
            return RawMail(owner, raw, source, _envelope(address, name, ends))
    if channel_id is None:
        raise NoChannel("no mail channel has an address that Delivered-To, X-Original-To or To names")
    return RawMail(channel_id, raw, source, _envelope("", name, ends))


def _most_bytes() -> int:
    return int(get("mail_most_size_mb")) * 1024 * 1024


def _envelope(address: str, name: str, ends: str) -> dict[str, object]:
    envelope: dict[str, object] = {"to": [address] if address else []}
    if name:
        envelope["name"] = name[:200]
    if ends:
        envelope["ends"] = ends
    return envelope


def _recipients(raw: bytes) -> list[str]:
    """Return the addresses of the recipient headers, the most telling header first."""
    head, _ = header_block(raw)
    values: dict[bytes, list[bytes]] = {key: [] for key in _ORDER}
    current: list[bytes] | None = None
    for line in head.split(b"\n"):
        if line[:1] in {b" ", b"\t"} and current:
            current[-1] += b" " + line
            continue
        key, colon, value = line.partition(b":")
        current = values.get(key.strip().lower()) if colon else None
        if current is not None:
            current.append(value)
    found = [
        normal_address(match.decode("utf-8", "replace"))
        for key in _ORDER
        for value in values[key]
        for match in _ADDRESS.findall(value)
    ]
    return list(dict.fromkeys(found))


def take(mails: Sequence[RawMail]) -> list[Stored]:
    """Store mails durably and tell intake. Raises ``StoreUnavailable``."""
    stored = store_raw(mails)
    if any(not entry.duplicate for entry in stored):
        wake("mail")
    return stored


def messages_in(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of every message in a file or folder. Raises ``OSError``."""
    if path.is_dir():
        for file in sorted(item for item in path.rglob("*") if item.is_file() and _is_message(item)):
            yield from _in_file(file, str(file.relative_to(path)), maybe_mbox=file.suffix.lower() == ".mbox")
    else:
        yield from _in_file(path, path.name, maybe_mbox=True)


def _in_file(path: Path, name: str, *, maybe_mbox: bool) -> Iterator[tuple[str, bytes]]:
    with path.open("rb") as opened:
        is_mbox = maybe_mbox and opened.read(5) == b"From "
    if is_mbox:
        with path.open("rb") as opened:
            for number, raw in enumerate(split_mbox(opened, _most_bytes()), start=1):
                yield f"{name}#{number}", raw
    else:
        yield name, path.read_bytes()


def _is_message(file: Path) -> bool:
    """Tell whether a file of a folder holds mail: an .eml, an .mbox, or anything in the two places of a Maildir."""
    return file.suffix.lower() in {".eml", ".mbox"} or file.parent.name in {"cur", "new"}
