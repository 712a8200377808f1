"""What a push message says: the newest of one ticket, or how many tickets have news."""

import json
from collections.abc import Sequence

from django.utils.translation import ngettext

from otklik.notifications.models import Notification
from otklik.notifications.presenters import words_of

_SUBJECT, _BODY = 120, 240


def payload_of(rows: Sequence[Notification]) -> bytes:
    """Return the message about notifications, newest last, in the active language: title, body, place, tag.

    No texts of messages: a phone shows it on its lock screen.
    """
    tickets = list(dict.fromkeys(row.ticket_id for row in rows))
    newest = rows[-1]
    if len(tickets) == 1:
        line = " · ".join(part for part in (words_of(newest), newest.who) if part)
        more = len(rows) - 1
        if more:
            line += " " + ngettext("and %(count)s more", "and %(count)s more", more) % {"count": more}
        value = {
            "title": f"{newest.ticket_id} · {newest.ticket.subject or '—'}"[:_SUBJECT], "body": line[:_BODY],
            "url": f"/tickets/{newest.ticket_id}/", "tag": f"ticket-{newest.ticket_id}",
        }  # fmt: skip
    else:
        count = len(tickets)
        title = ngettext("News on %(count)s ticket", "News on %(count)s tickets", count) % {"count": count}
        body = ", ".join(str(number) for number in tickets[:8])
        value = {"title": title, "body": body, "url": "/notifications/", "tag": "many"}
    return json.dumps(value, ensure_ascii=False).encode()
