"""Address lists as they are found; linear in their length whatever stands in them.

The standard library's reader is quadratic on quotes and recursive on brackets. This one walks once over the value: it
knows quotes, comments, angle brackets, groups and encoded words, joins names that hold unquoted commas, and looks for
an address inside an encoded word when there is none outside.
"""

import re

import idna

from otklik.channels.email.parse.decode import Decoder, one_line
from otklik.channels.email.parse.model import Mailbox
from otklik.channels.email.parse.words import decode_words

MAX_ADDRESSES = 1000
MAX_VALUE = 256 * 1024
_PLAIN = re.compile(r"[^\"(),:;<>@\\\[\]=]{0,200}<([^\s\"(),:;<>@\\\[\]]{1,64}@[A-Za-z0-9.-]{1,253})>\Z")
_BARE = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}\Z")
_RUN = re.compile(r"[^\"()<>,;:=\\]+")
_QUOTED_PAIR = re.compile(r"\\(.)")
_FIND = re.compile(r"[^\s\"(),:;<>@\[\]]{1,64}@[^\s\"(),:;<>@\[\]]{1,253}")
_SPACE_AT = re.compile(r"\s{0,5}(?:@|\(at\)|\[at\])\s{0,5}", re.IGNORECASE)
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\Z")


class _Entry:
    """One mailbox as far as it was read."""

    __slots__ = ("address", "comment", "quoted", "words")

    def __init__(self) -> None:
        self.words: list[str] = []
        self.comment: list[str] = []
        self.address: str | None = None
        self.quoted = False

    def empty(self) -> bool:
        return self.address is None and not any(word.strip() for word in self.words)


def read_addresses(value: bytes | None, decoder: Decoder, limit: int = MAX_ADDRESSES) -> tuple[Mailbox, ...]:
    """Return the mailboxes of an address header; what cannot be read is left out with a note."""
    if not value:
        return ()
    text = decoder.header(value[:MAX_VALUE])
    plain = _PLAIN.match(text)
    if plain:
        address = normal_address(plain[1])
        return (Mailbox(_name(text[: plain.start(1) - 1], address or "", decoder), address),) if address else ()
    if _BARE.match(text):
        address = normal_address(text)
        return (Mailbox("", address),) if address else ()
    entries = _scan(text, limit, decoder)
    return tuple(_mailboxes(entries, decoder, limit))


def _scan(text: str, limit: int, decoder: Decoder) -> list[_Entry]:
    """Cut the value into entries at commas and semicolons that stand outside everything."""
    entries: list[_Entry] = []
    entry = _Entry()
    place, size = 0, len(text)
    quotes_end, brackets_end, comments_end = (text.rfind(mark) for mark in '">)')
    while place < size:
        char = text[place]
        if char in ",;":
            entries.append(entry)
            if len(entries) > limit * 4:
                decoder.problems.add("too_many_addresses")
                return entries
            entry = _Entry()
            place += 1
        elif char == '"' and place < quotes_end:
            word, place = _quoted(text, place)
            entry.words.append(word)
            entry.quoted = True
        elif char == "\\":
            entry.words.append(text[place + 1 : place + 2])
            place += 2
        elif char == "(" and place < comments_end:
            comment, place = _comment(text, place)
            entry.comment.append(comment)
        elif char == "<" and place < brackets_end:
            place = _angle(text, place, entry)
        elif char == "=" and text.startswith("=?", place):
            place = _encoded(text, place, entry)
        elif char == ":" and entry.address is None and "@" not in "".join(entry.words):
            entry = _Entry()  # the name of a group
            place += 1
        else:
            run = _RUN.match(text, place)
            end = run.end() if run else place + 1
            entry.words.append(text[place:end] if run or char not in '\\<>()"' else " ")
            place = end
    entries.append(entry)
    return entries


def _quoted(text: str, place: int) -> tuple[str, int]:
    end = place + 1
    while True:
        end = text.find('"', end)
        if end < 0:
            return text[place + 1 :], len(text)
        slashes = end - 1
        while slashes > place and text[slashes] == "\\":
            slashes -= 1
        if (end - 1 - slashes) % 2 == 0:
            return _QUOTED_PAIR.sub(r"\1", text[place + 1 : end]), end + 1
        end += 1


def _comment(text: str, place: int) -> tuple[str, int]:
    """Read a comment with those inside it; one that never closes ends at the next comma or bracket."""
    end = text.find(")", place)
    if end < 0:
        return "", place + 1
    inner = text.count("(", place + 1, end)
    while inner:
        further = text.find(")", end + 1)
        if further < 0 or further - place > 1000:
            break
        inner += text.count("(", end + 1, further) - 1
        end = further
    return text[place + 1 : end], end + 1


