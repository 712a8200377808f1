"""Text helpers without models: forms for comparing and searching, the normal form of addresses, tokens.

SQLite folds case for ASCII only, so names and subjects are compared by a key that is made here.
"""

import re
import secrets
import unicodedata
from typing import Final

_LONE: Final = re.compile("[\ud800-\udfff]")
_LIMIT = 10_000
_DROPPED = {"Cc", "Cf", "Cs", "Co", "Cn"}


def normal_form(text: str, limit: int = _LIMIT) -> str:
    """Return the key under which ``text`` is compared: NFKC, case folded, ё as е, blanks collapsed, no controls.

    At most ``limit`` characters of the input are looked at. The form of a form is the form itself.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text[:limit]).casefold())
    if folded.isprintable():  # nothing to drop, and no blank but the space: nearly every name and subject
        letters = folded.replace("ё", "е")
    else:
        letters = "".join(map(_letter, folded))
    return unicodedata.normalize("NFC", " ".join(letters.split()))[:limit].rstrip()


def _letter(letter: str) -> str:
    if letter == "ё":
        return "е"
    if letter.isspace():
        return " "
    return "" if unicodedata.category(letter) in _DROPPED else letter


def normal_address(address: str) -> str:
    """Return the form under which a mail address is compared: no blanks around, lower case, the domain in IDNA.

    Nothing is judged here: text that is no address comes back stripped and in lower case. At most 320 characters.
    """
    text = address.strip()
    text = (text if text.isascii() else unicodedata.normalize("NFC", text)).lower()[:320]
    local, at, domain = text.rpartition("@")
    if not at or domain.isascii():
        return text.rstrip(".") if at else text
    try:
        return f"{local}@{_idna(domain)}"
    except UnicodeError:
        return text


def _idna(domain: str) -> str:
    import idna

    return idna.encode(domain.rstrip("."), uts46=True).decode("ascii")


def storable(text: str) -> str:
    """Return a text that both databases can hold: no NUL, U+FFFD in place of half a character (a lone surrogate)."""
    if text.isascii():
        return text.replace("\x00", "") if "\x00" in text else text
    return _LONE.sub("\ufffd", text.replace("\x00", ""))


def printable(text: str) -> str:
    """Return a text with a space for each character that nobody can see: controls, line ends, marks of direction."""
    return text if text.isprintable() else "".join(letter if letter.isprintable() else " " for letter in text)


def short_token() -> str:
    """Return 128 random bits in 22 URL-safe characters: a name that nobody guesses."""
    return secrets.token_urlsafe(16)


def spreadsheet_cell(text: str) -> str:
    """Return a text that spreadsheets show and never compute: one that begins like a formula gets a quote in front."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
