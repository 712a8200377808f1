"""RTF to what a person reads: its text, or the HTML that Outlook wrapped into it (MS-OXRTFEX).

One pass over the tokens, with groups up to a bounded depth. What does not speak to a reader (fonts, colours, pictures,
field codes) is passed over; letters are read in the charset of their font.
"""

import codecs
import re
from dataclasses import dataclass, field, replace
from typing import Final

MAX_OUT: Final = 5 * 1024 * 1024
MAX_DEPTH: Final = 2000
_TOKEN: Final = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})?[ ]?|\\'([0-9a-fA-F]{2})|\\(.)|([{}])|([^\\{}\r\n]+)|[\r\n]+|\\", re.DOTALL
)
_SILENT: Final = frozenset(
    b"fonttbl colortbl stylesheet info pict object header headerl headerr headerf footer footerl footerr footerf "
    b"fldinst listtable listoverridetable rsidtbl generator themedata colorschememapping datastore latentstyles "
    b"xmlnstbl mhtmltag nonshppict".split()
)
_BREAKS: Final = {b"par": "\n", b"line": "\n", b"sect": "\n", b"page": "\n", b"row": "\n"}
_SIGNS: Final = {
    b"tab": "\t", b"cell": "\t", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”", b"bullet": "•",
    b"endash": "–", b"emdash": "—", b"emspace": " ", b"enspace": " ", b"qmspace": " ", **_BREAKS,
}  # fmt: skip
_CHARSETS: Final = {
    77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "cp950", 161: "cp1253",
    162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874",
    238: "cp1250",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rtf:
    """What was inside: HTML when the RTF carries the HTML of a mail, else text; the other one is empty."""

    text: str = ""
    html: str = ""


@dataclass(slots=True)
class _Group:
    """What holds until the group ends."""

    silent: bool = False
    tag: bool = False  # inside a piece of the original HTML
    rtf_only: bool = False  # said in RTF for those who know no HTML
    hidden: bool = False
    fonts: bool = False
    skip: int = 1
    codec: str = ""


def read_rtf(data: bytes) -> Rtf:
    """Read an RTF document; any bytes give a result, at most ``MAX_OUT`` letters."""
    if not data[:16].lstrip().startswith(b"{\\rtf"):
        return Rtf()
    reader = _Reader(as_html=b"\\fromhtml" in data[:512])
    reader.read(data)
    whole = reader.result()
    return Rtf(html=whole) if reader.as_html else Rtf(text=whole.strip("\n"))


@dataclass(slots=True)
class _Reader:
    as_html: bool
    out: list[str] = field(default_factory=list)
    size: int = 0
    letters: bytearray = field(default_factory=bytearray)
    group: _Group = field(default_factory=_Group)
    stack: list[_Group] = field(default_factory=list)
    default: str = "cp1252"
    fonts: dict[int, str] = field(default_factory=dict)
    font: int = 0
    to_skip: int = 0
    starred: bool = False

    def read(self, data: bytes) -> None:
        """Go through the tokens."""
        place = 0
        while self.size < MAX_OUT and (found := _TOKEN.match(data, place)):
            place = found.end()
            word, number, code, sign, brace, run = found.groups()
            if word is not None:
                if word == b"bin":
                    place += max(0, int(number or 0))
                else:
                    self._word(word, None if number is None else int(number))
            elif code is not None:
                self._say(bytes.fromhex(code.decode()))
            elif brace is not None:
                self._brace(opens=brace == b"{")
            elif run is not None:
                self._run(run)
            elif sign is not None:
                self._sign(sign)

    def result(self) -> str:
        """All that was read; halves of letters beyond the basic plane are joined."""
        self._flush()
        whole = "".join(self.out)
        return whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def _brace(self, *, opens: bool) -> None:
        self._flush()
        self.to_skip, self.starred = 0, False
        if opens:
            if len(self.stack) < MAX_DEPTH:
                self.stack.append(self.group)
                self.group = replace(self.group)
        elif self.stack:
            self.group = self.stack.pop()

    def _sign(self, sign: bytes) -> None:
        if sign == b"*":
            self.starred = True
        elif sign in b"\\{}":
            self._run(sign)
        elif sign == b"~":
            self._text("&nbsp;" if self.as_html else "\xa0")
        elif sign == b"_":
            self._text("‑")
        elif sign in b"\r\n":
            self._text("\n")

    def _word(self, word: bytes, number: int | None) -> None:
        starred, self.starred = self.starred, False
        group = self.group
        if word == b"htmltag" and self.as_html:
            self._flush()
            group.tag = True
        elif word == b"fonttbl":
            group.fonts = group.silent = True
        elif word in _SILENT or (starred and word not in {b"shppict", b"htmltag"}):
            group.silent = True
        elif word == b"htmlrtf":
            self._flush()
            group.rtf_only = number != 0
        elif word in {b"f", b"fcharset", b"cpg", b"ansicpg", b"mac", b"plain"}:
            self._charset(word, number or 0)
        elif word == b"uc":
            group.skip = min(max(number or 0, 0), 10)
        elif word == b"u" and number is not None:
            self._text(chr(number & 0xFFFF))
            self.to_skip = group.skip
        elif word == b"v":
            group.hidden = number != 0
        elif word in _SIGNS:
            self._text(_SIGNS[word])

    def _charset(self, word: bytes, number: int) -> None:
        if word == b"ansicpg":
            self.default = _codec(f"cp{number}") or self.default
        elif word == b"mac":
            self.default = "mac_roman"
        elif word == b"f" and self.group.fonts:
            self.font = number
        elif word == b"fcharset":
            self.fonts[self.font] = _CHARSETS.get(number, "")
        elif word == b"cpg":
            self.fonts[self.font] = _codec(f"cp{number}")
        else:
            self._flush()
            self.group.codec = self.fonts.get(number, "") if word == b"f" else ""

    def _run(self, run: bytes) -> None:
        self.starred = False
        if self.to_skip:
            skipped = min(self.to_skip, len(run))
            self.to_skip -= skipped
            run = run[skipped:]
        if run and self._heard():
            self.letters += run
            self.size += len(run)

    def _say(self, letter: bytes) -> None:
        if self.to_skip:
            self.to_skip -= 1
        elif self._heard():
            self.letters += letter
            self.size += 1

    def _text(self, text: str) -> None:
        if self.to_skip:
            self.to_skip -= 1
        elif self._heard():
            self._flush()
            self.out.append(text)
            self.size += len(text)

    def _heard(self) -> bool:
        group = self.group
        if group.silent:
            return False
        return group.tag or not (group.rtf_only if self.as_html else group.hidden)

    def _flush(self) -> None:
        if self.letters:
            self.out.append(bytes(self.letters).decode(self.group.codec or self.default, "replace"))
            self.letters.clear()


def _codec(name: str) -> str:
    """The name when Python can read it and its bytes are letters, else nothing."""
    name = {"cp65001": "utf-8", "cp10000": "mac_roman", "cp10007": "mac_cyrillic", "cp936": "gb18030"}.get(name, name)
    try:
        return name if codecs.lookup(name).name.startswith(("cp", "utf-8", "mac", "gb")) else ""
    except LookupError:
        return ""
