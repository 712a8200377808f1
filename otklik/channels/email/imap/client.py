"""Talk IMAP to one folder of one mailbox: by UID only, reading without a mark, every trouble named by a code of ours.

The codes are those of the connection test, so that health and test say the same in the same words.
"""

import contextlib
import imaplib
import logging
import re
import socket
import ssl
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Self

from imap_tools import BaseMailBox
from imap_tools.errors import UnexpectedCommandStatusError
from imap_tools.imap_utf7 import utf7_encode

from otklik.channels.email import reach
from otklik.channels.email.client import tls_context
from otklik.channels.email.imap.answers import Listed, contents, number, uid_and_size
from otklik.channels.email.imap.errors import ImapError, Refused
from otklik.channels.email.imap.idle import wait_for_news
from otklik.channels.email.imap.signing import sign_in
from otklik.channels.email.imap.texts import uid_set, words_of
from otklik.channels.email.mailbox import STARTTLS, TLS, Server
from otklik.channels.email.oauth import OAuthError
from otklik.core.http import AddressRefused
from otklik.core.secrets import SecretUnreadable

log = logging.getLogger(__name__)

TIMEOUT = 60.0
_NEEDS = {"MOVE": "MOVE", "EXPUNGE": "UIDPLUS"}
"""The commands that only some servers have, and the capability they tell it by; never a plain EXPUNGE."""
SPAN = 100_000  # UIDs asked for at once: a longer answer would not fit into a line of the library


class _Imap(imaplib.IMAP4):
    """IMAP to a checked address, inside TLS from the first byte where the server is set to it."""

    def __init__(self, way: reach.Way, server: Server, timeout: float) -> None:
        self._way, self._server = way, server
        super().__init__(server.host, server.port, timeout)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        sock = self._way.connect(timeout)
        if self._server.security == TLS:
            return tls_context().wrap_socket(sock, server_hostname=self._server.host)
        return sock


class _Box(BaseMailBox):
    """A mailbox as the library knows it, over a connection of ours."""

    def __init__(self, way: reach.Way, server: Server, timeout: float) -> None:
        self._way, self._server, self._timeout = way, server, timeout
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        client = _Imap(self._way, self._server, self._timeout)
        if self._server.security == STARTTLS:
            try:
                client.starttls(tls_context())
            except BaseException:
                with contextlib.suppress(OSError):
                    client.shutdown()
                raise
        return client


