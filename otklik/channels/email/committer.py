"""One thread that makes mails durable in groups: what arrives within three milliseconds shares a commit."""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from django.db import close_old_connections, connections

from otklik.channels.email.store import RawMail, Stored, StoreUnavailable, store_raw

log = logging.getLogger(__name__)

WINDOW = 0.003
MOST = 64
MOST_BYTES = 32 * 1024 * 1024


@dataclass(slots=True)
class Job:
    """Mails to store, or a small piece of work to do between groups."""

    future: Future[Any]
    items: Sequence[RawMail] = ()
    work: Callable[[], Any] | None = None

    def answer(self, result: Any = None, error: Exception | None = None) -> None:
        """Tell the waiting session, unless it has gone."""
        if not self.future.set_running_or_notify_cancel():
            return
        if error is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(result)

    def run(self) -> None:
        """Do the piece of work and answer."""
        assert self.work is not None
        try:
            result = self.work()
        except Exception as error:
            self.answer(error=error)
        else:
            self.answer(result)


class Committer:
    """Takes mails from many sessions, stores them together, and answers each when its mails are durable.

    ``crowded`` tells whether more mails are on their way; a lone mail is committed at once, without the window.
    """

    def __init__(self, crowded: Callable[[], bool] = lambda: False) -> None:
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._crowded = crowded
        self._thread = threading.Thread(target=self._run, name="mail-store", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Store what was handed in and end the thread."""
        self._jobs.put(None)
        self._thread.join(30)

    async def store(self, items: Sequence[RawMail]) -> list[Stored]:
        """Store mails from an event loop; raises ``StoreUnavailable``."""
        future: Future[list[Stored]] = Future()
        self._jobs.put(Job(future, items))
        return await asyncio.wrap_future(future)

    def call[T](self, work: Callable[[], T]) -> Future[T]:
        """Run a small database job in the store's thread, between groups."""
        future: Future[T] = Future()
        self._jobs.put(Job(future, work=work))
        return future

    def _run(self) -> None:
        try:
            while (group := self._collect()) is not None:
                if group:
                    close_old_connections()
                    self._commit(group)
        finally:
            connections.close_all()

    def _collect(self) -> list[Job] | None:
        job = self._jobs.get()
        if job is None:
            return None
        group: list[Job] = []
        until = time.monotonic() + WINDOW
        mails = size = 0
        while True:
            if job is None:
                self._jobs.put(None)
                return group
            if job.work is not None:
                close_old_connections()
                job.run()
            else:
                group.append(job)
                mails += len(job.items)
                size += sum(len(item.raw) for item in job.items)
            if mails >= MOST or size >= MOST_BYTES:
                return group
            left = until - time.monotonic() if group and self._crowded() else 0
            try:
                job = self._jobs.get(timeout=left) if left > 0 else self._jobs.get_nowait()
            except queue.Empty:
                return group

    def _commit(self, group: list[Job]) -> None:
        items = [item for job in group for item in job.items]
        try:
            stored = store_raw(items)
        except StoreUnavailable as error:
            if len(group) > 1:
                for job in group:  # one mail that cannot be stored must not refuse its neighbours
                    self._commit([job])
                return
            log.error("mail could not be stored: %s", error)
            group[0].answer(error=error)
            return
        except Exception as error:
            log.exception("storing mail failed")
            for job in group:
                job.answer(error=StoreUnavailable(type(error).__name__))
            return
        place = 0
        for job in group:
            job.answer(stored[place : place + len(job.items)])
            place += len(job.items)
