"""Bringing a folder's mails home: the difference between its UIDs and our rows, oldest first, in small durable steps.

A mail is touched on the server only after its bytes are committed here. One that cannot be had stops nothing: it is
tried three times and then stands in the ledger as not fetched. When the connection ends in the middle, all mails that
were in hand are noted, because any of them may be the reason: from then on each of them is asked for alone.
"""

import logging
import time
from collections.abc import Callable, Sequence, Set
from datetime import timedelta

from django.db.models import Max

from otklik.channels.email.imap.answers import Listed
from otklik.channels.email.imap.client import ImapFolder
from otklik.channels.email.imap.count import note_count
from otklik.channels.email.imap.errors import ImapError, Refused
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
        self._broken: dict[int, int] = {}  # how often those that we do not have yet could not be had
        self._counted = float("-inf")

    def round(self, go_on: Callable[[], bool] = lambda: True) -> int:
        """Fetch everything that is new, do on the server what is due, and return how many mails came.

        ``go_on`` is asked between small steps: it renews the lease and says whether to stop. Raises ``ImapError`` and
        ``StoreUnavailable``; what was stored until then is safe and the rest is fetched next time.
        """
        uids = self.folder.uids()
        count = 0
        fresh = self._fresh(uids)
        self._forget(self._broken.keys() - set(uids))
        for part in self._parts(fresh):
            for group in self._groups(self._listed(part)):
                count += self._bring(group)
                if not go_on():
                    return count
        self._count(uids)
        self._afterwards(go_on, set(uids))
        return count

    def _count(self, uids: Sequence[int]) -> None:
        """Now and then keep how the folder compares with the ledger."""
        if time.monotonic() - self._counted >= COUNT_EVERY:
            note_count(self.channel_id, self.settings, self.folder.uidvalidity, uids)
            self._counted = time.monotonic()

    def _fresh(self, uids: Sequence[int]) -> list[int]:
        if self._known is None:
            self._distrust(uids)
            trying = self._rows().filter(state=BROKEN, attempts__lt=MOST_ATTEMPTS)
            self._broken = dict(trying.values_list("uid", "attempts"))
            self._known = set(self._rows().values_list("uid", flat=True)) - self._broken.keys()
        return [uid for uid in uids if uid not in self._known]

    def _distrust(self, uids: Sequence[int]) -> None:
        """Forget our rows when the server numbers from the beginning without another UIDVALIDITY, as after a restore.

        Its numbers then name other mails than ours did. What we have is recognised when it comes again.
        """
        highest = self._rows().aggregate(n=Max("uid"))["n"] or 0
        if self.folder.uidnext and max(self.folder.uidnext - 1, *uids, 0) < highest:
            log.warning("channel %d: its server numbers mail anew; everything is looked at again", self.channel_id)
            self._rows().delete()

    def _parts(self, uids: Sequence[int]) -> list[list[int]]:
        """Split UIDs into those that are asked for together: what could not be had once goes alone, twice also last."""
        parts: list[list[int]] = [[]]
        last: list[list[int]] = []
        for uid in uids:
            attempts = self._broken.get(uid, 0)
            if attempts > 1:
                last.append([uid])
            elif attempts:
                parts += [[uid], []]
            elif len(parts[-1]) < LIST:
                parts[-1].append(uid)
            else:
                parts.append([uid])
        return [part for part in parts if part] + last

    def _listed(self, uids: Sequence[int]) -> list[Listed]:
        listed = self._had([Listed(uid, 0, None) for uid in uids], self.folder.listed)
        return [listed[uid] for uid in uids if uid in listed]

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
        count = self._store(small, self._had(small, self.folder.bodies), {}, STORED)
        return count + self._store(large, self._had(large, self.folder.heads), {"oversize": True}, REFUSED)

    def _had[T](self, items: Sequence[Listed], ask: Callable[[list[int]], dict[int, T]]) -> dict[int, T]:
        """Ask for a group at once; when the server fails on it, one by one, so that only the bad one is left out."""
        if not items:
            return {}
        try:
            found = ask([item.uid for item in items])
        except Refused as error:
            if len(items) == 1:
                self._missed(items, error)
                return {}
            found = {}
            for item in items:
                found |= self._had([item], ask)
            return found
        except ImapError as error:
            self._note_break(items, error)
            raise
        self._missed([item for item in items if item.uid not in found], ImapError("empty"))
        return found

    def _missed(self, items: Sequence[Listed], error: ImapError) -> None:
        """Count what could not be had, and forget what somebody took out of the folder since it was listed."""
        if not items:
            return
        uids = {item.uid for item in items}
        try:
            there = self.folder.present(sorted(uids))
        except Refused:
            there = uids
        self._forget(uids - there)
        for item in items:
            if item.uid in there:
                self._not_fetched(item, error)

    def _forget(self, gone: Set[int]) -> None:
        """Drop what we noted of mails that went away before we had them; what was given up stands in the ledger."""
        noted = gone & self._broken.keys()
        if noted:
            self._rows().filter(uid__in=noted, state=BROKEN, attempts__lt=MOST_ATTEMPTS).delete()
        for uid in noted:
            del self._broken[uid]

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
        for item, entry in zip(items, stored, strict=True):
            if self._broken.pop(item.uid, 0):
                self._rows().filter(uid=item.uid, state=BROKEN).update(
                    state=state, inbound_id=entry.id, size=item.size, seen_at=now(), after_done=not wants_mark
                )
        assert self._known is not None
        self._known.update(item.uid for item in items)

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

    def _note_break(self, items: Sequence[Listed], error: ImapError) -> None:
        """Keep which mails were in hand when the connection ended; a lone one is counted as not had."""
        if len(items) == 1:
            self._not_fetched(items[0], error)
            return
        rows = [self._row(item, BROKEN, inbound_id=None, after_done=True, attempts=1) for item in items]
        ImapMessage.objects.bulk_create(rows, ignore_conflicts=True)

    def _not_fetched(self, item: Listed, error: ImapError) -> None:
        """Count a failed fetch; after the third the mail stands in the ledger as not fetched, with the last reason."""
        log.warning(
            "message %d of channel %d cannot be fetched: %s %s", item.uid, self.channel_id, error.code, error.detail
        )
        row = self._rows().filter(uid=item.uid).first()
        if row is None:
            row = self._row(item, BROKEN, inbound_id=None, after_done=True)
        if row.state != BROKEN:
            return  # another process had it meanwhile
        row.attempts += 1
        if row.attempts >= MOST_ATTEMPTS:
            name = f"{self.settings.folder}/{self.folder.uidvalidity}/{item.uid}"
            raw = f"Subject: {name}\r\n\r\n".encode()
            stored = store_raw([self._mail(item, raw, {"unfetched": error.code})])
            row.inbound_id = stored[0].id
            assert self._known is not None
            self._known.add(item.uid)
        row.save()
        self._broken[item.uid] = row.attempts

    def _afterwards(self, go_on: Callable[[], bool], there: Set[int]) -> None:
        """Do on the server what the settings want; a server that says no is left in peace until next time."""
        after = self.settings.after_import
        try:
            if after in {SEEN, MOVE}:
                self._mark(go_on, there)
            elif after == DELETE:
                self._delete_old(go_on)
        except Refused as error:
            log.info("channel %d: the server refused a change: %s", self.channel_id, error.detail)

    def _mark(self, go_on: Callable[[], bool], there: Set[int]) -> None:
        """Mark or move what is ours; what is not there any more was moved before its answer reached us, or is gone."""
        while go_on():
            rows = list(self._rows().filter(state=STORED, after_done=False).order_by("uid")[:LIST])
            if not rows:
                return
            uids = [row.uid for row in rows if row.uid in there]
            if not uids:
                pass
            elif self.settings.after_import == SEEN:
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
