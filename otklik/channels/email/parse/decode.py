"""Bytes to text, the way one mail needs it: UTF-8 strictly, the declared charset, then one guess for the whole mail."""

import codecs
import re
from collections.abc import Callable, Iterable

from otklik.channels.email.parse import charsets
from otklik.channels.email.parse.problems import Problems
from otklik.core.text import storable

_DOUBLED_LATIN = re.compile("[ÐÑ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")
_DOUBLED_CYRILLIC = re.compile("[РС][\u0080-\u00bfЂЃѓЉЊЌЋЏђљњќћџЎўЈҐЁЄЇІіґёєјЅѕї‚„…†‡€‰‹‘’“”•–—™›№]")
_CYRILLIC_LETTER = re.compile("[а-яёА-ЯЁ]")
_META = re.compile(rb"<meta[^>]{0,200}?charset\s{0,5}=\s{0,5}[\"']?\s{0,5}([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)
_JIS = re.compile(rb"\x1b(?:\$[@B]|\$\([DOPQ]|\([BJIH])")
_CONTROLS = dict.fromkeys((*range(1, 32), *range(127, 160), 8232, 8233), " ")
_CONTROLS |= {0: "", 0x61C: ""} | dict.fromkeys((*range(8234, 8239), *range(8294, 8298), 8206, 8207), "")  # fmt: skip
_ODD = re.compile("[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]|  ")
_SURROGATE = re.compile("[\ud800-\udfff]")


def _as_byte(error: UnicodeError) -> tuple[bytes | str, int]:
    """Let characters below 256 stand for their own byte: charset tables have holes that mailers write through."""
    if isinstance(error, UnicodeEncodeError):
        code = ord(error.object[error.start])
        if code < 256:
            return bytes([code]), error.start + 1
    raise error


codecs.register_error("otklik-as-byte", _as_byte)


def one_line(text: str) -> str:
    """Make one clean line: no breaks, controls, direction overrides or lone surrogates; single blanks."""
    if not _ODD.search(text):
        return text.strip()
    return " ".join(_SURROGATE.sub("\ufffd", text.translate(_CONTROLS)).split())


class Decoder:
    """Decodes all texts of one mail; ``samples`` yields the mail's undecoded bytes when a guess is needed."""

    def __init__(self, problems: Problems, samples: Callable[[], Iterable[bytes]] = tuple) -> None:
        self.problems = problems
        self.used = ""
        self._samples = samples
        self._guess: str | None = None
        self._high = 0

    def guess_for(self, data: bytes) -> str:
        """Return the charset guessed for the whole mail, looking at ``data`` too where the mail itself says little."""
        if self._guess is None:
            self._guess = ""  # a sample that asks for a guess itself finds none
            sample = b"\n".join(self._samples())[: charsets.SAMPLE_BYTES * 2]
            self._high = sum(1 for byte in sample if byte > 127)
            self._guess = charsets.guess(sample) if self._high else "cp1251"
            if self._high < 8:
                self._sample = sample
        if self._high < 8:
            sample = self._sample + b"\n" + data if self._guess and data not in self._sample else data
            return charsets.guess(sample)
        return self._guess

    def text(self, data: bytes, declared: str = "", *, html: bool = False) -> str:
        """Decode one text; never raises, and the result is fit for a database."""
        text, self.used = self._decode(data, declared, html)
        return storable(repair_double(text, self.problems))

    def header(self, data: bytes) -> str:
        """Decode raw header bytes (encoded words stay as they are); controls are left to the caller."""
        if data.isascii():
            return data.decode("ascii")
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            self.problems.add("charset_guessed")
            return data.decode(self.guess_for(data), "replace")

    def _decode(self, data: bytes, declared: str, html: bool) -> tuple[str, str]:
        codec = charsets.find_codec(declared) if declared else None
        if codec in charsets.STATEFUL:
            text = _stateful(data, codec)
            if text is not None:
                return text, codec
            codec = None
        if data.isascii():
            return data.decode("ascii"), codec or "ascii"
        if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
            return data.decode("utf-16", "replace"), "utf-16"
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return self._not_utf8(data, codec, html)
        if codec not in {None, "utf-8"}:
            self.problems.add("charset_mismatch")
        return text, "utf-8"

    def _not_utf8(self, data: bytes, codec: str | None, html: bool) -> tuple[str, str]:
        mostly = _mostly_utf8(data)
        if mostly is not None and codec in {None, "utf-8", "ascii"}:
            self.problems.add("damaged_characters")
            return mostly, "utf-8"
        if codec == "utf-8":
            self.problems.add("charset_mismatch")
            codec = None
        if html and charsets.says_nothing(codec):
            found = _META.search(data, 0, 8192)
            meta = charsets.find_codec(found[1].decode("ascii")) if found else None
            if meta and meta != "utf-8" and meta not in charsets.STATEFUL:
                codec = meta
        if charsets.says_nothing(codec):
            if codec == "cp1252" and (charsets.looks_latin(data) or charsets.only_signs(data)):
                return data.decode("cp1252", "replace"), "cp1252"
            guessed = self.guess_for(data)
            self.problems.add("charset_guessed" if codec is None else "charset_mismatch")
            return data.decode(guessed, "replace"), guessed
        assert codec is not None
        better = charsets.better_than(codec, data)
        if better:
            self.problems.add("charset_mismatch")
            return data.decode(better, "replace"), better
        return self._strictly(data, codec)

    def _strictly(self, data: bytes, codec: str) -> tuple[str, str]:
        try:
            return data.decode(codec), codec
        except (UnicodeError, LookupError):
            pass
        try:
            text = data.decode(codec, "replace")
        except (UnicodeError, LookupError, ValueError):
            text = "\ufffd" * len(data)
        if text.count("\ufffd") * 20 > len(text):
            self.problems.add("charset_mismatch")
            guessed = self.guess_for(data)
            return data.decode(guessed, "replace"), guessed
        self.problems.add("damaged_characters")
        return text, codec


def _mostly_utf8(data: bytes) -> str | None:
    """Decode UTF-8 with a few damaged places (a cut letter), or None when it is something else."""
    text = data.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    if damaged * 8 > len(text):
        return None
    good = sum(1 for char in text[:20_000] if char > "\x7f") - damaged
    return text if good > 4 * damaged else None


def _stateful(data: bytes, codec: str) -> str | None:
    """Decode a charset whose bytes look like ASCII or hold NULs; None when the bytes are plainly something else."""
    if codec.startswith("iso2022_jp"):
        if not data.isascii():
            return None
        try:
            return data.decode("iso2022_jp_ext")
        except UnicodeDecodeError:
            return _jis(data)
    if codec.startswith(("utf-16", "utf-32")) and b"\0" not in data and data[:2] not in {b"\xff\xfe", b"\xfe\xff"}:
        return None
    try:
        return data.decode(codec)
    except (UnicodeError, LookupError):
        return data.decode("ascii", "replace") if data.isascii() else None


def _jis(data: bytes) -> str:
    """Read ISO-2022-JP with the vendors' rows that Python's codec refuses; the state may run over word borders."""
    out, state, place = [], b"\x1b(B", 0
    for found in (*_JIS.finditer(data), None):
        end = found.start() if found else len(data)
        piece = data[place:end]
        if state.startswith(b"\x1b$"):
            shifted = bytes(byte | 0x80 for byte in piece if 0x21 <= byte <= 0x7E)
            out.append(shifted.decode("euc_jis_2004", "replace"))
        elif state == b"\x1b(I":
            out.append(bytes(byte | 0x80 for byte in piece if byte > 0x20).decode("cp932", "replace"))
        else:
            out.append(piece.decode("ascii", "replace"))
        if found:
            state, place = found[0], found.end()
    return "".join(out)


def repair_double(text: str, problems: Problems) -> str:
    """Undo a second encoding ("Ð¿Ñ€Ð¸" or "РїСЂРё" for «при»), where the proof is strong."""
    if text.isascii():
        return text
    for pattern, codec in ((_DOUBLED_LATIN, "cp1252"), (_DOUBLED_CYRILLIC, "cp1251")):
        sample = text[:4000]
        hits = len(pattern.findall(sample))
        if hits < 3 or hits * 2 < len(_CYRILLIC_LETTER.findall(sample)) * (0.7 if codec == "cp1251" else 0.0):
            continue
        repaired = _undouble(text, codec)
        if repaired is None:
            lines = [(_undouble(line, codec) or line) for line in text.splitlines(keepends=True)]
            repaired = "".join(lines)
        if repaired != text and len(_CYRILLIC_LETTER.findall(repaired[:4000])) >= hits * 0.6:
            problems.add("double_encoded")
            return repaired
    return text


def _undouble(text: str, codec: str) -> str | None:
    try:
        return text.encode(codec, "otklik-as-byte").decode("utf-8")
    except UnicodeError:
        return None
