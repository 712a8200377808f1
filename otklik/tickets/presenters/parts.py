"""The parts of a card around its thread, as HTML that is kept for whoever sees the same again.

A part sees what it is given and nothing else (``core.hot``), and all that is given is the key, together with the
language. So there is nothing to forget when something changes. The one thing that differs on every page, the token of
its forms, is a mark in what is kept.
"""

import marshal
from typing import Any, Final

from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from otklik.core.hot import csrf_field, render_hot
from otklik.core.keeping import Keep, late_mark

TEMPLATES: Final = {
    "head": "tickets/card_head.html",
    "properties": "tickets/card_properties.html",
    "people": "tickets/card_people.html",
    "who": "tickets/composer_who.html",
    "composer": "tickets/composer.html",
}
WHOLE: Final = ("head", "properties", "people", "composer")
"""What a card is made of besides thread and panels."""
CHANGING: Final = ("head", "properties", "people", "who")
"""What may change of a card that is on the screen."""

parts: Final[Keep[dict[str, str]]] = Keep(3_000_000)
_TOKEN: Final = late_mark()


def parts_html(names: tuple[str, ...], given: dict[str, Any], request: HttpRequest) -> dict[str, SafeString]:
    """Return parts by name; ``given`` are plain values, all that shows in them."""
    # the second version of the format writes equal values equally, however often one object is among them
    plain: Any = given
    key = (names, get_language(), marshal.dumps(plain, 2))
    made = parts.get(key)
    if made is None:
        context = {**given, "csrf": _TOKEN}
        made = {name: str(render_hot(TEMPLATES[name], context)) for name in names}
        parts.put(key, made, len(key[2]) + sum(map(len, made.values())))
    token = csrf_field(request)
    return {name: SafeString(html.replace(_TOKEN, token)) for name, html in made.items()}
