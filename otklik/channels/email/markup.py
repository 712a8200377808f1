"""Offers the cleaner of mail to the rooms below, for what our own people write."""

from otklik.channels.email.text import clean_reply, html_to_text, split_html, text_to_html
from otklik.core.markup import Markup, use_markup

use_markup(Markup(clean_reply=clean_reply, html_to_text=html_to_text, text_to_html=text_to_html, split_html=split_html))