def _angle(text: str, place: int, entry: _Entry) -> int:
    end = text.find(">", place, place + 402)
    inner = text[place + 1 : end]
    if end < 0 or "<" in inner:
        return place + 1  # a stray bracket; the real one follows
    if entry.address is None or "@" not in entry.address:
        entry.address = inner.rpartition(":")[2] if inner.startswith("@") else inner
    return end + 1


def _encoded(text: str, place: int, entry: _Entry) -> int:
    """Step over an encoded word as a whole: a comma inside it separates nothing."""
    mark = text.find("?", place + 2, place + 90)
    end = text.find("?=", mark + 3, mark + 2000) if mark > 0 and text[mark + 2 : mark + 3] == "?" else -1
    if end < 0:
        entry.words.append("=?")
        return place + 2
    entry.words.append(text[place : end + 2])
    return end + 2


def _mailboxes(entries: list[_Entry], decoder: Decoder, limit: int) -> list[Mailbox]:
    found: list[Mailbox] = []
    waiting: list[str] = []  # pieces of a name that an unquoted comma cut off
    for entry in entries:
        if entry.empty() and not entry.comment:
            continue
        if len(found) >= limit:
            decoder.problems.add("too_many_addresses")
            break
        words = "".join(entry.words)
        if entry.address is None and "@" not in words:
            inside = _inside_words(words, decoder, limit)
            if inside:
                found.extend(inside)
                waiting = []
            elif words.strip():
                waiting.append(words.strip())
            continue
        boxes = _one(entry, words, ", ".join([*waiting, words]) if waiting and entry.address else words, decoder)
        waiting = []
        if not boxes:
            decoder.problems.add("address_invalid")
        found.extend(boxes)
    if waiting and not found:
        decoder.problems.add("address_invalid")
    return found[:limit]


def _one(entry: _Entry, words: str, name: str, decoder: Decoder) -> list[Mailbox]:
    """Make the mailbox (seldom several) of one entry."""
    if entry.address is not None:
        address = normal_address(entry.address, decoder)
        if address:
            return [Mailbox(_name(name, address, decoder) or _name(" ".join(entry.comment), address, decoder), address)]
        if not entry.address.strip():
            return []
        words = f"{words} {entry.address}"
    if "=?" in words:
        words = decode_words(words, decoder)
    words = _SPACE_AT.sub("@", words)
    matches = _FIND.findall(words)[:20]
    addresses = [address for address in (normal_address(match) for match in matches) if address]
    rest = words
    for match in matches:
        rest = rest.replace(match, " ", 1)
    title = _name(rest, "", decoder) or _name(" ".join(entry.comment), "", decoder)
    return [Mailbox(title if number == 0 else "", address) for number, address in enumerate(addresses)]


def _inside_words(words: str, decoder: Decoder, limit: int) -> list[Mailbox]:
    """Read an entry whose address itself stands inside an encoded word."""
    if "=?" not in words:
        return []
    decoded = decode_words(words, decoder)
    if "@" not in decoded or "=?" in decoded:
        return []
    return _mailboxes(_scan(one_line(decoded), 20, decoder), decoder, limit)


def _name(text: str, address: str, decoder: Decoder) -> str:
    text = text.strip().strip("\"'").strip()
    if "=?" in text:
        text = decode_words(text, decoder)
    text = one_line(text).strip("\"'").strip()[:500]
    return "" if text.lower() == address.lower() else text


def normal_address(address: str, decoder: Decoder | None = None) -> str:
    """Return the address with its domain in lower case and ASCII, or nothing when it is no address."""
    if "=?" in address and decoder is not None:
        address = decode_words(address, decoder)
    address = "".join(address.split()).strip("<>\"',;").removeprefix("mailto:")
    local, at, domain = address.rpartition("@")
    if not at or not local or len(local) > 200 or len(domain) > 253:
        return ""
    domain = _ascii_domain(domain.strip("[]").rstrip(".") if not domain.startswith("[") else domain)
    local = one_line(local)
    if not domain or not local or any(char in local for char in "<>(),;"):
        return ""
    return f"{local}@{domain}"


def _ascii_domain(domain: str) -> str:
    domain = domain.lower()
    if domain.startswith("["):
        return domain if re.fullmatch(r"\[[0-9a-f.:v]{2,60}\]", domain) else ""
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError, ValueError, IndexError):
            try:
                domain = domain.encode("idna").decode("ascii")
            except (UnicodeError, ValueError):
                return ""
    return domain if all(_LABEL.match(label) for label in domain.split(".")) else ""
