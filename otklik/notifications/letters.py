"""The words of notification mails, as text and as HTML, in the active language and time zone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from django.conf import settings
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from otklik.channels.email.outbound import ABOVE, subject_token
from otklik.core.clock import now
from otklik.core.shown import Moments
from otklik.notifications.models import Notification
from otklik.notifications.presenters import words_of
from otklik.tickets.models import Message, Ticket

LONGEST: Final = 4000
_LINES: Final = 5
_PAGE: Final = (
    '<!doctype html><html lang="{language}"><head><meta charset="utf-8"></head><body style="margin: 0; padding: 16px; '
    'font: 14px/1.5 Arial, Helvetica, sans-serif; color: #23201c">{body}</body></html>'
)
_QUIET: Final = "color: #77716a; font-size: 12px"


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail before it has an address."""

    subject: str
    text: str
    html: str


def single(ticket: Ticket, rows: Sequence[Notification], texts: Mapping[int, str], *, as_note: bool) -> Letter:
    """Return the mail about one ticket; ``texts`` holds the words of messages by their id."""
    fate = (
        _("Answer above this line: a note for colleagues")
        if as_note
        else _("Answer above this line: your answer goes to the customer")
    )
    above = f"{ABOVE} {fate}"
    moments = Moments(now())
    url = f"{settings.BASE_URL}/tickets/{ticket.pk}/"
    title = f"{ticket.pk} · {ticket.subject or '—'}"
    parts, pieces = [above, title], [f'<p style="{_QUIET}">{escape(above)}</p><p><b>{escape(title)}</b></p>']
    for row in rows:
        head = " · ".join(part for part in (words_of(row), _who(row), moments.moment(row.made_at)) if part)
        words = _cut(texts.get(row.message_id or 0, ""))
        parts.append(f"{head}\n\n{words}" if words else head)
        pieces.append(f'<p style="{_QUIET}; margin: 16px 0 4px">{escape(head)}</p>{_paper(words)}')
    hint = _("A first line with #note or #reply decides otherwise.")
    parts += [f"{_('Open the ticket:')} {url}", hint, _rules_line()]
    pieces.append(
        f'<p style="margin-top: 20px"><a href="{escape(url)}">{escape(_("Open the ticket"))}</a></p>'
        f'<p style="{_QUIET}">{escape(hint)}<br>{_rules_html()}</p>'
    )
    subject = f"{subject_token(ticket.pk)} {ticket.subject}".strip()
    return Letter(subject, "\n\n".join(parts) + "\n", _page("".join(pieces)))


def overtaken(ticket: Ticket, rows: Sequence[Message], *, with_texts: bool) -> Letter:
    """Return the mail about an answer that was not sent, because others had written (``rows``) before it came."""
    above = f"{ABOVE} {_('Answer above this line: your answer goes to the customer')}"
    moments = Moments(now())
    url = f"{settings.BASE_URL}/tickets/{ticket.pk}/"
    title = f"{ticket.pk} · {ticket.subject or '—'}"
    said = _(
        "Your answer was not sent: new messages had come that you had not seen. Its text is your draft on the ticket."
    )
    again = _("Answer this mail, and it goes to the customer.")
    parts = [above, title, said, again]
    pieces = [f'<p style="{_QUIET}">{escape(above)}</p><p><b>{escape(title)}</b></p>']
    pieces.append(f"<p>{escape(said)}<br>{escape(again)}</p>")
    for row in rows:
        head = f"{row.author_name} · {moments.moment(row.created_at)}"
        words = _cut(row.visible_text or row.body_text) if with_texts else ""
        parts.append(f"{head}\n\n{words}" if words else head)
        pieces.append(f'<p style="{_QUIET}; margin: 16px 0 4px">{escape(head)}</p>{_paper(words)}')
    parts.append(f"{_('Open the ticket:')} {url}")
    pieces.append(f'<p style="margin-top: 20px"><a href="{escape(url)}">{escape(_("Open the ticket"))}</a></p>')
    subject = f"{subject_token(ticket.pk)} {ticket.subject}".strip()
    return Letter(subject, "\n\n".join(parts) + "\n", _page("".join(pieces)))


def digest(groups: Sequence[Sequence[Notification]]) -> Letter:
    """Return one mail about many tickets."""
    count = len(groups)
    subject = ngettext("News on %(count)s ticket", "News on %(count)s tickets", count) % {"count": count}
    moments = Moments(now())
    parts, pieces = [subject], [f"<p><b>{escape(subject)}</b></p>"]
    for rows in groups:
        ticket = rows[0].ticket
        url = f"{settings.BASE_URL}/tickets/{ticket.pk}/"
        title = f"{ticket.pk} · {ticket.subject or '—'}"
        lines = [
            " · ".join(part for part in (words_of(row), _who(row), moments.moment(row.made_at)) if part)
            for row in rows[-_LINES:]
        ]
        parts.append("\n".join([title, *(f"  {line}" for line in lines), f"  {url}"]))
        shown = "<br>".join(escape(line) for line in lines)
        pieces.append(
            f'<p style="margin: 16px 0 0"><a href="{escape(url)}">{escape(title)}</a></p>'
            f'<p style="{_QUIET}; margin: 2px 0 0">{shown}</p>'
        )
    parts.append(_rules_line())
    pieces.append(f'<p style="{_QUIET}; margin-top: 24px">{_rules_html()}</p>')
    return Letter(subject, "\n\n".join(parts) + "\n", _page("".join(pieces)))


def _who(row: Notification) -> str:
    if row.in_place_of is None:
        return row.who
    instead = _("instead of %(name)s") % {"name": row.in_place_of.name}
    return f"{row.who} · {instead}" if row.who else instead


def _cut(text: str) -> str:
    text = text.strip()
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rstrip()}…"


def _paper(words: str) -> str:
    lines = "<br>".join(escape(line) for line in words.splitlines())
    return f'<div style="padding: 8px 12px; border-left: 3px solid #cfcac2">{lines}</div>' if words else ""


def _rules_line() -> str:
    return f"{_('What you are told, and how:')} {settings.BASE_URL}/profile/notifications/"


def _rules_html() -> str:
    url = escape(f"{settings.BASE_URL}/profile/notifications/")
    return f'<a style="color: inherit" href="{url}">{escape(_("What you are told, and how"))}</a>'


def _page(body: str) -> str:
    return _PAGE.format(language=(get_language() or "ru")[:2], body=body)
