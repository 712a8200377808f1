"""The ledger beside the server: what a folder holds there, and what became of each of these mails here."""

from collections.abc import Iterable
from datetime import timedelta

from otklik.channels.email.mailbox import DELETE, MOVE, MailboxConfig
from otklik.channels.email.models import FolderCount, ImapMessage
from otklik.core.clock import now

STORED, REFUSED = "stored", "refused"


def note_count(channel_id: int, settings: MailboxConfig, uidvalidity: int, uids: Iterable[int]) -> FolderCount:
    """Compare the UIDs that the server has just listed with our rows, keep the result and return it.

    Two statements, one of which reads a row for each mail of the folder: the caller does it every few minutes.
    """
    at, there = now(), set(uids)
    found = {"received": 0, "left": 0, "vanished": 0}
    rows = ImapMessage.objects.filter(channel_id=channel_id, folder=settings.folder, uidvalidity=uidvalidity)
    ours_since = at - timedelta(days=settings.delete_after_days)
    for uid, state, after_done, seen_at in rows.values_list("uid", "state", "after_done", "seen_at").iterator():
        if uid in there:
            found["received"] += state == STORED
            found["left"] += state == REFUSED
        elif state == STORED:
            taken = (settings.after_import == MOVE and after_done) or (
                settings.after_import == DELETE and seen_at < ours_since
            )
            found["vanished"] += not taken
    unfetched = len(there) - found["received"] - found["left"]
    values = {"at": at, "folder": settings.folder, "there": len(there), "unfetched": unfetched, **found}
    return FolderCount.objects.update_or_create(channel_id=channel_id, defaults=values)[0]
