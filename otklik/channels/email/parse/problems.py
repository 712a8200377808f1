"""The codes of everything that can be wrong with a mail, each with the sentence an agent reads."""

from otklik.channels.email.parse.model import Problem

TEXTS: dict[str, str] = {
    "address_invalid": "An address could not be read and was left out.",
    "attachment_unreadable": "A file could not be decoded and is kept as it came.",
    "base64_damaged": "A part's base64 text is damaged; what could be decoded is kept.",
    "boundary_guessed": "The boundary between the parts is missing or wrong; it was guessed.",
    "boundary_unclosed": "The last boundary is missing; the mail may be cut off.",
    "broken_header": "The header block holds a line that is no header; it was passed over.",
    "charset_guessed": "The character set was not declared or unknown; it was guessed.",
    "charset_mismatch": "The declared character set was not the real one.",
    "damaged_characters": "Some characters could not be decoded and were replaced.",
    "date_invalid": "The date could not be read.",
    "date_missing": "The mail has no date.",
    "double_encoded": "The text was encoded twice; it was repaired.",
    "encrypted_pgp": "The message is encrypted with PGP; its text cannot be read here.",
    "encrypted_smime": "The message is encrypted with S/MIME; its text cannot be read here.",
    "from_missing": "The mail names no sender.",
    "headers_too_long": "The header block is longer than 256 kB; the rest of it was passed over.",
    "html_unreadable": "The HTML could not be turned into text well; a simple reading was used.",
    "leading_garbage": "Something stood before the first header; it was passed over.",
    "message_id_invalid": "The Message-ID is not well formed.",
    "message_id_missing": "The mail has no Message-ID.",
    "multiple_from": "The mail names more than one sender; the first counts.",
    "nesting_too_deep": "Parts are nested deeper than 30 levels; the rest is kept as a file.",
    "parser_error": "The mail could not be read completely; the raw message is kept.",
    "signed_pgp": "The message is signed with PGP; the signature was not checked.",
    "signed_smime": "The message is signed with S/MIME; the signature was not checked.",
    "text_too_long": "The text is longer than 5 MB; its whole is kept as a file.",
    "tnef_unpacked": "Files and text were unpacked from winmail.dat.",
    "tnef_unreadable": "winmail.dat could not be unpacked; it is kept as a file.",
    "too_many_addresses": "There are more than 1000 addresses; the rest was passed over.",
    "too_many_parts": "There are more than 500 parts; the rest was passed over.",
    "too_many_references": "There are too many references; those in the middle were passed over.",
    "transfer_encoding_unknown": "A part has an unknown transfer encoding; it is kept as it came.",
}


class Problems:
    """Collects problems while a mail is read; each code once, in the order of their finding."""

    __slots__ = ("_codes",)

    def __init__(self) -> None:
        self._codes: dict[str, None] = {}

    def add(self, code: str) -> None:
        """Note a problem; ``code`` must stand in ``TEXTS``."""
        self._codes[code] = None

    def __contains__(self, code: str) -> bool:
        return code in self._codes

    def result(self) -> tuple[Problem, ...]:
        """All that was noted."""
        return tuple(Problem(code, TEXTS[code]) for code in self._codes)
