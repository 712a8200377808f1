"""What was wrong with a mail, in the reader's words; the parser, which knows no languages, gives the codes."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

PROBLEMS: Final[dict[str, Any]] = {
    "address_invalid": _("An address could not be read and was left out."),
    "attachment_unreadable": _("A file could not be decoded and is kept as it came."),
    "base64_damaged": _("A part's base64 text is damaged; what could be decoded is kept."),
    "boundary_guessed": _("The boundary between the parts is missing or wrong; it was guessed."),
    "boundary_unclosed": _("The last boundary is missing; the mail may be cut off."),
    "broken_header": _("The header block holds a line that is no header; it was passed over."),
    "charset_guessed": _("The character set was not declared or unknown; it was guessed."),
    "charset_mismatch": _("The declared character set was not the real one."),
    "damaged_characters": _("Some characters could not be decoded and were replaced."),
    "date_invalid": _("The date could not be read."),
    "date_missing": _("The mail has no date."),
    "double_encoded": _("The text was encoded twice; it was repaired."),
    "encrypted_pgp": _("The message is encrypted with PGP; its text cannot be read here."),
    "encrypted_smime": _("The message is encrypted with S/MIME; its text cannot be read here."),
    "from_missing": _("The mail names no sender."),
    "headers_too_long": _("The header block is longer than 256 kB; the rest of it was passed over."),
    "html_unreadable": _("The HTML could not be turned into text well; a simple reading was used."),
    "leading_garbage": _("Something stood before the first header; it was passed over."),
    "message_id_invalid": _("The Message-ID is not well formed."),
    "message_id_missing": _("The mail has no Message-ID."),
    "multiple_from": _("The mail names more than one sender; the first counts."),
    "nesting_too_deep": _("Parts are nested deeper than 30 levels; the rest is kept as a file."),
    "parser_error": _("The mail could not be read completely; the raw message is kept."),
    "signed_pgp": _("The message is signed with PGP; the signature was not checked."),
    "signed_smime": _("The message is signed with S/MIME; the signature was not checked."),
    "text_too_long": _("The text is longer than 5 MB; its whole is kept as a file."),
    "tnef_unpacked": _("Files and text were unpacked from winmail.dat."),
    "tnef_unreadable": _("winmail.dat could not be unpacked; it is kept as a file."),
    "too_many_addresses": _("There are more than 1000 addresses; the rest was passed over."),
    "too_many_parts": _("There are more than 500 parts; the rest was passed over."),
    "too_many_references": _("There are too many references; those in the middle were passed over."),
    "transfer_encoding_unknown": _("A part has an unknown transfer encoding; it is kept as it came."),
}

# what changes nothing for the one who answers is left to the ledger
TECHNICAL: Final = frozenset(
    {
        "boundary_guessed",
        "broken_header",
        "charset_guessed",
        "charset_mismatch",
        "date_invalid",
        "date_missing",
        "double_encoded",
        "leading_garbage",
        "message_id_invalid",
        "message_id_missing",
        "tnef_unpacked",
        "too_many_references",
    }
)


def worth_telling(codes: list[str], most: int = 5) -> list[str]:
    """Return the sentences of those problems that matter to the one who answers, at most ``most``."""
    told = [code for code in codes if code in PROBLEMS and code not in TECHNICAL]
    return [str(PROBLEMS[code]) for code in told[:most]]
