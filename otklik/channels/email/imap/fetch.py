"""Bringing a folder's mails home: the difference between its UIDs and our rows, oldest first, in small durable steps.

A mail is touched on the server only after its bytes are committed here. One that cannot be had stops nothing: it is
tried three times and then stands in the ledger as not fetched.
"""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from otklik.channels.email.imap.client import ImapFolder, Listed, Refused
from otklik.channels.email.imap.count import note_count
from otklik.channels.email.mailbox import DELETE, MOVE, SEEN, MailboxConfig
from otklik.channels.email.models import ImapMessage, InboundState, Source
from otklik.channels.email.store import RawMail, Stored, store_raw
from otklik.core.clock import now
from otklik.core.settings_store import get

log = logging.getLogger(__name__)

STORED, REFUSED, BROKEN = "stored", "refused", "broken"
GROUP = 25
GROUP_BYTES = 4 * 1024 * 1024
LIST = 500
MOST_ATTEMPTS = 3
COUNT_EVERY = 300.0  # seconds between two comparisons of the folder with the ledger


class Fetcher:
    """Fetches one folder of one channel over an open connection."""

    def __init__(self, channel_id: int, settings: MailboxConfig, folder: ImapFolder) -> None:
        self.channel_id = channel_id
        self.settings = settings
        self.folder = folder
        self._known: set[int] | None = None
        self._counted = float("-inf")

    def round(self, go_on: Callable[[], bool] = lambda: True) -> int:
        """Fetch everything that is new, do on the server what is due, and return how many mails came.

        ``go_on`` is asked between small steps: it renews the lease and says whether to stop. Raises ``ImapError`` and
        ``StoreUnavailable``; what was stored until then is safe and the rest is fetched next time.
        """
        uids = self.folder.uids()
        fresh = self._fresh(uids)
        count = 0
        for start in range(0, len(fresh), LIST):
            listed = self.folder.listed(fresh[start : start + LIST])
            for group in self._groups([listed[uid] for uid in fresh[start : start + LIST] if uid in listed]):
                count += self._bring(group)
                if not go_on():
                    return count
        self._count(uids)
        self._afterwards(go_on)
        return count

    def _count(self, uids: Sequence[int]) -> None:
        """Now and then keep how the folder compares with the ledger."""
        if time.monotonic() - self._counted >= COUNT_EVERY:
            note_count(self.channel_id, self.settings, self.folder.uidvalidity, uids)
            self._counted = time.monotonic()

    def _fresh(self, uids: Sequence[int]) -> list[int]:
        if self._known is None:
            rows = self._rows().exclude(state=BROKEN, attempts__lt=MOST_ATTEMPTS)
            self._known = set(rows.values_list("uid", flat=True))
        return [uid for uid in uids if uid not in self._known]

    def _rows(self):  # type: ignore[no-untyped-def]
        return ImapMessage.objects.filter(
            channel_id=self.channel_id, folder=self.settings.folder, uidvalidity=self.folder.uidvalidity
        )

    def _groups(self, listed: Sequence[Listed]) -> list[list[Listed]]:
        groups: list[list[Listed]] = []
        size = 0
        for item in listed:
            if not groups or len(groups[-1]) >= GROUP or size + item.size > GROUP_BYTES:
                groups.append([])
                size = 0
            groups[-1].append(item)
            size += item.size
        return groups

    def _bring(self, group: Sequence[Listed]) -> int:
        largest = int(get("mail_most_size_mb")) * 1024 * 1024
        small = [item for item in group if item.size <= largest]
        large = [item for item in group if item.size > largest]
        count = self._store(small, self._bodies(small), {}, STORED)
        if large:
            heads = self.folder.heads([item.uid for item in large])
            count += self._store(large, heads, {"oversize": True}, REFUSED)
        return count

    def _bodies(self, items: Sequence[Listed]) -> dict[int, bytes]:
        """Fetch a group at once; when the server fails on it, one by one, so that only the bad one is left out."""
        if not items:
            return {}
        try:
            return self.folder.bodies([item.uid for item in items])
        except Refused:
            found: dict[int, bytes] = {}
            for item in items:
                try:
                    found |= self.folder.bodies([item.uid])
                except Refused as error:
                    self._not_fetched(item, error)
            return found

    def _store(self, items: Sequence[Listed], raws: dict[int, bytes], told: dict[str, object], state: str) -> int:
        got = [item for item in items if item.uid in raws]
        if not got:
            return 0
        stored = store_raw([self._mail(item, raws[item.uid], told) for item in got])
        self._remember(got, stored, state)
        return len(got)

    def _mail(self, item: Listed, raw: bytes, told: dict[str, object]) -> RawMail:
        envelope: dict[str, object] = {
            "folder": self.settings.folder, "uid": item.uid, "uidvalidity": self.folder.uidvalidity, **told
        }  # fmt: skip
        if item.internaldate is not None:
            envelope["internaldate"] = item.internaldate.isoformat()
        if told:
            envelope["size"] = item.size
        return RawMail(self.channel_id, raw, Source.IMAP, envelope)

    def _remember(self, items: Sequence[Listed], stored: Sequence[Stored], state: str) -> None:
        wants_mark = self.settings.after_import in {SEEN, MOVE} and state == STORED
        ImapMessage.objects.bulk_create(
            [
                self._row(item, state, inbound_id=entry.id, after_done=not wants_mark)
                for item, entry in zip(items, stored, strict=True)
            ],
            ignore_conflicts=True,
        )
        broken = [item.uid for item in items]
        self._rows().filter(uid__in=broken, state=BROKEN).update(state=state)
        assert self._known is not None
        self._known.update(broken)

    def _row(
        self, item: Listed, state: str, *, inbound_id: int | None, after_done: bool, attempts: int = 0
    ) -> ImapMessage:
        return ImapMessage(
            channel_id=self.channel_id,
            folder=self.settings.folder,
            uidvalidity=self.folder.uidvalidity,
            uid=item.uid,
            state=state,
            inbound_id=inbound_id,
            size=item.size,
            attempts=attempts,
            seen_at=now(),
            after_done=after_done,
        )

    def _not_fetched(self, item: Listed, error: Refused) -> None:
        """Count a failed fetch; after the third the mail stands in the ledger as not fetched."""
        log.warning("message %d of channel %d cannot be fetched: %s", item.uid, self.channel_id, error.detail)
        row = self._rows().filter(uid=item.uid).first()
        if row is None:
            row = self._row(item, BROKEN, inbound_id=None, after_done=True)
        row.attempts += 1
        if row.attempts >= MOST_ATTEMPTS:
            name = f"{self.settings.folder}/{self.folder.uidvalidity}/{item.uid}"
            raw = f"Subject: {name}\r\n\r\n".encode()
            stored = store_raw([self._mail(item, raw, {"unfetched": True})])
            row.inbound_id = stored[0].id
            assert self._known is not None
            self._known.add(item.uid)
        row.save()

    def _afterwards(self, go_on: Callable[[], bool]) -> None:
        """Do on the server what the settings want; a server that says no is left in peace until next time."""
        after = self.settings.after_import
        try:
            if after in {SEEN, MOVE}:
                self._mark(go_on)
            elif after == DELETE:
                self._delete_old(go_on)
        except Refused as error:
            log.info("channel %d: the server refused a change: %s", self.channel_id, error.detail)

    def _mark(self, go_on: Callable[[], bool]) -> None:
        while go_on():
            rows = list(self._rows().filter(state=STORED, after_done=False).order_by("uid")[:LIST])
            if not rows:
                return
            uids = [row.uid for row in rows]
            if self.settings.after_import == SEEN:
                self.folder.mark_seen(uids)
            else:
                self.folder.move(uids, self.settings.move_to or "Otklik")
            ImapMessage.objects.filter(pk__in=[row.pk for row in rows]).update(after_done=True)

    def _delete_old(self, go_on: Callable[[], bool]) -> None:
        """Delete what has been ours for so many days and has come to an end; never what failed or still waits."""
        old = now() - timedelta(days=self.settings.delete_after_days)
        ended = (InboundState.TICKET, InboundState.MESSAGE, InboundState.IGNORED)
        rows = self._rows().filter(state=STORED, seen_at__lt=old, inbound__state__in=ended).order_by("uid")
        there = set(self.folder.uids())
        uids = [uid for uid in rows.values_list("uid", flat=True) if uid in there]
        for start in range(0, len(uids), LIST):
            if not go_on():
                return
            self.folder.delete(uids[start : start + LIST])
