"""Sessions in the database, read by a query that is worded once: it stands before every page."""

from typing import Final

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session

from otklik.core.clock import now
from otklik.core.prepared import Prepared

_by_key: Final = Prepared(lambda key: Session.objects.filter(session_key=key))


class SessionStore(DatabaseStore):
    """Django's store of sessions."""

    def _get_session_from_db(self) -> Session | None:
        """Return the row of a session that has not run out; forget a key that leads to none."""
        rows = _by_key(self.session_key) if self.session_key else []
        if rows and rows[0].expire_date > now():
            return rows[0]
        self._session_key = None
        return None
