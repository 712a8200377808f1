"""Encoded words (RFC 2047), as found: cut inside letters, with wrong padding, without blanks between, in quotes."""

import binascii
import re

from otklik.channels.email.parse.decode import Decoder

_BLANKS = " \t\r\n"
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")


class _Word:
    __slots__ = ("charset", "encoding", "payload")

    def __init__(self, charset: str, encoding: str, payload: str) -> None:
        self.charset = charset
        self.encoding = encoding
        self.payload = payload


def decode_words(value: str, decoder: Decoder) -> str:
    """Replace all encoded words of a header value by their text; adjacent words of one charset are joined as bytes."""
    if "=?" not in value:
        return value
    out: list[str] = []
    run: list[_Word] = []
    place = 0
    while True:
        start = value.find("=?", place)
        found = _read_word(value, start) if start >= 0 else None
        if start >= 0 and found is None:
            if value.find("?=", start + 2) < 0:
                start = -1  # no word can end any more
            else:
                gap, place = value[place : start + 2], start + 2
                _flush(run, out, decoder)
                out.append(gap)
                continue
        gap = value[place:start] if start >= 0 else value[place:]
        if gap.strip(_BLANKS):
            _flush(run, out, decoder)
            out.append(gap)
        elif not run or start < 0:
            _flush(run, out, decoder)
            out.append(gap)
        if start < 0 or found is None:
            return "".join(out)
        word, place = found
        if run and run[-1].charset != word.charset:
            _flush(run, out, decoder)
        run.append(word)


def _read_word(value: str, start: int) -> tuple[_Word, int] | None:
    """Read one word at ``start``; a word that lost its end stops where the next one begins."""
    mark = value.find("?", start + 2, start + 90)
    if mark < 0 or value[mark + 2 : mark + 3] != "?":
        return None
    charset = value[start + 2 : mark].split("*", maxsplit=1)[0].strip().lower()
    encoding = value[mark + 1].lower()
    if not charset or encoding not in "bq" or " " in charset:
        return None
    begin = mark + 3
    end = value.find("?=", begin)
    if end < 0:
        return None
    following = value.find("=?", begin, end)
    if following >= 0 and value.find("?", following + 2, following + 90) < end:
        return _Word(charset, encoding, value[begin:following].rstrip(_BLANKS + "?")), following
    return _Word(charset, encoding, value[begin:end]), end + 2


def _flush(run: list[_Word], out: list[str], decoder: Decoder) -> None:
    if not run:
        return
    data: list[bytes] = []
    pending = ""
    for word in run:
        if word.encoding == "b":
            payload = "".join(word.payload.split())
            pending += payload
            if len(pending) % 4 and not payload.endswith("="):
                continue  # cut inside a group of four: the next word has the rest
            data.append(_base64(pending))
            pending = ""
        else:
            if pending:
                data.append(_base64(pending))
                pending = ""
            data.append(binascii.a2b_qp(_bytes(word.payload).replace(b"_", b" ")))
    if pending:
        data.append(_base64(pending))
    out.append(decoder.text(b"".join(data), run[0].charset))
    run.clear()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _base64(text: str) -> bytes:
    try:
        return binascii.a2b_base64(text)
    except (binascii.Error, ValueError):
        bare = _NOT_BASE64.sub("", text)
        if len(bare) % 4 == 1:
            bare = bare[:-1]
        return binascii.a2b_base64(bare + "=" * (-len(bare) % 4))
