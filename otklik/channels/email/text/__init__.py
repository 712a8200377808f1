"""What a mail says: quotes and signatures folded, forwards understood, HTML made safe. Pure: no Django, no settings,
no clock."""

from .cleaning import CleanHtml, clean_html
from .forwards import Forward, find_forward, read_mailbox
from .html_quotes import SplitHtml, split_html
from .language import guess_language
from .plain import html_to_text, text_to_html
from .quotes import Piece, Split, split_both_ways, split_quotes
from .reply_cleaning import clean_reply

__all__ = [
    "CleanHtml",
    "Forward",
    "Piece",
    "Split",
    "SplitHtml",
    "clean_html",
    "clean_reply",
    "find_forward",
    "guess_language",
    "html_to_text",
    "read_mailbox",
    "split_both_ways",
    "split_html",
    "split_quotes",
    "text_to_html",
]
