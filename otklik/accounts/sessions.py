"""Sessions in the database, read by a query that is worded once: it stands before every page.

The row also says whose session it is and which device it came from, so that a person can look at his own and end them.
"""

from datetime import timedelta
from typing import Any, Final, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.http import HttpRequest

from otklik.accounts.models import Session
from otklik.core.clock import now
from otklik.core.db.outages import left_out_in_outages
from otklik.core.prepared import Prepared

SEEN_EVERY: Final = timedelta(minutes=10)
"""How exact "last seen" is: a page writes it at most this often."""
_by_key: Final = Prepared(lambda key: Session.objects.filter(session_key=key))


class SessionStore(DatabaseStore):
    """Django's store of sessions over rows of our own."""

    row: Session | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Keep sessions in our table."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Return the row to save, with its owner and what was known of its device."""
        made = cast(Session, super().create_model_instance(data))
        made.user_id = int(data[SESSION_KEY]) if data.get(SESSION_KEY) else None
        kept = self.row if self.row is not None and self.row.session_key == made.session_key else None
        if kept is not None and kept.user_id == made.user_id:
            made.device, made.address = kept.device, kept.address
            made.created_at, made.seen_at = kept.created_at, kept.seen_at
        else:
            made.created_at = made.seen_at = now()
        return made

    def _get_session_from_db(self) -> Session | None:
        """Return the row of a session that has not run out; forget a key that leads to none."""
        rows = _by_key(self.session_key) if self.session_key else []
        if rows and rows[0].expire_date > now():
            self.row = rows[0]
            return rows[0]
        self._session_key = None
        return None


def mark_seen(request: HttpRequest) -> None:
    """Write down when and from where the session of a signed-in person was used: at most every ten minutes."""
    row: Session | None = getattr(request.session, "row", None)
    if row is None or row.user_id is None:
        return
    at = now()
    if row.device and row.seen_at is not None and at - row.seen_at < SEEN_EVERY:
        return
    row.device = request.META.get("HTTP_USER_AGENT", "")[:300] or "?"
    row.address, row.seen_at = request.META.get("REMOTE_ADDR", "")[:45], at
    changed = {"device": row.device, "address": row.address, "seen_at": at}
    with left_out_in_outages():
        Session.objects.filter(session_key=row.session_key).update(**changed)