class ImapFolder:
    """A connection with one folder selected; use it as a context manager."""

    def __init__(self, server: Server, folder: str, *, writable: bool, timeout: float = TIMEOUT) -> None:
        self._server = server
        self._folder = folder
        self._writable = writable
        self._timeout = timeout
        self._box: BaseMailBox | None = None
        self._capabilities: frozenset[str] = frozenset()
        self.uidvalidity = 0
        self.uidnext = 0  # what the server will call its next message; 0 when it does not tell
        self._next = 0

    def __enter__(self) -> Self:
        """Connect, sign in, select; raises ``ImapError``."""
        try:
            self._open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_reason: object) -> None:
        """Hang up; never raises."""
        self.close()

    def _open(self) -> None:
        server = self._server
        self._box = _connect(server, self._timeout)
        try:
            sign_in(self._box.client, server)
        except OAuthError as error:
            raise ImapError(error.code, error.detail) from error
        except imaplib.IMAP4.abort as error:
            raise ImapError("broke", str(error)) from error
        except imaplib.IMAP4.error as error:
            busy = "UNAVAILABLE" in str(error).upper()
            refused = "oauth_refused" if server.oauth else "password"
            raise ImapError("busy" if busy else refused, words_of(error.args)) from error
        except UnicodeError as error:
            raise ImapError("login_letters") from error
        except OSError as error:
            raise ImapError("slow" if isinstance(error, TimeoutError) else "broke") from error
        except SecretUnreadable as error:
            raise ImapError("unreadable") from error
        self._select()
        # many servers tell only after the sign-in what they can; the library keeps what it heard before
        with _named():
            _status, answer = self._imap.capability()
        self._capabilities = frozenset(
            b" ".join(item for item in answer if item).decode("ascii", "replace").upper().split()
        )

    @property
    def _imap(self) -> Any:
        assert self._box is not None
        return self._box.client

    def _select(self) -> None:
        try:
            with _named():
                name = _quoted(self._native(self._folder))
                status, answer = self._imap.select(name, readonly=not self._writable)
        except Refused as error:
            raise ImapError("no_folder", error.detail) from error
        if status != "OK":
            words = words_of(answer) or status
            passing = any(code in words.upper() for code in ("SERVERBUG", "UNAVAILABLE", "INUSE", "LIMIT"))
            raise ImapError("busy" if passing else "no_folder", words)
        told = self._imap.untagged_responses
        with _named():
            self.uidvalidity = number((told.get("UIDVALIDITY") or [b"0"])[-1])
            self.uidnext = self._next = number((told.get("UIDNEXT") or [b"0"])[-1])

    def _native(self, folder: str) -> str:
        """Return a folder's name with the server's own sign between its levels; people write a slash."""
        if "/" not in folder:
            return folder
        status, answer = self._imap.list('""', '""')
        found = re.search(rb'\)\s+"(.)"', answer[0]) if status == "OK" and answer and answer[0] else None
        sign = found.group(1).decode("ascii", "replace") if found else "/"
        return folder.replace("/", sign)

    def _command(self, *words: str) -> list[Any]:
        with _named():
            status, answer = self._imap.uid(*words)
        if status != "OK":
            raise Refused(words_of(answer))
        return [item for item in answer if item is not None]

    def uids(self) -> list[int]:
        """Return the UIDs of everything in the folder, ascending."""
        found: set[int] = set()
        end = max(self._next - 1, 0)
        for start in range(1, end + 1, SPAN):
            found.update(self._search(f"{start}:{min(start + SPAN - 1, end)}"))
        # whatever came since the folder was selected; the star always names the last one too
        found.update(uid for uid in self._search(f"{end + 1}:*") if uid > end)
        if found:
            self._next = max(self._next, max(found) + 1)
        return sorted(found)

    def _search(self, span: str) -> list[int]:
        lines = self._command("SEARCH", "UID", span)
        with _named():
            return [number(word) for line in lines for word in bytes(line).split()]

    def present(self, uids: Sequence[int]) -> set[int]:
        """Return which of these messages are still in the folder."""
        return set(self._search(uid_set(uids))) & set(uids)

    def listed(self, uids: Sequence[int]) -> dict[int, Listed]:
        """Return size and arrival of messages; those that are gone or not told of are left out."""
        found: dict[int, Listed] = {}
        for line in self._command("FETCH", uid_set(uids), "(UID RFC822.SIZE INTERNALDATE)"):
            text = bytes(line[0] + b" " + line[1]) if isinstance(line, tuple) else bytes(line)
            if told := uid_and_size(text):
                found[told[0]] = Listed(*told, _date(text))
        return found

    def bodies(self, uids: Sequence[int], what: str = "BODY.PEEK[]") -> dict[int, bytes]:
        """Return whole messages without marking them read; those that are gone or come without content are left out."""
        return contents(self._command("FETCH", uid_set(uids), f"(UID {what})"))

    def heads(self, uids: Sequence[int]) -> dict[int, bytes]:
        """Return the header blocks of messages."""
        return self.bodies(uids, "BODY.PEEK[HEADER]")

    def mark_seen(self, uids: Iterable[int]) -> None:
        """Mark messages as read; raises ``Refused`` when the server will not."""
        self._command("STORE", uid_set(uids), "+FLAGS.SILENT", "(\\Seen)")

    def move(self, uids: Iterable[int], folder: str) -> None:
        """Move messages to another folder, which is made when it is missing; raises ``Refused``.

        A server that cannot move is asked to copy. What it copied counts as moved even if it then refuses to take the
        original away: asked again, it would make one more copy each time.
        """
        name = self._made(folder)
        wanted = uid_set(uids)
        if self._tried("MOVE", wanted, name):
            return
        self._command("COPY", wanted, name)
        try:
            self._expunge(wanted)
        except Refused as error:
            log.info("copied, but left where it was: %s", error.detail)

    def _made(self, folder: str) -> str:
        """Return a folder's name as a command takes it; make the folder when it is missing."""
        assert self._box is not None
        try:
            with _named():
                folder = self._native(folder)
                if not self._box.folder.exists(folder):
                    self._box.folder.create(folder)
        except UnexpectedCommandStatusError as error:
            raise Refused(str(error)) from error
        return _quoted(folder)

    def delete(self, uids: Iterable[int]) -> None:
        """Delete messages for good; without UIDPLUS they are only marked, because EXPUNGE would take others' along."""
        self._expunge(uid_set(uids))

    def _expunge(self, wanted: str) -> None:
        self._command("STORE", wanted, "+FLAGS.SILENT", "(\\Deleted)")
        self._tried("EXPUNGE", wanted)

    def _tried(self, command: str, *words: str) -> bool:
        """Give a command that only some servers have; false when this one has not, whatever it says of itself."""
        capability = _NEEDS[command]
        if capability not in self._capabilities:
            return False
        try:
            self._command(command, *words)
        except Refused as error:
            if not error.unknown:
                raise
            self._capabilities -= {capability}
            return False
        return True

    @property
    def can_idle(self) -> bool:
        """Tell whether the server announces news by itself."""
        return "IDLE" in self._capabilities

    def idle(self, seconds: float, stopped: Any) -> bool:
        """Wait for news up to ``seconds`` or until ``stopped()``; tell whether there was some. Raises ``ImapError``.

        A server that says it can and then refuses is believed from then on: ``can_idle`` is false.
        """
        assert self._box is not None
        try:
            with _named():
                news = wait_for_news(self._box, seconds, stopped)
        except UnexpectedCommandStatusError as error:
            raise ImapError("broke", str(error)) from error
        if news is None:
            self._capabilities -= {"IDLE"}
        return bool(news)

    def close(self) -> None:
        """Hang up; never raises."""
        box, self._box = self._box, None
        if box is None:
            return
        try:
            box.client.sock.settimeout(3)
            box.client.logout()
        except Exception:  # the server may be gone, in the middle of anything
            with contextlib.suppress(OSError):
                box.client.shutdown()


