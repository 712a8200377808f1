"""Header blocks cut as bytes: repaired where they are broken, decoded only when somebody asks.

Found in real mail: a byte-order mark or an mbox "From " line on top, a blank line first, lines without a colon, no
blank line before the text, lone carriage returns as line ends. Each costs a note, never the headers that follow.
"""

import re

from otklik.channels.email.parse.problems import Problems

MAX_HEADER_BYTES = 256 * 1024
_BLANK_LINE = re.compile(rb"\n\r?\n")
_NAME = re.compile(rb"([!-9;-~]{1,100})[ \t]{0,20}:")
_KNOWN = re.compile(
    rb"(?:x-[\w-]+|content-[\w-]+|resent-[\w-]+|list-[\w-]+|from|to|cc|bcc|subject|date|message-id|in-reply-to|references"
    rb"|reply-to|sender|received|return-path|delivered-to|mime-version|dkim-signature|authentication-results|auto-submitted"
    rb"|precedence|user-agent|importance|priority|thread-[\w-]+|arc-[\w-]+|received-spf|organization|comments|keywords"
    rb"|envelope-to|errors-to|disposition-notification-to|feedback-id|accept-language|[a-z]+-[a-z][\w-]*)\Z"
)


class Headers:
    """The headers of one entity in their order; names in lower case, values as raw bytes."""

    __slots__ = ("_index", "items")

    def __init__(self, items: list[tuple[bytes, bytes]]) -> None:
        self.items = items
        self._index: dict[bytes, list[bytes]] = {}
        for name, value in items:
            self._index.setdefault(name, []).append(value)

    def raw(self, name: bytes) -> bytes | None:
        """First value of a header, unfolded and stripped, or None."""
        values = self._index.get(name)
        return unfold(values[0]) if values else None

    def all(self, name: bytes) -> list[bytes]:
        """Every value of a header, unfolded and stripped, in their order."""
        return [unfold(value) for value in self._index.get(name, ())]

    def count(self, name: bytes) -> int:
        """How often the header stands there."""
        return len(self._index.get(name, ()))

    def __contains__(self, name: bytes) -> bool:
        return name in self._index

    def __bool__(self) -> bool:
        return bool(self.items)


def unfold(value: bytes) -> bytes:
    """Put a folded value on one line."""
    if b"\n" in value or b"\r" in value:
        value = value.replace(b"\r\n", b"\n").replace(b"\r", b" ").replace(b"\n", b"")
    return value.strip()


def normal_line_ends(raw: bytes) -> bytes:
    """Give a mail with lone carriage returns (or doubled ones) line ends that the rest can read."""
    head = raw[:4096]
    if b"\n" not in head and b"\r" in head:
        return raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"\r\r\n" in head:
        return raw.replace(b"\r\r\n", b"\n")
    if b"\0" in head and head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return raw.decode("utf-16", "replace").encode()
    return raw


def skip_garbage(raw: bytes, problems: Problems | None = None) -> int:
    """Return where the headers begin: behind a byte-order mark, blank lines and mbox lines."""
    start = 3 if raw.startswith(b"\xef\xbb\xbf") else 0
    while True:
        line_end = raw.find(b"\n", start, start + 1000)
        line = raw[start : line_end + 1] if line_end >= 0 else b""
        if line and (not line.strip() or line.startswith((b"From ", b">From "))):
            start = line_end + 1
            continue
        break
    if start and problems is not None:
        problems.add("leading_garbage")
    return start


def find_body(raw: bytes, start: int, end: int) -> tuple[int, int]:
    """Return where the header block ends and where the body begins, by the first blank line."""
    if raw.startswith((b"\n", b"\r\n"), start):
        return start, min(end, start + (1 if raw[start] == 10 else 2))
    found = _BLANK_LINE.search(raw, start, end)
    if found is None:
        return end, end
    return found.start() + 1, found.end()


def read_headers(raw: bytes, start: int, end: int, problems: Problems) -> tuple[Headers, int]:
    """Read the header block at ``start``; return it and where the body begins."""
    block_end, body = find_body(raw, start, end)
    if block_end - start > MAX_HEADER_BYTES:
        problems.add("headers_too_long")
        block_end = raw.rfind(b"\n", start, start + MAX_HEADER_BYTES) + 1 or start + MAX_HEADER_BYTES
    lines = raw[start:block_end].split(b"\n")
    items: list[tuple[bytes, bytes]] = []
    odd: list[int] = []
    last_known = -1
    for number, line in enumerate(lines):
        if line[:1] in {b" ", b"\t"} and items:
            name, value = items[-1]
            items[-1] = (name, value + b"\n" + line) if len(value) < 2048 else _grow(name, value, line)
            continue
        found = _NAME.match(line)
        if found is None:
            if line.strip():
                odd.append(number)
            continue
        name = found[1].lower()
        if _KNOWN.match(name):
            last_known = number
        items.append((name, line[found.end() :].rstrip(b"\r")))
    if items and last_known < 0:
        return Headers([]), start  # nothing that any mailer writes: this is text that holds colons
    if odd:
        return _with_odd_lines(raw, start, lines, odd, last_known, body, problems)
    return Headers(_joined(items)), body


class _Long(bytes):
    """A value that grows by many lines: its pieces wait in a list, so that folding stays linear."""

    pieces: list[bytes]


def _grow(name: bytes, value: bytes, line: bytes) -> tuple[bytes, bytes]:
    if not isinstance(value, _Long):
        long = _Long(value)
        long.pieces = [value]
        value = long
    value.pieces.append(line)
    return name, value


def _joined(items: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, b"\n".join(value.pieces) if isinstance(value, _Long) else value) for name, value in items]


def _with_odd_lines(
    raw: bytes, start: int, lines: list[bytes], odd: list[int], last_known: int, body: int, problems: Problems
) -> tuple[Headers, int]:
    """Decide about lines without a colon: noise between headers, or the first line of a body without blank line."""
    first_text = next((number for number in odd if number > last_known), None)
    if first_text is not None:
        if last_known < 0 and first_text == 0:
            return Headers([]), start  # no headers at all: everything is text
        body = start + sum(len(line) + 1 for line in lines[:first_text])
        lines = lines[:first_text]
    problems.add("broken_header")
    skipped = set(odd)
    clean = b"\n".join(line for number, line in enumerate(lines) if number not in skipped)
    headers, _ = read_headers(clean + b"\n", 0, len(clean) + 1, problems)
    return headers, min(body, len(raw))
