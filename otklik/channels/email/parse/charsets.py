"""Charset names as they are found, and the guess by letters where no name helps.

The guess knows the single-byte charsets that Russian mail is written in. A wrong one turns frequent letters into rare
ones, small letters into capitals inside words, or letters into box drawing; the sum of such signs decides. Short texts
fool every guesser, so the caller decides once per message over all its undecoded bytes.
"""

import codecs
import math
import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise

# Python's codec, then the names it is found under, without their punctuation.
_NAMES = """
    cp1251: cp1251 windows1251 win1251 ansi1251 xcp1251 xwindows1251 1251 cyrillicwindows win
    koi8_r: koi8r koi8 koi xkoi8r cskoi8r
    koi8_u: koi8u koi8ru
    utf-8: utf8 unicode11utf8 xunicode20utf8 utf8mb4 utf8n xutf8 utf
    utf-16: unicode
    cp866: cp866 ibm866 dos866 866 dos
    mac_cyrillic: xmaccyrillic maccyrillic xmacukrainian
    iso8859_5: iso88595 isoir144 cyrillic
    cp1252: iso88591 latin1 l1 windows1252 win1252 xansi
    ascii: usascii ansix341968 ansi iso646us us usascil ascii7bit
    iso8859_8: iso88598i iso88598e logical visual
    iso8859_6: iso88596i iso88596e
    cp862: dos862
    cp949: ksc56011987 ksc5601 ks56011987 euckr ksc56011989
    gb18030: gb2312 gbk cp936 xgbk gb231280 csgb2312 euccn
    hz: hzgb2312
    cp950: big5 xbig5 cnbig5
    big5hkscs: big5hkscs
    cp932: shiftjis sjis xsjis mskanji windows31j
    iso2022_jp: iso2022jp csiso2022jp iso2022jpms cp50220 cp50221 cp50222
    euc_jp: xeucjp
    cp874: tis620 windows874 dos874 iso885911
    mac_roman: xmacroman macintosh mac
    mac_latin2: xmacce
    cp1250: windows1250
    iso8859_14: iso885914
    cp1254: windows1254 iso88599
    utf-7: unicode11utf7 xunicode20utf7
"""
_ALIASES = {
    name: codec.strip()
    for codec, _, names in (line.partition(":") for line in _NAMES.strip().split("\n"))
    for name in names.split()
}

# Declared names that say nothing about bytes above 127.
_SAYS_NOTHING = {"ascii", "cp1252", "mac_roman"}
_UNKNOWN = set("unknown8bit xunknown unknown 8bit binary default none null xuserdefined charset".split())
# Text codecs of Python that no mail means.
_REFUSED = set("idna punycode unicode_escape raw_unicode_escape undefined mbcs oem palmos utf-8-sig".split())
STATEFUL = frozenset(
    "iso2022_jp iso2022_jp_1 iso2022_jp_2 iso2022_jp_3 iso2022_jp_ext iso2022_jp_2004 iso2022_kr hz utf-7 "
    "utf-16 utf-16-le utf-16-be utf-32 utf-32-le utf-32-be".split()
)
CYRILLIC = ("cp1251", "koi8_r", "cp866", "iso8859_5", "mac_cyrillic")
# How much a charset must be better than windows-1251 to be believed: by how often it is met.
_HANDICAP = {"cp1251": 0.0, "koi8_r": 0.3, "cp866": 1.0, "iso8859_5": 1.5, "mac_cyrillic": 1.5}
SAMPLE_BYTES = 16_384

_COMMENT = re.compile(r"\([^)]{0,80}\)?")
_NOT_NAME = re.compile(r"[^a-z0-9]")


@lru_cache(maxsize=512)
def find_codec(name: str) -> str | None:
    """Return Python's codec for a charset name as found in a mail, or None when it means nothing."""
    bare = _COMMENT.sub("", name[:120].lower()).strip(" \t\"'<>;,=")
    if bare.startswith("charset="):
        bare = bare[8:].strip(" \"'")
    squeezed = _NOT_NAME.sub("", bare)
    if not squeezed or squeezed in _UNKNOWN:
        return None
    if squeezed in _ALIASES:
        return _ALIASES[squeezed]
    for candidate in (bare, squeezed, bare.split(" ")[0].split(";")[0]):
        codec = _lookup(candidate)
        if codec:
            return codec
    return None


def _lookup(name: str) -> str | None:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_.:+-]{1,40}", name):
        return None
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError, ImportError):
        return None
    if not getattr(info, "_is_text_encoding", True) or info.name in _REFUSED or info.name.startswith("rot"):
        return None
    return info.name


def says_nothing(codec: str | None) -> bool:
    """Whether a declared charset is no evidence about bytes above 127 (ASCII, Latin-1 put in by default)."""
    return codec is None or codec in _SAYS_NOTHING


