"""A lone mail in one commit: its raw copy and what becomes of it, so that its ``250`` tells of a finished ticket.

What cannot go so goes the usual way, raw copy first: nothing of the attempt is kept then, and nobody was told anything.
"""

import logging

from django.db import DatabaseError, transaction

from otklik.channels.email.actions.finishing import write
from otklik.channels.email.ahead import Read
from otklik.channels.email.backlog import backlog
from otklik.channels.email.files_ahead import prepare_all
from otklik.channels.email.fingerprint import fingerprint
from otklik.channels.email.intake import begin, judge
from otklik.channels.email.store import RawMail, Stored, store_in
from otklik.core.cached import kept_for
from otklik.core.engine import others

log = logging.getLogger(__name__)


def take_at_once(mail: RawMail, read: Read) -> Stored | None:
    """Store a mail that was read already and bring it to its end, in one transaction; a repeat is counted.

    Returns None when that cannot be: no intake here, or one that must be careful, or an error of any kind. Then nothing
    was kept; the usual way stores the mail first, and counts and words what went wrong.
    """
    worker = backlog.worker
    if not worker or _others()[0]:
        return None
    try:
        marks, blobs = [fingerprint(mail.raw)], prepare_all([mail.raw])
        with transaction.atomic():
            (stored,), fresh = store_in([mail], marks, blobs, worker)
            for made in fresh:
                case = begin(made.row, read.reading, read.files)
                write([case], judge([case]))
    except Exception as error:
        level = logging.INFO if isinstance(error, OSError | DatabaseError) else logging.WARNING
        log.log(level, "a lone mail goes the usual way (%s)", type(error).__name__)
        return None
    return stored


@kept_for(5.0, "other intakes")
def _others() -> tuple[bool]:
    """Tell whether another process has or had an intake: one that died may have died of a mail, which comes again.

    A mail that kills is found out because its raw copy stays and counts; so for the hour that the dead are remembered,
    each is stored first.
    """
    return (others("intake"),)
