"""Names that people and programs give to files: cleaned for showing and for download headers, never used as paths."""

import unicodedata

LONGEST = 180  # bytes in UTF-8: what file systems and old mail programs still take
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})
_UNWANTED = frozenset('<>:"|?*')


def clean_file_name(name: str, fallback: str = "file") -> str:
    """Return the last part of a path without control, format and direction characters, reserved names and dots at the
    ends; at most 180 bytes with the extension kept. An empty result becomes ``fallback``."""
    last = name.replace("\\", "/").rpartition("/")[2][:4000]
    kept = "".join(_shown(char) for char in unicodedata.normalize("NFC", last))
    tidy = " ".join(kept.split()).strip(" .")
    if not tidy:
        return fallback
    stem, dot, extension = tidy.rpartition(".")
    if not dot or len(extension) > 12 or not stem:
        stem, extension = tidy, ""
    if stem.casefold() in _RESERVED:
        stem = f"_{stem}"
    return _cut(stem, LONGEST - len(f".{extension}".encode())) + (f".{extension}" if extension else "")


def _shown(char: str) -> str:
    category = unicodedata.category(char)
    if category in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
        return " " if category == "Cc" else ""
    return "_" if char in _UNWANTED else char


def _cut(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore").rstrip(" .") or "file"
