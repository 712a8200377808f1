"""The quote below an answer: the customer's own words of the mail that is answered, and nothing else of the ticket."""

import html
from dataclasses import dataclass
from typing import Final

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from otklik.channels.email.models import EmailFact
from otklik.core import shown
from otklik.core.locality import desk_zone
from otklik.core.markup import text_to_html

LONGEST: Final = 20_000


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote in both forms of a mail."""

    text: str = ""
    html: str = ""


NO_QUOTE: Final = Quote()


def quote_of(fact: EmailFact | None, language: str) -> Quote:
    """Return the mail that is answered as a quote, in the customer's language; an empty one when there is none."""
    words = (fact.message.visible_text or fact.message.body_text).strip() if fact else ""
    if fact is None or not words:
        return NO_QUOTE
    words = words if len(words) <= LONGEST else words[:LONGEST].rstrip() + " …"
    name = str(fact.sender.get("name") or fact.sender.get("address") or fact.message.author_name)
    with override(language), timezone.override(desk_zone()):
        moment = shown.local(fact.sent_at or fact.message.created_at)
        head = _("%(date)s, %(time)s, %(name)s wrote:") % {
            "date": date_format(moment, "j E Y"), "time": moment.strftime("%H:%M"), "name": name,
        }  # fmt: skip
    lines = "\n".join(f"> {line}" if line else ">" for line in words.split("\n"))
    return Quote(
        f"\n{head}\n{lines}\n",
        f'<p style="color: #666; margin-top: 1.5em">{html.escape(head)}</p><blockquote type="cite" style="margin: 0; '
        f'padding-left: 1em; border-left: 2px solid #ccc; color: #444">{text_to_html(words)}</blockquote>',
    )
