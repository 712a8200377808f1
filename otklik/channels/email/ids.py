"""The signed names a ticket has in mail: Message-IDs, plus-addresses and the number in a subject.

Pure: the key is given in. Everything is lower-case base32, because gateways change the case of local parts, and every
name carries a keyed digest, because a name that can be guessed would let anybody write into any ticket.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_MAC_BYTES = 10
_OUR_ID = re.compile(r"^<?t-([0-9a-z]{1,13})\.([a-z2-7]{16})\.([a-z2-7]{16})@[^<>@\s]{1,255}>?$", re.ASCII)
_OUR_PLUS = re.compile(r"^t-([0-9a-z]{1,13})\.([a-z2-7]{16})$", re.ASCII)
_OUR_SIDE_ID = re.compile(r"^<?s-([0-9a-z]{1,13})\.([a-z2-7]{16})\.([a-z2-7]{16})@[^<>@\s]{1,255}>?$", re.ASCII)
_OUR_SIDE_PLUS = re.compile(r"^s-([0-9a-z]{1,13})\.([a-z2-7]{16})$", re.ASCII)
_SUBJECT = re.compile(r"\[#([1-9][0-9]{0,8})\]", re.ASCII)


@dataclass(frozen=True, slots=True)
class OurId:
    """A Message-ID of our own whose signature held: the ticket's number and the code of the message."""

    ticket: int
    message: str


def _encode(number: int) -> str:
    digits = ""
    while True:
        number, rest = divmod(number, 32)
        digits = _DIGITS[rest] + digits
        if not number:
            return digits


def _decode(text: str) -> int | None:
    number = 0
    for letter in text:
        value = _DIGITS.find(letter)
        if value < 0:
            return None
        number = number * 32 + value
    return number if number < 2**63 else None


def _short(data: bytes) -> str:
    return base64.b32encode(data[:_MAC_BYTES]).decode("ascii").lower()


def _mac(key: bytes, purpose: str, *parts: str) -> str:
    return _short(hmac.new(key, "\x00".join((purpose, *parts)).encode(), hashlib.sha256).digest())


def message_code(token: str) -> str:
    """Turn a message's token, whose case matters, into the sixteen case-free letters its Message-ID carries."""
    return _short(hashlib.sha256(token.encode()).digest())


def make_message_id(key: bytes, ticket: int, token: str, host: str) -> str:
    """Return the Message-ID, in angle brackets, of one message of a ticket; the same input gives the same id."""
    code, message = _encode(ticket), message_code(token)
    return f"<t-{code}.{message}.{_mac(key, 'message-id', code, message)}@{host}>"


def read_message_id(key: bytes, value: str) -> OurId | None:
    """Read a Message-ID; None unless it has our form and our signature."""
    found = _OUR_ID.match(value.strip().lower())
    if found is None:
        return None
    code, message, mac = found.groups()
    if not hmac.compare_digest(_mac(key, "message-id", code, message).encode(), mac.encode()):
        return None
    ticket = _decode(code)
    return None if ticket is None else OurId(ticket, message)


def make_side_message_id(key: bytes, side: int, token: str, host: str) -> str:
    """Return the Message-ID of one letter of a side conversation: of its own kind, signed for its own purpose, so that
    it never leads to a ticket and no Message-ID of a ticket leads to it."""
    code, message = _encode(side), message_code(token)
    return f"<s-{code}.{message}.{_mac(key, 'side-message-id', code, message)}@{host}>"


def read_side_message_id(key: bytes, value: str) -> int | None:
    """Return the side conversation a Message-ID belongs to; None unless it has that form and our signature."""
    found = _OUR_SIDE_ID.match(value.strip().lower())
    if found is None:
        return None
    code, message, mac = found.groups()
    if not hmac.compare_digest(_mac(key, "side-message-id", code, message).encode(), mac.encode()):
        return None
    return _decode(code)


def make_plus_address(key: bytes, ticket: int, address: str) -> str:
    """Return the address that leads an answer to a ticket: ``support+t-<ticket>.<mac>@host``."""
    local, _, host = address.rpartition("@")
    code = _encode(ticket)
    return f"{local}+t-{code}.{_mac(key, 'plus', code)}@{host}"


def read_plus_address(key: bytes, address: str) -> int | None:
    """Return the ticket an address leads to; None unless it has our form and our signature."""
    local = address.strip().lower().rpartition("@")[0]
    found = _OUR_PLUS.match(local.rpartition("+")[2]) if "+" in local else None
    if found is None:
        return None
    code, mac = found.groups()
    if not hmac.compare_digest(_mac(key, "plus", code).encode(), mac.encode()):
        return None
    return _decode(code)


def make_side_address(key: bytes, side: int, address: str) -> str:
    """Return the address that leads an answer to a side conversation: ``support+s-<side>.<mac>@host``."""
    local, _, host = address.rpartition("@")
    code = _encode(side)
    return f"{local}+s-{code}.{_mac(key, 'side-plus', code)}@{host}"


def read_side_address(key: bytes, address: str) -> int | None:
    """Return the side conversation an address leads to; None unless it has that form and our signature."""
    local = address.strip().lower().rpartition("@")[0]
    found = _OUR_SIDE_PLUS.match(local.rpartition("+")[2]) if "+" in local else None
    if found is None:
        return None
    code, mac = found.groups()
    if not hmac.compare_digest(_mac(key, "side-plus", code).encode(), mac.encode()):
        return None
    return _decode(code)


def without_plus(address: str) -> str:
    """Cut the plus part of an address, lower-case: the address of the mailbox behind it."""
    local, at, host = address.strip().lower().rpartition("@")
    return f"{local.partition('+')[0]}{at}{host}"


def subject_token(number: int) -> str:
    """Return the mark a subject carries for people and for programs that lose the headers."""
    return f"[#{number}]"


def subject_numbers(subject: str) -> list[int]:
    """Return the numbers of our marks in a subject, in order, at most five."""
    return [int(found) for found in _SUBJECT.findall(subject[:1000])[:5]]
