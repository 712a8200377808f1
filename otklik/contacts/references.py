"""Foreign references: how a customer's own desk numbers its requests, found in texts by linear templates. Pure.

A template is what an administrator can write without knowing regular expressions: letters stand for themselves, ``#``
for a digit, ``@`` for a letter, ``*`` for up to twelve digits; for example ``RP#######`` or ``SD-*``. It compiles to an
expression without alternatives or nested repeats, so matching takes time in proportion to the text.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from otklik.core.errors import Invalid

MAX_TEMPLATE = 40
MAX_TEXT = 20_000
MAX_FOUND = 5


@dataclass(frozen=True, slots=True)
class FoundReference:
    """A number of the customer's own desk: which system, the number as written, and its page if known."""

    system: str
    number: str
    url: str | None


@lru_cache(maxsize=512)
def _compiled(template: str) -> re.Pattern[str]:
    parts = {"#": r"[0-9]", "@": r"[^\W\d_]", "*": r"[0-9]{1,12}"}
    body = "".join(parts.get(char, re.escape(char)) for char in template)
    return re.compile(rf"(?<![\w-]){body}(?![\w])", re.IGNORECASE)


def check_pattern(pattern: Mapping[str, str]) -> dict[str, str]:
    """Return a pattern as it is stored; raises ``Invalid`` (field ``reference_patterns``) with the reason in English
    or the reader's language as the caller has translated it."""
    from django.utils.translation import gettext as _

    unknown = set(pattern) - {"system", "pattern", "url"}
    template = str(pattern.get("pattern", "")).strip()
    url = str(pattern.get("url", "") or "").strip()
    if unknown:
        raise Invalid(_("There is no field “%(field)s”.") % {"field": min(unknown)}, field="reference_patterns")
    if not 3 <= len(template) <= MAX_TEMPLATE:
        raise Invalid(_("A number template has 3 to 40 characters."), field="reference_patterns")
    if sum(template.count(mark) for mark in "#*") == 0:
        raise Invalid(_("A number template needs # for a digit or * for several digits."), field="reference_patterns")
    if "**" in template or "*#" in template or "#*" in template:
        raise Invalid(_("Put a letter or sign between * and other digits."), field="reference_patterns")
    if url and not url.startswith(("https://", "http://")):
        raise Invalid(_("The address of a request must begin with https://"), field="reference_patterns")
    return {"system": str(pattern.get("system", "")).strip()[:80], "pattern": template, "url": url[:300]}


def find_references(texts: Iterable[str], patterns: Iterable[Mapping[str, str]]) -> list[FoundReference]:
    """Return the numbers found in texts (subject first), each once, at most five; long texts are read to a limit."""
    found: dict[tuple[str, str], FoundReference] = {}
    rules = list(patterns)
    for text in texts:
        piece = text[:MAX_TEXT]
        for rule in rules:
            for match in _compiled(rule["pattern"]).finditer(piece):
                number = match.group(0)
                key = (rule.get("system", ""), number.casefold())
                if key not in found:
                    url = rule.get("url", "")
                    found[key] = FoundReference(key[0], number, url.replace("{number}", number) or None)
                if len(found) >= MAX_FOUND:
                    return list(found.values())
    return list(found.values())
