"""The one reader of a web process: reads what changed once and hands it to every stream that may know it.

A thread of its own, woken by the bell, with the only database connection that streams use. It starts with the first
stream. What it knows goes to the event loop in one call for all streams; nothing waits for a slow browser, because each
stream only gathers what it has not sent yet.
"""

import asyncio
import logging
import os
import queue
import threading
import time
from collections.abc import Iterable
from functools import partial

from django.db import connections

from otklik.accounts.web import Reader, no_longer, reader_of
from otklik.core.actor import Actor
from otklik.core.engine.bell import listen, ring, wait_for_wake
from otklik.core.events import Live, last_seq, live_after
from otklik.desk.counting import BELL as BELL_COUNTER
from otklik.desk.counting import counters_of_many, shown
from otklik.desk.streams.asking import Opening, Refused, fail, in_loop
from otklik.desk.streams.news import MOST, News, changed, moved_away, others_at
from otklik.desk.streams.stream import Stream
from otklik.notifications.queries import fresh_unread_numbers
from otklik.presence.queries import Here, everybody_here
from otklik.tickets.queries import sees_all, visible_numbers

log = logging.getLogger(__name__)

BELL = "live"
TICKET = 1
MOST_STREAMS = 2000  # of one process
MOST_OF_ONE = 24  # of one person: browsers share one between their tabs
RECHECK = 3.0  # seconds between two looks at the rights of all readers
RECOUNT = 1.0  # seconds between two countings of the folders
RELOOK = 0.5  # seconds between two looks at who is present
_AT_ONCE = 50  # readers counted before news are looked at again
_FEW = 10  # readers whose counters go out together with the tickets; with more the tickets do not wait for them
_READ = 500
_IDLE = 60.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 15.0


