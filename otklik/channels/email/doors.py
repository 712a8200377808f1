"""Doors: mails of ours that a colleague may answer, such as notifications. Rooms above say what is behind each.

A door has an address of its own, ``support+n-<number>.<mac>@host``, that nobody can guess. What comes to it is taken
only from the one it was made for, and only when a trusted server says that it is he; anything else is held and shown.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from otklik.core.registry import Registry
from otklik.tickets.models import Ticket

_ADDRESS: Final = re.compile(r"\+n-([0-9a-z]{1,13})\.([a-z2-7]{16})@", re.ASCII)
_ABOVE: Final = re.compile(r"^[>\s*_]*#{2,}\s*↑.*$", re.MULTILINE)
ABOVE: Final = "## ↑"
"""Begins the line of a mail above which the answer stands: what follows it never goes anywhere."""
_MARKS: Final = {
    "#note": "note", "#заметка": "note", "#internal": "note", "#reply": "reply", "#ответ": "reply",
}  # fmt: skip
_MARK: Final = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, _MARKS))})(?!\w)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Door:
    """What is behind an address: who may answer, on which ticket, and what the answer becomes when it says nothing.

    ``newest_id`` is the newest message of the ticket when the mail was written that is answered; None: not known.
    """

    id: int
    user_id: int
    ticket: Ticket
    as_note: bool
    newest_id: int | None = None


Resolve = Callable[[Collection[int]], Mapping[int, Door]]
resolvers: Registry[Resolve] = Registry("answer doors")


def _mac(key: bytes, code: str) -> str:
    digest = hmac.new(key, f"door\x00{code}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:10]).decode("ascii").lower()


def door_address(key: bytes, number: int, address: str) -> str:
    """Return the address of a door at a mailbox."""
    local, _, host = address.rpartition("@")
    code = f"{number:x}"
    return f"{local}+n-{code}.{_mac(key, code)}@{host}"


def doors_of(key: bytes, addresses: Iterable[str]) -> list[int]:
    """Return the numbers of doors among addresses, each once, whose signature holds."""
    found: dict[int, None] = {}
    for address in addresses:
        if "+n-" not in address.lower():
            continue
        for code, mac in _ADDRESS.findall(address.lower()):
            if hmac.compare_digest(_mac(key, code).encode(), mac.encode()):
                try:
                    found[int(code, 16)] = None
                except ValueError:
                    continue
    return list(found)


def resolve(numbers: Collection[int]) -> dict[int, Door]:
    """Return what is behind these doors; those that are gone are missing."""
    wanted = [number for number in numbers if number < 2**63]
    return {number: door for find in resolvers for number, door in find(wanted).items()}


def answer_of(text: str, subject: str, *, as_note: bool) -> tuple[str, bool]:
    """Return the words of an answer and whether they are a note.

    Everything from our own line "answer above" on is cut, however it came through. A mark in the subject or in the
    first line (``#note``, ``#заметка``, ``#reply``, ``#ответ``) decides what it becomes, and is taken out.
    """
    above = _ABOVE.search(text)
    words = (text[: above.start()] if above else text).strip()
    first, _, rest = words.partition("\n")
    found = _MARK.search(first)
    if found:
        words = f"{first[: found.start()]}{first[found.end() :]}".strip() + (f"\n{rest}" if rest else "")
    elif not (found := _MARK.search(subject)):
        return words, as_note
    return words.strip(), _MARKS[found.group(1).lower()] == "note"
