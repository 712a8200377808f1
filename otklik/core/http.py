"""The one way out: connections to checked addresses only, and an HTTP client with limits that follows no redirect.

A name is resolved once, every address it has is checked, and the connection goes to a checked address, so a name that
changes between look-ups gains nothing. Mail clients use
``guarded_connect`` too (by ``channels/email/reach.py``); nothing else opens sockets.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network
from typing import Any
from urllib.parse import SplitResult, urlsplit

import idna
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from otklik.core.addresses import INNER, AddressRefused, IPNetwork, check_address, parse_networks
from otklik.core.errors import DomainError, Invalid

__all__ = [
    "INNER",
    "AddressRefused",
    "HttpError",
    "Response",
    "check_address",
    "check_url",
    "guarded_connect",
    "request",
    "resolve",
]

_LONGEST_URL = 2048
_AGENT = "Otklik"


class HttpError(DomainError):
    """A request that came to nothing; ``reason`` is one of a fixed few, the text tells nothing about the inside."""

    code = "http"
    _TEXTS = {
        "unresolvable": _("There is no server of this name."),
        "unreachable": _("The server does not answer."),
        "timeout": _("The server took too long."),
        "tls": _("The server's certificate is not valid."),
        "too-large": _("The server's answer is too large."),
        "bad-answer": _("The server's answer cannot be understood."),
    }

    def __init__(self, reason: str) -> None:
        super().__init__(self._TEXTS[reason])
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether the status is a success; a redirect is none."""
        return 200 <= self.status < 300


@lru_cache(maxsize=8)
def _parsed(texts: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return parse_networks(texts)


def allowed_networks() -> tuple[IPNetwork, ...]:
    """Return the inner networks that this installation allows for requests (``OTKLIK_OUTBOUND_NETWORKS``)."""
    return _parsed(tuple(settings.OUTBOUND_NETWORKS_ALLOWED))


def resolve(host: str, port: int, timeout: float = 10.0) -> list[str]:
    """Return the addresses of a host as texts, each once; raises ``HttpError`` when there are none in time.

    The system's resolver knows no time limit, so it works in a thread that is left behind when it takes too long.
    """
    answer: list[list[Any]] = []

    def look() -> None:
        try:
            answer.append(socket.getaddrinfo(_ascii_host(host), port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError):
            answer.append([])

    worker = threading.Thread(target=look, name="otklik-resolve", daemon=True)
    worker.start()
    worker.join(timeout)
    if not answer:
        raise HttpError("timeout")
    found: dict[str, None] = {str(entry[4][0]): None for entry in answer[0]}
    if not found:
        raise HttpError("unresolvable")
    return list(found)


def _ascii_host(host: str) -> str:
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise UnicodeError(host) from error


def guarded_connect(
    host: str, port: int, timeout: float = 10.0, allow: Sequence[IPNetwork] | None = None
) -> socket.socket:
    """Return a TCP connection to ``host``, made to an address that was checked; its timeout is set to ``timeout``.

    ``allow`` names inner networks that are fine; None means those of the installation. For servers that only an
    administrator can name give ``INNER``. When any address of the name is refused, all are. Raises ``AddressRefused``
    and ``HttpError``.
    """
    networks = allowed_networks() if allow is None else allow
    deadline = time.monotonic() + timeout
    checked = [check_address(address, networks) for address in resolve(host, port, timeout)]
    reason = "timeout"
    for address in checked[:4]:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        try:
            connection = socket.create_connection((str(address), port), timeout=left)
        except TimeoutError:
            reason = "timeout"
        except OSError:
            reason = "unreachable"
        else:
            connection.settimeout(timeout)
            return connection
    raise HttpError(reason)


def check_url(url: str, *, allow: Sequence[IPNetwork] | None = None, timeout: float = 5.0) -> SplitResult:
    """Return the parts of a URL that may be requested; raises ``Invalid`` for what may not (to be called on save)."""
    parts = _split(url)
    networks = allowed_networks() if allow is None else allow
    for address in resolve(parts.hostname or "", _port(parts), timeout):
        check_address(address, networks)
    return parts


def _split(url: str) -> SplitResult:
    bad = Invalid(_("This is not a web address that can be used."), field="url")
    if len(url) > _LONGEST_URL or any(ord(letter) <= 32 or ord(letter) == 127 for letter in url) or "\\" in url:
        raise bad
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise bad from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None or port == 0:
        raise bad
    return parts


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


class _Guarded(http.client.HTTPConnection):
    """An HTTP connection whose socket is made by ``guarded_connect``; TLS is checked against the name."""

    def __init__(self, parts: SplitResult, timeout: float, allow: Sequence[IPNetwork] | None) -> None:
        super().__init__(parts.hostname or "", _port(parts), timeout=timeout)
        self._allow = allow
        self._secure = parts.scheme == "https"
        self._limit = timeout
        self.expired = threading.Event()
        self.raw: socket.socket | None = None
        if self._secure:
            self.default_port = 443

    def connect(self) -> None:
        """Open the connection."""
        self.raw = self.sock = guarded_connect(self.host, self.port, self._limit, self._allow)
        if self.expired.is_set():  # the watchdog came while there was nothing to cut yet
            raise TimeoutError
        if self._secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=_ascii_host(self.host))

    def cut(self) -> None:
        """End the connection from another thread: whoever waits for bytes gets an error at once."""
        self.expired.set()
        if self.raw is not None:
            try:
                socket.socket.shutdown(self.sock or self.raw, socket.SHUT_RDWR)
            except OSError:
                pass


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout: float = 10.0,
    max_bytes: int = 1024 * 1024,
    allow: Sequence[IPNetwork] | None = None,
) -> Response:
    """Send one request and return the answer, whatever its status; a redirect is an answer, not followed.

    ``timeout`` bounds the whole of it, ``max_bytes`` the body. Raises ``Invalid`` for a URL that cannot be used,
    ``AddressRefused`` for an inner address and ``HttpError`` for the rest. Never call it inside a transaction.
    """
    parts = _split(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _Guarded(parts, timeout, allow)
    expired = connection.expired
    watchdog = threading.Timer(timeout, connection.cut)
    watchdog.daemon = True
    watchdog.start()
    try:
        sent = {"User-Agent": _AGENT, "Accept-Encoding": "identity", "Connection": "close", **(headers or {})}
        connection.request(method, target, body=body, headers=sent)
        return _read(connection.getresponse(), max_bytes, expired)
    except ssl.SSLError as error:
        raise HttpError("timeout" if expired.is_set() else "tls") from error
    except TimeoutError as error:
        raise HttpError("timeout") from error
    except http.client.HTTPException as error:
        raise HttpError("timeout" if expired.is_set() else "bad-answer") from error
    except OSError as error:
        raise HttpError("timeout" if expired.is_set() else "unreachable") from error
    finally:
        watchdog.cancel()
        connection.close()


def _read(answer: http.client.HTTPResponse, max_bytes: int, expired: threading.Event) -> Response:
    body = answer.read(max_bytes + 1)
    if expired.is_set():
        raise HttpError("timeout")
    if len(body) > max_bytes:
        raise HttpError("too-large")
    return Response(
        status=answer.status, headers={name.lower(): value for name, value in answer.getheaders()}, body=body
    )