class Hub:
    """All streams of this process. Its public methods are called from the event loop."""

    def __init__(self) -> None:
        self.told = 0
        """The place up to which every stream was told; changed in the event loop, in the order of the news."""
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._pid = 0
        self._forget()

    def _forget(self) -> None:
        self._asked: queue.SimpleQueue[Opening | Stream] = queue.SimpleQueue()
        self._streams: dict[Stream, None] = {}
        self._place: int | None = None
        self._gathered: dict[Stream, News] = {}
        self._uncounted: dict[Actor, None] = {}
        self._counted_at = self._checked_at = self._looked_at = 0.0
        self._here: Here = {}
        self._ending = self._unlooked = False

    async def open(self, session_key: str, since: int | None, loop: asyncio.AbstractEventLoop) -> Stream:
        """Return a stream that already holds what changed after ``since``. Raises ``Refused``."""
        answer: asyncio.Future[Stream] = loop.create_future()
        self._start()
        self._asked.put(Opening(session_key, since, loop, answer))
        ring(BELL)
        return await answer

    def leave(self, stream: Stream) -> None:
        """Forget a stream that is over."""
        self._asked.put(stream)  # no ring: it is enough to know it at the next turn

    def end_all(self) -> None:
        """End every stream, because this process ends; new ones are refused."""
        self._ending = True
        ring(BELL)

    def _start(self) -> None:
        with self._lock:
            if self._pid == os.getpid() and self._thread is not None and self._thread.is_alive():
                return
            if self._pid != os.getpid():
                self._forget()  # of the process we were forked from
            self._pid = os.getpid()
            listen()
            self._thread = threading.Thread(target=self._run, name="otklik-live", daemon=True)
            self._thread.start()

    # from here on: the thread of the hub

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                self._turn()
                pause = _FIRST_PAUSE
            except Exception:
                log.exception("Reading the live feed failed; trying again in %.1f s.", pause)
                connections.close_all()
                self._let_in_and_out(closed=True)
                if (
                    pause > _FIRST_PAUSE
                ):  # again: whoever comes back is refused, and his page says that it hears nothing
                    self._end(self._streams, "away")
                time.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            wait_for_wake(BELL, self._rest())

    def _rest(self) -> float:
        if not self._streams:
            return _IDLE
        due = self._checked_at + RECHECK
        if self._uncounted:
            due = min(due, self._counted_at + RECOUNT)
        if self._unlooked:
            due = min(due, self._looked_at + RELOOK)
        return max(0.0, due - time.monotonic())

    def _turn(self) -> None:
        """Tell what is new, look at the rights when it is time, then let in and out who waits."""
        if self._ending:
            self._end(self._streams, "restart")
        if self._streams:
            self._read_changes()
            if len(self._uncounted) > _FEW:
                self._send()
            if self._uncounted and time.monotonic() >= self._counted_at + RECOUNT:
                self._recount()
            self._unlooked = time.monotonic() < self._looked_at + RELOOK
            if not self._unlooked:
                self._look_who_is_here()
                self._look_at_bells()
            self._send()
            if time.monotonic() >= self._checked_at + RECHECK:
                self._recheck()
        else:
            self._place = None
        self._let_in_and_out()

    def _read_changes(self) -> None:
        assert self._place is not None
        while True:
            part = live_after(self._place, limit=_READ)
            if part.lost:  # the feed is another one: a backup was restored under our feet
                self._place = last_seq()
                self._gather((stream, News(reset=True)) for stream in self._streams)
                return
            if not part.rows:
                return
            self._gather(self._news_of(part.rows))
            self._place = part.rows[-1].seq  # only now: what failed is read again
            self._uncounted |= dict.fromkeys(stream.reader.actor for stream in self._streams)

    def _news_of(self, rows: list[Live]) -> Iterable[tuple[Stream, News]]:
        """Return the news for each stream, by what its reader may see."""
        tickets = {row.subject_id for row in rows if row.subject_kind == TICKET}
        if len(tickets) > MOST:
            return [(stream, News(reset=True)) for stream in self._streams]
        seen = visible_numbers({stream.reader.actor for stream in self._streams}, tickets)
        gone = moved_away(rows)
        return [(stream, _for_reader(stream.reader.actor, seen[stream.reader.actor], gone)) for stream in self._streams]

    def _recount(self) -> None:
        here = {stream.reader.actor for stream in self._streams}
        self._uncounted = {actor: None for actor in self._uncounted if actor in here}
        actors = list(self._uncounted)[:_AT_ONCE]
        counters = counters_of_many(actors)
        for actor in actors:
            del self._uncounted[actor]
        if not self._uncounted:
            self._counted_at = time.monotonic()
        for stream in self._streams:
            values = counters.get(stream.reader.actor, stream.counters)
            if values != stream.counters:
                stream.counters = values
                self._gather([(stream, News(counters=values))])

    def _look_who_is_here(self) -> None:
        here = everybody_here()
        self._looked_at = time.monotonic()
        if here == self._here:
            return
        self._here = here
        seen = visible_numbers({stream.reader.actor for stream in self._streams}, here.keys())
        for stream in self._streams:
            present = others_at(here, seen[stream.reader.actor], stream.reader.user_id)
            if present != stream.presence:
                stream.presence = present
                self._gather([(stream, News(presence=present))])

    def _look_at_bells(self) -> None:
        """Tell the numbers of unread notifications where they changed: one small read for everybody."""
        numbers = fresh_unread_numbers()
        for stream in self._streams:
            value = shown(numbers.get(stream.reader.user_id))
            if value != stream.counters.get(BELL_COUNTER):
                stream.counters = stream.counters | {BELL_COUNTER: value}
                self._gather([(stream, News(counters=stream.counters))])

    def _gather(self, items: Iterable[tuple[Stream, News]]) -> None:
        for stream, news in items:
            if news:
                self._gathered.setdefault(stream, News()).add(news)

    def _recheck(self) -> None:
        gone = no_longer({stream.reader for stream in self._streams})
        self._end([stream for stream in self._streams if stream.reader in gone], "rights")
        self._checked_at = time.monotonic()

    def _end(self, streams: Iterable[Stream], why: str) -> None:
        for stream in list(streams):
            self._streams.pop(stream, None)
            in_loop(stream.loop, partial(stream.end, why))

    def _let_in_and_out(self, *, closed: bool = False) -> None:
        while True:
            try:
                item = self._asked.get_nowait()
            except queue.Empty:
                return
            if isinstance(item, Stream):
                self._streams.pop(item, None)
                continue
            try:
                if closed:
                    raise Refused(503)
                self._let_in(item)
            except Exception as error:
                refused = error if isinstance(error, Refused) else Refused(503)
                in_loop(item.loop, partial(fail, item.answer, refused))
                if refused is not error:
                    raise

    def _let_in(self, asked: Opening) -> None:
        if self._ending or len(self._streams) >= MOST_STREAMS:
            raise Refused(503)
        reader = reader_of(asked.session_key)
        if reader is None:
            raise Refused(401)
        if sum(stream.reader.user_id == reader.user_id for stream in self._streams) >= MOST_OF_ONE:
            raise Refused(503)
        if self._place is None:
            self._place = last_seq()
        elif asked.since is not None and asked.since > self._place:  # told by another process that read on already
            self._read_changes()
            self._send()
        first = self._missed(reader, asked.since)
        stream, place = Stream(reader, asked.loop), self._place
        stream.counters = counters_of_many([reader.actor])[reader.actor]
        if self._here:
            seen = visible_numbers({reader.actor}, self._here.keys())
            stream.presence = others_at(self._here, seen[reader.actor], reader.user_id)
        first.add(News(counters=stream.counters, presence=stream.presence or None))
        self._streams[stream] = None

        def begin() -> None:
            self.told = place
            stream.tell(first)
            if asked.answer.cancelled():
                self.leave(stream)
            else:
                asked.answer.set_result(stream)

        in_loop(asked.loop, begin)

    def _missed(self, reader: Reader, since: int | None) -> News:
        """Return what the reader missed between ``since`` and the place of the hub."""
        assert self._place is not None
        if since is None or since == self._place:
            return News()
        part = live_after(since, limit=_READ)
        rows = [row for row in part.rows if row.seq <= self._place]
        tickets = {row.subject_id for row in rows if row.subject_kind == TICKET}
        if part.lost or len(tickets) > MOST or len(part.rows) == _READ:
            return News(reset=True)
        return _for_reader(reader.actor, visible_numbers({reader.actor}, tickets)[reader.actor], moved_away(rows))

    def _send(self) -> None:
        """Hand what was gathered to the streams and move the place of all, in one call for each event loop."""
        gathered, self._gathered = self._gathered, {}
        for loop in {stream.loop for stream in self._streams}:
            in_loop(loop, partial(self._deliver, gathered, loop, self._place))

    def _deliver(self, news: dict[Stream, News], loop: asyncio.AbstractEventLoop, place: int | None) -> None:
        for stream, item in news.items():
            if stream.loop is loop:
                stream.tell(item)
        if place is not None:
            self.told = place


def _for_reader(actor: Actor, seen: set[int], moved: set[int]) -> News:
    """Return the news of changed tickets for a reader from whom some of them may be hidden since."""
    return changed(seen, moved=not moved <= seen and not sees_all(actor))


the_hub = Hub()
