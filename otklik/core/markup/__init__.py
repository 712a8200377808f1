"""HTML from outside and from agents: made safe, turned into text and back."""

from otklik.channels.email.text import clean_reply, html_to_text, text_to_html

__all__ = ["clean_reply", "html_to_text", "text_to_html"]
