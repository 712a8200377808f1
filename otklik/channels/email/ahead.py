"""Reading a mail while its raw copy is being made durable: a lone mail is understood by the time its ``250`` is out.

What is read here counts for nothing until the mail is committed: it travels with the mail through the store, which
hands both to intake after the commit and drops both when it fails. Files that were brought to the disk for a mail that
never was are swept like any file that no row names.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from otklik.channels.email.backlog import backlog
from otklik.channels.email.files_ahead import prepare_all
from otklik.channels.email.reading import Reading
from otklik.core.blobs import Prepared

log = logging.getLogger(__name__)

type Reader = Callable[[Sequence[bytes]], Sequence[Reading | Exception]]


@dataclass(frozen=True, slots=True)
class Read:
    """What was understood of a mail; its files are safe on the disk."""

    reading: Reading
    files: Sequence[Prepared]


type Awaited = Future[Read | None]
"""Its result is None when reading failed: intake then reads the mail itself, and counts and words the failure."""


class ReadAhead:
    """Reads mails for the intake of this process before it has them; does nothing where there is none.

    One at a time, as the parser does.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="mail-ahead")
        self._reader: Reader | None = None
        self._busy = False

    def attach(self, reader: Reader | None) -> None:
        """Say by what intake reads in this process, or (None) that it no longer does."""
        self._reader = reader

    def begin(self, raw: bytes) -> Awaited | None:
        """Start to read a mail; None when intake will read it in its turn. Never waits.

        Only a mail that nothing is in front of is read ahead: in a crowd intake keeps the parser busy anyway, and each
        hand-over to another thread would only cost.
        """
        reader = self._reader
        if reader is None or backlog.waiting:
            return None
        with self._lock:
            if self._busy:
                return None
            self._busy = True
        try:
            return self._pool.submit(self._read, reader, raw)
        except BaseException:
            self._busy = False
            raise

    def _read(self, reader: Reader, raw: bytes) -> Read | None:
        try:
            (reading,) = reader([raw])
            if isinstance(reading, Exception):
                return None
            return Read(reading, prepare_all([part.data for part in reading.mail.attachments]))
        except Exception as error:
            log.warning("a mail could not be read ahead (%s); intake will try", type(error).__name__)
            return None
        finally:
            self._busy = False


ahead = ReadAhead()
