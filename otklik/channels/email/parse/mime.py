"""The tree of a mail: found by byte offsets, without copying, never deeper or wider than the limits.

The boundary decides; where it is missing, wrong or absent from the header, lines that look like one followed by part
headers are taken. A part without headers is text. What the limits cut off stays in the raw message.
"""

import re

from otklik.channels.email.parse.decode import Decoder
from otklik.channels.email.parse.headers import Headers, read_headers
from otklik.channels.email.parse.params import content_type, read_value
from otklik.channels.email.parse.problems import Problems
from otklik.channels.email.parse.transfer import decode_transfer

MAX_DEPTH = 30
MAX_PARTS = 500
_GUESS = re.compile(rb"(?:\A|\n)--([^\s][^\r\n]{0,198})\r?\n(?=content-[a-z-]{1,40}:)", re.IGNORECASE)


class Node:
    """One entity of the mail: its headers, its type and where its body lies in the raw bytes."""

    __slots__ = ("_data", "children", "coding", "disposition", "end", "headers", "kind", "params", "raw", "start")

    def __init__(self, raw: bytes, headers: Headers, kind: str, start: int, end: int) -> None:
        self.raw = raw
        self.headers = headers
        self.kind = kind
        self.params: dict[str, str] = {}
        self.disposition: tuple[str, dict[str, str]] = ("", {})
        self.coding = ""
        self.start = start
        self.end = end
        self.children: list[Node] = []
        self._data: bytes | None = None

    def data(self, problems: Problems) -> bytes:
        """The decoded body."""
        if self._data is None:
            self._data = decode_transfer(self.raw[self.start : self.end], self.coding, problems)
        return self._data

    @property
    def filename(self) -> str:
        """The name as given, not cleaned; empty when there is none."""
        return self.disposition[1].get("filename") or self.params.get("name") or self.disposition[1].get("name") or ""

    @property
    def multipart(self) -> bool:
        """Whether the entity holds others."""
        return bool(self.children)

    def walk(self) -> list["Node"]:
        """All leaves below, in their order."""
        leaves: list[Node] = []
        stack = [self]
        while stack:
            node = stack.pop()
            if node.children:
                stack.extend(reversed(node.children))
            else:
                leaves.append(node)
        return leaves


class TreeReader:
    """Reads the tree of one mail and counts its parts."""

    def __init__(self, problems: Problems, decoder: Decoder) -> None:
        self.problems = problems
        self.decoder = decoder
        self.parts = 0

    def entity(self, raw: bytes, start: int, end: int, depth: int = 0, default: str = "text/plain") -> Node:
        """Read the entity that fills ``raw[start:end]``."""
        headers, body = read_headers(raw, start, end, self.problems)
        kind, params = content_type(headers.raw(b"content-type"), self.decoder)
        node = Node(raw, headers, kind or default, min(body, end), end)
        node.params = params
        self.parts += 1
        if b"content-disposition" in headers:
            node.disposition = read_value(headers.raw(b"content-disposition"), self.decoder)
        coding = headers.raw(b"content-transfer-encoding")
        node.coding = coding.decode("latin-1").strip().lower() if coding else ""
        if node.kind.startswith("multipart/"):
            self._multipart(node, depth)
        elif not kind and (depth == 0 or not headers) and raw.find(b"\n--", start, end) >= 0:
            self._hidden_multipart(node, depth)
        return node

    def _multipart(self, node: Node, depth: int) -> None:
        boundary = node.params.get("boundary", "").rstrip()
        spans: list[tuple[int, int]] = []
        if boundary:
            spans = self._cut(node, boundary.encode("utf-8", "replace"))
        if not spans and node.coding in {"base64", "quoted-printable"}:
            node.raw = node.data(self.problems)
            node.start, node.end, node.coding = 0, len(node.raw), ""
            spans = self._cut(node, boundary.encode("utf-8", "replace")) if boundary else []
        if not spans:
            guessed = _GUESS.search(node.raw, max(0, node.start - 1), node.end)
            if guessed:
                self.problems.add("boundary_guessed")
                spans = self._cut(node, guessed[1].rstrip())
        if not spans:
            self.problems.add("boundary_guessed")
            node.kind = "text/plain"  # the text is all there is: keep it
            return
        self._children(node, spans, depth)

    def _hidden_multipart(self, node: Node, depth: int) -> None:
        """Read a multipart whose header was lost."""
        guessed = _GUESS.search(node.raw, max(0, node.start - 1), node.end)
        if guessed is None or node.raw[node.start : guessed.start()].strip():
            return
        spans = self._cut(node, guessed[1].rstrip())
        if spans:
            self.problems.add("boundary_guessed")
            node.kind = "multipart/mixed"
            self._children(node, spans, depth)

    def _children(self, node: Node, spans: list[tuple[int, int]], depth: int) -> None:
        if depth >= MAX_DEPTH:
            self.problems.add("nesting_too_deep")
            node.kind = "application/octet-stream"
            return
        default = "message/rfc822" if node.kind == "multipart/digest" else "text/plain"
        for start, end in spans:
            if self.parts >= MAX_PARTS:
                self.problems.add("too_many_parts")
                break
            if end > start:
                node.children.append(self.entity(node.raw, start, end, depth + 1, default))

    def _cut(self, node: Node, boundary: bytes) -> list[tuple[int, int]]:
        """Return the spans between the boundary lines; a line with more behind the boundary is another's."""
        raw, end = node.raw, node.end
        mark = b"--" + boundary
        spans: list[tuple[int, int]] = []
        place, opened = node.start, -1
        while True:
            found = raw.find(mark, place, end)
            if found < 0:
                break
            place = found + len(mark)
            if found > node.start and raw[found - 1] != 10:
                continue
            line_end = raw.find(b"\n", place, min(end, place + 200))
            rest = raw[place : line_end if line_end >= 0 else min(end, place + 200)].strip()
            closing = rest.startswith(b"--") and not rest[2:].strip(b"- \t")
            if rest and not closing:
                continue
            if opened >= 0:
                spans.append((opened, _before_line_end(raw, opened, found)))
            opened = -1
            place = line_end + 1 if line_end >= 0 else end
            if closing:
                break
            if len(spans) > MAX_PARTS:
                self.problems.add("too_many_parts")
                return spans
            opened = place
        if opened >= 0:
            self.problems.add("boundary_unclosed")
            if opened < end:
                spans.append((opened, end))
        return spans


def _before_line_end(raw: bytes, start: int, found: int) -> int:
    """The line end before a boundary belongs to the boundary."""
    if found - 2 >= start and raw[found - 2] == 13:
        return found - 2
    return max(start, found - 1)
