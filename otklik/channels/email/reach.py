"""The way to a mail server: its name is looked up once, each of its addresses is checked, only those are connected to.

Servers of the own network are allowed, because only administrators name mail servers. What listens there is no business
of theirs: of an inner server that cannot be used nobody is told more than ``NO_MAIL_SERVER``.
"""

import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from otklik.core.http import INNER, AddressRefused, HttpError, check_address, guarded_connect, resolve

REFUSED: Final = "address"
"""The code of an address that is never connected to, such as one of the own link."""
NO_MAIL_SERVER: Final = "no_mail_server"
"""The one code for a closed port, another service and a certificate that does not fit, inside."""
LOOKUP_SECONDS: Final = 3.0
_MOST: Final = 4


@dataclass(frozen=True, slots=True)
class Way:
    """The checked addresses of a mail server; ``inner`` tells whether one of them lies in the own network."""

    host: str
    port: int
    addresses: tuple[str, ...]
    inner: bool

    def connect(self, timeout: float | None) -> socket.socket:
        """Return a connection within ``timeout`` seconds, which it keeps as its own; raises ``OSError``."""
        limit = 60.0 if timeout is None else timeout
        until, reason = time.monotonic() + limit, "timeout"
        for address in self.addresses[:_MOST]:
            left = until - time.monotonic()
            if left <= 0:
                break
            try:
                made = guarded_connect(address, self.port, left, allow=INNER)
            except HttpError as error:
                reason = error.reason
            else:
                made.settimeout(limit)
                return made
        raise _error(reason)


def look(host: str, port: int, timeout: float) -> Way:
    """Return the way to a server. Raises ``AddressRefused`` when one of its addresses is never connected to,
    ``gaierror`` for a name that there is not, ``TimeoutError``."""
    try:
        found = resolve(host, port, timeout)
    except HttpError as error:
        raise _error(error.reason) from error
    checked = tuple(str(check_address(address, INNER)) for address in found)
    return Way(host, port, checked, is_inner(checked))


def _error(reason: str) -> OSError:
    if reason == "timeout":
        return TimeoutError()
    return socket.gaierror(reason) if reason == "unresolvable" else ConnectionError(reason)


def is_inner(addresses: Iterable[str]) -> bool:
    """Tell whether one of the addresses is not public."""
    try:
        for address in addresses:
            check_address(address)
    except AddressRefused:
        return True
    return False


def is_refused(host: str, port: int) -> bool:
    """Tell whether a name leads where no mail server is connected to, as far as the resolver knows in a moment."""
    try:
        look(host, port, LOOKUP_SECONDS)
    except AddressRefused:
        return True
    except OSError:
        return False
    return False
