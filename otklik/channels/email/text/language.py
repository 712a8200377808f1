"""Which of the desk's two languages a text is written in, told by its letters."""

from typing import Final, Literal

_LOOK_AT: Final = 4_000


def guess_language(text: str) -> Literal["ru", "en", ""]:
    """`ru` when at least a quarter of the first letters is Cyrillic (names and models of devices are Latin anyway),
    `en` when the
    rest is Latin, empty when there is nothing to tell by."""
    cyrillic = latin = 0
    for letter in text[:_LOOK_AT]:
        if "\u0400" <= letter <= "\u04ff":
            cyrillic += 1
        elif "a" <= letter <= "z" or "A" <= letter <= "Z":
            latin += 1
    if cyrillic * 3 >= latin and cyrillic:
        return "ru"
    return "en" if latin else ""
