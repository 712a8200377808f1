"""Rich text that our own people write, and the HTML of mail: a door to the one cleaner of the house.

The cleaner lives with mail, whose hostile HTML it was made for, above the rooms that store what agents write. It is
registered here at start, so that text is cleaned on entry whichever door it comes by.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Markup:
    """What a cleaner offers: safe HTML of a reply, HTML as plain text, plain text as HTML, and the HTML of a
    mail as its new part and what it quotes."""

    clean_reply: Callable[[str], str]
    html_to_text: Callable[[str], str]
    text_to_html: Callable[[str], str]
    split_html: Callable[[str], tuple[str, str]]


_markup: Markup | None = None


def use_markup(markup: Markup) -> None:
    """Register the cleaner; done once at start."""
    global _markup
    _markup = markup


def _registered() -> Markup:
    if _markup is None:
        raise RuntimeError("No cleaner of rich text is registered: the mail room is not installed.")
    return _markup


def clean_reply(html: str) -> str:
    """Return safe HTML of what an agent wrote; cleaning twice equals cleaning once."""
    return _registered().clean_reply(html)


def html_to_text(html: str) -> str:
    """Return HTML as plain text with its lines."""
    return _registered().html_to_text(html)


def text_to_html(text: str) -> str:
    """Return plain text as safe HTML: paragraphs, lines, links."""
    return _registered().text_to_html(text)


def split_html(html: str) -> tuple[str, str]:
    """Return the new part of a mail's HTML and what it quotes below; the second is empty when all is shown."""
    return _registered().split_html(html)