def _connect(server: Server, timeout: float) -> BaseMailBox:
    """Connect and hear the greeting; what fails at an inner server has one code, whatever it was."""
    inner = False
    try:
        way = reach.look(server.host, server.port, timeout)
        inner = way.inner
        return _Box(way, server, timeout)
    except (AddressRefused, OSError, UnicodeError, imaplib.IMAP4.error) as error:
        raise (ImapError(reach.NO_MAIL_SERVER) if inner else _connect_error(error)) from error


def _connect_error(error: Exception) -> ImapError:
    if isinstance(error, AddressRefused):
        return ImapError(reach.REFUSED)
    if isinstance(error, socket.gaierror | UnicodeError):
        return ImapError("no_host")
    if isinstance(error, ssl.SSLError):
        return ImapError("tls", str(error))
    if isinstance(error, TimeoutError):
        return ImapError("slow")
    return ImapError("unreachable") if isinstance(error, OSError) else ImapError("garbage", str(error))


@contextlib.contextmanager
def _named() -> Iterator[None]:
    """Name by a code whatever the library raises while a server is listened to."""
    try:
        yield
    except TimeoutError as error:
        raise ImapError("slow") from error
    except imaplib.IMAP4.readonly as error:
        raise Refused("read-only") from error
    except (OSError, imaplib.IMAP4.abort) as error:
        raise ImapError("broke", str(error)) from error
    except imaplib.IMAP4.error as error:
        if "command error: BAD" in str(error):
            raise Refused(str(error), unknown=True) from error
        raise ImapError("garbage", str(error)) from error
    except (ValueError, TypeError, IndexError) as error:  # an answer that is not made as answers are
        raise ImapError("garbage", str(error)) from error


def _quoted(name: str) -> str:
    """Return a folder's name as a command takes it."""
    return '"' + utf7_encode(name).decode("ascii").replace("\\", "\\\\").replace('"', '\\"') + '"'


def _date(text: bytes) -> datetime | None:
    try:
        told = imaplib.Internaldate2tuple(text)
        return datetime.fromtimestamp(time.mktime(told), UTC) if told else None
    except (KeyError, ValueError, OverflowError):  # a month or a year that there is not
        return None
