"""Talk IMAP to one folder of one mailbox: by UID only, reading without a mark, every trouble named by a code of ours.

The codes are those of the connection test, so that health and test say the same in the same words.
"""

import contextlib
import imaplib
import re
import socket
import ssl
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from imap_tools import BaseMailBox
from imap_tools.errors import UnexpectedCommandStatusError
from imap_tools.imap_utf7 import utf7_encode

from otklik.channels.email import reach
from otklik.channels.email.client import tls_context
from otklik.channels.email.imap.signing import sign_in
from otklik.channels.email.imap.texts import uid_set, words_of
from otklik.channels.email.mailbox import STARTTLS, TLS, Server
from otklik.channels.email.oauth import OAuthError
from otklik.core.http import AddressRefused
from otklik.core.secrets import SecretUnreadable

TIMEOUT = 60.0
SPAN = 100_000  # UIDs asked for at once: a longer answer would not fit into a line of the library
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)", re.IGNORECASE)
_UID = re.compile(rb"\bUID (\d+)", re.IGNORECASE)


class ImapError(Exception):
    """The server could not be used: ``code`` is one of the connection test's, ``detail`` the server's words."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail[:300]


class Refused(ImapError):
    """The server said no to one command; the connection is good."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What the server tells of a message before its body."""

    uid: int
    size: int
    internaldate: datetime | None


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
        self._box = self._connect()
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
        except (OSError, UnicodeError) as error:
            raise ImapError("login_letters" if isinstance(error, UnicodeError) else "broke") from error
        except SecretUnreadable as error:
            raise ImapError("unreadable") from error
        self._select()
        # many servers tell only after the sign-in what they can; the library keeps what it heard before
        _status, answer = self._imap.capability()
        self._capabilities = frozenset(
            b" ".join(item for item in answer if item).decode("ascii", "replace").upper().split()
        )

    def _connect(self) -> BaseMailBox:
        """Connect and hear the greeting; what fails at an inner server has one code, whatever it was."""
        inner = False
        try:
            way = reach.look(self._server.host, self._server.port, self._timeout)
            inner = way.inner
            return _Box(way, self._server, self._timeout)
        except (AddressRefused, OSError, UnicodeError, imaplib.IMAP4.error) as error:
            raise (ImapError(reach.NO_MAIL_SERVER) if inner else _connect_error(error)) from error

    @property
    def _imap(self) -> Any:
        assert self._box is not None
        return self._box.client

    def _select(self) -> None:
        try:
            name = _quoted(self._native(self._folder))
            status, answer = self._imap.select(name, readonly=not self._writable)
        except imaplib.IMAP4.readonly as error:
            raise ImapError("no_folder", "read-only") from error
        except (OSError, imaplib.IMAP4.error) as error:
            raise ImapError("broke", str(error)) from error
        if status != "OK":
            words = words_of(answer) or status
            passing = any(code in words.upper() for code in ("SERVERBUG", "UNAVAILABLE", "INUSE", "LIMIT"))
            raise ImapError("busy" if passing else "no_folder", words)
        told = self._imap.untagged_responses
        self.uidvalidity = int((told.get("UIDVALIDITY") or [b"0"])[-1])
        self._next = int((told.get("UIDNEXT") or [b"0"])[-1])

    def _native(self, folder: str) -> str:
        """Return a folder's name with the server's own sign between its levels; people write a slash."""
        if "/" not in folder:
            return folder
        status, answer = self._imap.list('""', '""')
        found = re.search(rb'\)\s+"(.)"', answer[0]) if status == "OK" and answer and answer[0] else None
        sign = found.group(1).decode("ascii", "replace") if found else "/"
        return folder.replace("/", sign)

    def _command(self, *words: str) -> list[Any]:
        try:
            status, answer = self._imap.uid(*words)
        except TimeoutError as error:
            raise ImapError("slow") from error
        except (OSError, imaplib.IMAP4.abort) as error:
            raise ImapError("broke", str(error)) from error
        except imaplib.IMAP4.error as error:
            raise Refused("refused", str(error)) from error
        if status != "OK":
            raise Refused("refused", words_of(answer))
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
        return [int(word) for line in self._command("SEARCH", "UID", span) for word in bytes(line).split()]

    def listed(self, uids: Sequence[int]) -> dict[int, Listed]:
        """Return size and arrival of messages; those that are gone or not told of are left out."""
        found: dict[int, Listed] = {}
        for line in self._command("FETCH", uid_set(uids), "(UID RFC822.SIZE INTERNALDATE)"):
            text = bytes(line[0] + b" " + line[1]) if isinstance(line, tuple) else bytes(line)
            uid, size = _UID.search(text), _SIZE.search(text)
            if uid and size:
                number = int(uid.group(1))
                found[number] = Listed(number, int(size.group(1)), _date(text))
        return found

    def bodies(self, uids: Sequence[int], what: str = "BODY.PEEK[]") -> dict[int, bytes]:
        """Return whole messages without marking them read; those that are gone or come without content are left out."""
        answer = self._command("FETCH", uid_set(uids), f"(UID {what})")
        found: dict[int, bytes] = {}
        for place, item in enumerate(answer):
            if not isinstance(item, tuple):
                continue
            tail = answer[place + 1] if place + 1 < len(answer) and isinstance(answer[place + 1], bytes) else b""
            uid = _UID.search(item[0]) or _UID.search(tail)
            if uid:
                found[int(uid.group(1))] = bytes(item[1])
        return found

    def heads(self, uids: Sequence[int]) -> dict[int, bytes]:
        """Return the header blocks of messages."""
        return self.bodies(uids, "BODY.PEEK[HEADER]")

    def mark_seen(self, uids: Iterable[int]) -> None:
        """Mark messages as read; raises ``Refused`` when the server will not."""
        self._command("STORE", uid_set(uids), "+FLAGS.SILENT", "(\\Seen)")

    def move(self, uids: Iterable[int], folder: str) -> None:
        """Move messages to another folder, which is made when it is missing; raises ``Refused``."""
        assert self._box is not None
        folder = self._native(folder)
        try:
            if not self._box.folder.exists(folder):
                self._box.folder.create(folder)
        except UnexpectedCommandStatusError as error:
            raise Refused("refused", str(error)) from error
        name = _quoted(folder)
        wanted = uid_set(uids)
        if "MOVE" in self._capabilities:
            self._command("MOVE", wanted, name)
            return
        self._command("COPY", wanted, name)
        self._expunge(wanted)

    def delete(self, uids: Iterable[int]) -> None:
        """Delete messages for good; without UIDPLUS they are only marked, because EXPUNGE would take others' along."""
        self._expunge(uid_set(uids))

    def _expunge(self, wanted: str) -> None:
        self._command("STORE", wanted, "+FLAGS.SILENT", "(\\Deleted)")
        if "UIDPLUS" in self._capabilities:
            self._command("EXPUNGE", wanted)

    @property
    def can_idle(self) -> bool:
        """Tell whether the server announces news by itself."""
        return "IDLE" in self._capabilities

    def idle(self, seconds: float, stopped: Any) -> bool:
        """Wait for news up to ``seconds`` or until ``stopped()``; tell whether there was some. Raises ``ImapError``."""
        assert self._box is not None
        until = time.monotonic() + seconds
        news = False
        try:
            self._box.idle.start()
            while not news and not stopped() and (left := until - time.monotonic()) > 0:
                answers = self._box.idle.poll(timeout=min(1.0, left))
                if any(b"BYE" in answer for answer in answers):
                    raise ImapError("broke", "BYE")
                news = any(b"EXISTS" in answer or b"RECENT" in answer for answer in answers)
            self._box.idle.stop()
        except ImapError:
            raise
        except Exception as error:  # the library raises many kinds when a server goes away in the middle
            raise ImapError("broke", type(error).__name__) from error
        return news

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


def _quoted(name: str) -> str:
    """Return a folder's name as a command takes it."""
    return '"' + utf7_encode(name).decode("ascii").replace("\\", "\\\\").replace('"', '\\"') + '"'


def _date(text: bytes) -> datetime | None:
    try:
        told = imaplib.Internaldate2tuple(text)
        return datetime.fromtimestamp(time.mktime(told), UTC) if told else None
    except (KeyError, ValueError, OverflowError):  # a month or a year that there is not
        return None
