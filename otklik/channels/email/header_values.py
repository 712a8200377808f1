"""Values of header lines: cleaned, encoded and folded by us, so that nothing in them becomes a line of its own."""

import base64
import re
from collections.abc import Iterable, Sequence

import idna

LINE = 76
REFERENCES_LIMIT = 1500
MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,480}>\Z")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_INVISIBLE = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+\Z")


class BadAddress(ValueError):
    """An address that no mail can be sent to."""


def clean_value(value: str) -> str:
    """Return a header value without line breaks, controls and lone surrogates, each run of them become one blank."""
    plain = str(value).encode("utf-8", "replace").decode("utf-8")
    return " ".join(_CONTROLS.sub(" ", plain).split())


def clean_name(name: str) -> str:
    """Return a file name without path, controls, invisible and direction marks; never empty, at most 150 characters."""
    flat = _INVISIBLE.sub("", clean_value(name)).replace("\\", "/").rpartition("/")[2].strip(" .")
    if len(flat) > 150:
        stem, dot, extension = flat.rpartition(".")
        flat = stem[: 149 - len(extension)] + dot + extension if 0 < len(extension) < 12 else flat[:150]
    return flat or "file"


def wire_address(address: str) -> str:
    """Return an address as SMTP takes it: the domain as A-labels, the local part as it is.

    Raises ``BadAddress`` for anything that is not one plain address.
    """
    local, at, domain = address.strip().rpartition("@")
    if not at or not local or not domain or len(address) > 320 or clean_value(address) != address.strip():
        raise BadAddress(address)
    if any(letter in ' <>()[]:;,"\\@' for letter in local) or local[0] == "." or local[-1] == "." or ".." in local:
        raise BadAddress(address)
    if local.isascii() and not _DOT_ATOM.match(local):
        raise BadAddress(address)
    try:
        encoded = domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise BadAddress(address) from error
    if not re.fullmatch(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?", encoded) or ".." in encoded:
        raise BadAddress(address)
    return f"{local}@{encoded}"


def needs_utf8(address: str) -> bool:
    """Tell whether only a server that speaks SMTPUTF8 can carry the address (as ``wire_address`` returned it)."""
    return not address.isascii()


def trim_references(ids: Sequence[str], limit: int = REFERENCES_LIMIT) -> list[str]:
    """Return the well-formed ids, shortened to about ``limit`` characters: the first and the last ones stay.

    Some relays refuse header blocks past 4 kB, and clients thread by the first and the nearest ids.
    """
    sound = list(dict.fromkeys(item for item in ids if MESSAGE_ID.match(item)))
    if not sound:
        return []
    first, rest = sound[0], sound[1:]
    room, kept = limit - len(first), []
    for item in reversed(rest):
        room -= len(item) + 1
        if room < 0:
            break
        kept.append(item)
    return [first, *reversed(kept)]


def _encoded_words(text: str) -> list[str]:
    """Cut a text into RFC 2047 words of at most 75 characters, never inside a letter."""
    words, piece = [], ""
    for letter in text:
        if len((piece + letter).encode()) > 45:
            words.append(piece)
            piece = ""
        piece += letter
    words.append(piece)
    return [f"=?utf-8?b?{base64.b64encode(word.encode()).decode()}?=" for word in words if word]


def _is_plain(text: str) -> bool:
    # "=?" is encoded, never sent as it stands: a reader would decode it
    return text.isascii() and "=?" not in text and all(len(word) < LINE for word in text.split(" "))


def fold(words: Iterable[str], start: int) -> str:
    """Join words by blanks, or by a folded line where the next would stand past the line's end."""
    lines, width = "", start
    for word in words:
        if lines and width + 1 + len(word) > LINE:
            lines, width = f"{lines}\r\n {word}", 1 + len(word)
        else:
            lines, width = (f"{lines} {word}", width + 1 + len(word)) if lines else (word, width + len(word))
    return lines


def header_text(name: str, value: str) -> str:
    """Return a free-text header value, cleaned, encoded when it must be, and folded."""
    plain = clean_value(value)
    return fold(plain.split(" ") if _is_plain(plain) else _encoded_words(plain), len(name) + 2)


def _mailbox_words(name: str, address: str) -> list[str]:
    wire, shown = wire_address(address), _INVISIBLE.sub("", clean_value(name))[:120].strip()
    if not shown:
        return [wire]
    if not _is_plain(shown):
        return [*_encoded_words(shown), f"<{wire}>"]
    quoted = shown.replace("\\", "\\\\").replace('"', '\\"')
    return [*f'"{quoted}"'.split(" "), f"<{wire}>"]


def header_addresses(name: str, people: Sequence[tuple[str, str]]) -> str:
    """Return an address header value for ``(name, address)`` pairs; raises ``BadAddress``."""
    words: list[str] = []
    for position, (shown, address) in enumerate(people):
        more = _mailbox_words(shown, address)
        if position < len(people) - 1:
            more[-1] += ","
        words += more
    return fold(words, len(name) + 2)


def parameter(key: str, value: str) -> str:
    """Return one MIME parameter: a quoted string, or RFC 2231 with continuations for anything else."""
    if value.isascii() and "=?" not in value and len(value) <= 60 and not set(value) & set('"\\%'):
        return f'{key}="{value}"'
    safe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._"
    letters = [letter if letter in safe else "".join(f"%{octet:02X}" for octet in letter.encode()) for letter in value]
    pieces, piece = [], ""
    for letter in letters:
        if len(piece) + len(letter) > 55:
            pieces.append(piece)
            piece = ""
        piece += letter
    pieces.append(piece)
    if len(pieces) == 1:
        return f"{key}*=utf-8''{piece}"
    return ";\r\n ".join(
        f"{key}*{number}*={'utf-8' + chr(39) * 2 if number == 0 else ''}{piece}" for number, piece in enumerate(pieces)
    )