# Share of each letter in Russian text, per ten thousand.
_FREQUENCY = {
    letter: int(share)
    for letter, _, share in (
        pair.partition("=")
        for pair in (
            "о=1097 е=845 а=801 и=735 н=670 т=626 с=547 р=473 в=454 л=440 к=349 "
            "м=321 д=298 п=281 у=262 я=201 ы=190 ь=174 г=170 з=165 б=159 ч=144 "
            "й=121 х=97 ж=94 ш=73 ю=64 ц=48 щ=36 э=32 ф=26 ъ=4 ё=20"
        ).split()
    )
}
# Pairs of letters that make up 94 of 100 in Russian words: first letter, then all that follow it.
_PAIRS = frozenset(
    group[0] + second
    for group in (
        "абвгдежзйклмнпрстуцчшюя баелоруъы вавеиклностуыяё гаеиору давеинорсту ебвгдезйклмнорстчш жадеин "
        "задимноу иабвдежзийклмнопрстфхцчюя йдст каеилорсту лаежиклоуьюяё маеимоуы надеиностуыья "
        "обвгдежзйклмнопрстхчш паеилору равгежимнотуыьяё сабвеиклмнопстучъыья тавеикнопрсуыь "
        "убгдезйклмнпрстчщю фаио хор цаеи чаеинтё шаеи щеи ъеё ыбейлмтх ьзнст элт ютчщ явзт ёжнт "
    ).split()
    for second in group[1:]
)
_PUNCTUATION = "«»—–№…“”„’‘\u00a0°·©®"
_BAD_CASE = re.compile(r"[а-яё][А-ЯЁ]|[»”’›™…°№©®][а-яё]|[A-Za-z)}][А-ЯЁ]")
_SIGNS = bytes.fromhex("828485868788898b91929394959697999ba0a6a7a9abacadaeb0b1b5b6b7bb")
_ALL_HIGH = bytes(range(128, 256))
_CAPITAL = re.compile("[А-Я]")
_WORD_MIX = re.compile(rb"[A-Za-z][\xc0-\xff]|[\xc0-\xff][A-Za-z]")
_HIGH_LETTER = re.compile(rb"[\xc0-\xff]")


def _letter_score(char: str) -> float:
    low = char.lower()
    if low in _FREQUENCY:
        score = math.log(_FREQUENCY[low] / 25)
        return score if char == low else score - 0.4
    if char in _PUNCTUATION:
        return -0.5
    if "\u0400" <= char <= "\u045f" or char in "Ґґ":
        return -3.0
    return -8.0


def _scores(codec: str) -> list[float]:
    table = []
    for byte in range(128, 256):
        char = bytes([byte]).decode(codec, "replace")
        table.append(_letter_score(char))
    return table


@lru_cache(maxsize=1)
def _tables() -> dict[str, list[float]]:
    return {codec: _scores(codec) for codec in CYRILLIC}


def rank(sample: bytes) -> list[tuple[float, str]]:
    """Return the Cyrillic charsets with their scores per letter, best first; needs bytes above 127 in the sample."""
    sample = sample[:SAMPLE_BYTES]
    counts = [(byte - 128, number) for byte, number in Counter(sample).items() if byte > 127]
    total = sum(number for _, number in counts) or 1
    ranked = []
    for codec, table in _tables().items():
        text = sample.decode(codec, "replace")
        caution = 3 if total < 6 and codec != "koi8_r" else 1  # few letters must not make a rare charset
        score = sum(table[byte] * number for byte, number in counts) - _HANDICAP[codec] * caution
        score += _pair_score(text.lower()) - 3.0 * len(_BAD_CASE.findall(text))
        ranked.append((score / total, codec))
    ranked.sort(reverse=True)
    return ranked


def _pair_score(text: str) -> float:
    score = 0.0
    for (first, second), number in Counter(pairwise(text)).items():
        if first in _FREQUENCY and second in _FREQUENCY:
            score += number if first + second in _PAIRS else -2.0 * number
    return score


def looks_latin(sample: bytes) -> bool:
    """Whether the letters among the high bytes stand inside Latin words (café), which Cyrillic ones never do."""
    sample = sample[:SAMPLE_BYTES]
    letters = len(_HIGH_LETTER.findall(sample))
    return bool(letters) and len(_WORD_MIX.findall(sample)) * 10 >= letters * 6


def only_signs(sample: bytes) -> bool:
    """Whether the high bytes are punctuation alone (dashes, quotes), the same in both Windows charsets."""
    return _HIGH_LETTER.search(sample) is None and len(sample.translate(None, _SIGNS)) == len(
        sample.translate(None, _ALL_HIGH)
    )


def guess(sample: bytes) -> str:
    """Return the charset that fits the bytes best; never fails."""
    if looks_latin(sample):
        return "cp1252"
    return rank(sample)[0][1]


def better_than(declared: str, sample: bytes) -> str | None:
    """Return a Cyrillic charset that fits far better than the declared Cyrillic one, or None."""
    own = "koi8_r" if declared == "koi8_u" else declared
    if own not in CYRILLIC:
        return None
    sample = sample[:1024]
    counts = [(byte - 128, number) for byte, number in Counter(sample).items() if byte > 127]
    total = sum(number for _, number in counts)
    if total < 12:
        return None
    table = _tables()[own]
    text = sample.decode(own, "replace")
    capitals = len(_CAPITAL.findall(text))
    if capitals * 2 < total and sum(table[byte] * number for byte, number in counts) > 2.0 * total:
        return None  # reads like Russian already
    ranked = rank(sample)
    best_score, best = ranked[0]
    own_score = next(score for score, codec in ranked if codec == own)
    return best if best != own and best_score > 0 and best_score - own_score > 2.0 else None
