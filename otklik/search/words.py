"""From text to the words that are compared: our normal form, stems of Russian and English, phones in any writing.

Pure: the same text gives the same words on both databases and on both sides, when it is kept and when it is asked for.
"""

import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import Stemmer

LONGEST_TEXT: Final = 60_000
"""Characters of a text that are looked at; mails that are longer hold logs and tables, not words to find."""
LONGEST_WORD: Final = 64
HOME_REGION: Final = "RU"
"""The country of phone numbers that are written without one."""
_HOME_CODE: Final = "7"
_TRUNK: Final = "8"  # what is dialled at home in the country code's place
LEAST_DIGITS: Final = 4
"""Digits of a phone number by which it is found, from its beginning or its end."""
_KEPT_APART: Final = 6  # up to here each length is a word of its own: common beginnings are read like common words
_MOST_DIGITS: Final = 9

_WORD: Final = re.compile(r"[^\W_]+")
_INVISIBLE: Final = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_CYRILLIC: Final = re.compile(r"[а-я]+\Z")
_LATIN: Final = re.compile(r"[a-z]+\Z")
_PHONE: Final = re.compile(r"(?<![\w.,:/+-])\+?\(?\d[\d\s()\u00a0\u2010-\u2013-]{5,24}\d(?![\w]|[.,:/]\d)")
_DIGITS: Final = re.compile(r"\d[\d\s()-]")  # most texts have no phone number: seen at the price of one look
_MOST_STEMS: Final = 200_000

_lock = threading.Lock()
_russian = Stemmer.Stemmer("russian", 0)
_english = Stemmer.Stemmer("english", 0)
_stems: dict[str, str] = {}


def folded(text: str) -> str:
    """Return a text in the letters that are compared: what ``core.text.normal_form`` makes of it, blanks aside."""
    text = text.replace("№", " ")  # NFKC makes letters of it, and they would grow together with the number
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    text = text.casefold()
    if not text.isascii():
        if not unicodedata.is_normalized("NFKC", text):
            text = unicodedata.normalize("NFKC", text)
        text = _INVISIBLE.sub("", text.replace("ё", "е"))
    return text


def words(text: str) -> list[str]:
    """Return the words of a text in their order, folded, not yet stemmed."""
    return [word[:LONGEST_WORD] for word in _WORD.findall(folded(text[:LONGEST_TEXT]))]


def stem(word: str) -> str:
    """Return the stem of a folded word: of a Russian one in Cyrillic, an English one in Latin, itself otherwise."""
    known = _stems.get(word)
    return _learn(word) if known is None else known


def stems(text: str) -> list[str]:
    """Return the stems of a text in their order."""
    known = _stems.get
    return [known(word) or _learn(word) for word in words(text)]


def _learn(word: str) -> str:
    with _lock:  # the stemmers keep a state of their own
        if _CYRILLIC.match(word):
            found = _russian.stemWord(word)
        elif _LATIN.match(word):
            found = _english.stemWord(word)
        else:
            found = word
        if len(_stems) >= _MOST_STEMS:
            _stems.clear()
        _stems[word] = found
    return found


@lru_cache(maxsize=20_000)
def phone_key(text: str) -> str:
    """Return a phone number as its digits with the country first, or "" for what is no phone number.

    A Russian number is the same with 8, +7 or nothing before it.
    """
    digits = "".join(char for char in text if char.isdecimal())
    if not 10 <= len(digits) <= 15:
        return ""
    import phonenumbers

    try:
        number = phonenumbers.parse(f"+{digits}" if text.lstrip().startswith("+") else digits, HOME_REGION)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return f"{number.country_code}{phonenumbers.national_significant_number(number)}"


def phone_words(text: str) -> list[str]:
    """Return the words under which the phone numbers in a text are found: whole, by their last seven digits, and by
    the digits that they begin or end with."""
    return list(_phone_words(text[:LONGEST_TEXT])) if _DIGITS.search(text) else []


def _phone_words(text: str) -> Iterator[str]:
    for found in _PHONE.finditer(text):
        if key := phone_key(found.group()):
            yield key
            yield key[-7:]
            yield from _edges(key)


def _edges(digits: str) -> Iterator[str]:
    """Return the words for the beginning and the end of a number: short ones one by one, longer ones as beginnings of
    the whole, which stands backwards for its end."""
    for mark, line in (("§b", digits), ("§e", digits[::-1])):
        yield from (mark + line[:length] for length in range(LEAST_DIGITS, _KEPT_APART + 1))
        yield mark + line


def part_of_phone(text: str) -> list[tuple[str, bool]]:
    """Return the words that find phone numbers by four to nine digits of their beginning or end, in any writing; each
    with whether it is the beginning of a longer word. [] for what is no part of a number."""
    digits = "".join(char for char in text if char.isdecimal())
    if not LEAST_DIGITS <= len(digits) <= _MOST_DIGITS:
        return []
    beginnings = [digits]
    if "+" not in text:
        beginnings.append(_HOME_CODE + digits.removeprefix(_TRUNK))
        beginnings.append(_HOME_CODE + digits)
    found = [(f"§b{line}", len(line) > _KEPT_APART) for line in distinct(beginnings)]
    if "+" not in text:
        found.append((f"§e{digits[::-1]}", len(digits) > _KEPT_APART))
    return found


def asked_phone(text: str) -> str:
    """Return the word that finds a phone number as somebody typed it: a whole one or its last seven digits, else ""."""
    if not re.fullmatch(r"[+\d\s()\u00a0\u2010-\u2013-]+", text.strip()):
        return ""
    digits = "".join(char for char in text if char.isdecimal())
    return digits if len(digits) == 7 else phone_key(text)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a word stands in a text, and its stem."""

    start: int
    end: int
    word: str
    stem: str


def spots(text: str) -> Iterator[Spot]:
    """Walk over the words of a text with their places in it, so that what was found can be marked."""
    for found in _WORD.finditer(text):
        word = folded(found.group())[:LONGEST_WORD]
        parts = _WORD.findall(word)
        if len(parts) == 1:
            yield Spot(found.start(), found.end(), parts[0], stem(parts[0]))


_KEYS_EN: Final = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`" + 'QWERTYUIOP{}ASDFGHJKL:"ZXCVBNM<>~'
_KEYS_RU: Final = "йцукенгшщзхъфывапролджэячсмитьбюё" + "ЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮЁ"
_TO_RUSSIAN: Final = str.maketrans(_KEYS_EN, _KEYS_RU)
_TO_ENGLISH: Final = str.maketrans(_KEYS_RU, _KEYS_EN)


def other_layout(text: str) -> str:
    """Return what the same keys write in the other layout, Russian or English, or "" when there is nothing to turn."""
    if re.search(r"[а-яё]", text, re.IGNORECASE):
        turned = text.translate(_TO_ENGLISH)
    elif re.search(r"[a-z]", text, re.IGNORECASE):
        turned = text.translate(_TO_RUSSIAN)
    else:
        return ""
    return turned if turned != text and words(turned) else ""


def distinct(items: Iterable[str]) -> list[str]:
    """Return items without repeats, in their order."""
    return list(dict.fromkeys(items))
