"""The signed start of a form: when a page was given out, for what, and the nonce that makes a double send harmless."""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from otklik.core.secrets import sign, verify
from otklik.core.text import short_token

QUICKEST: Final = timedelta(seconds=2)
"""No person reads and fills in a form in less; a program does."""
LONGEST: Final = timedelta(hours=24)
_PURPOSE: Final = "webform.start"


@dataclass(frozen=True, slots=True)
class Start:
    """A start that we gave out: its nonce and its moment."""

    nonce: str
    at: datetime

    def too_quick(self, at: datetime) -> bool:
        """Tell whether the page came back sooner than a person can send it."""
        return at - self.at < QUICKEST

    def too_old(self, at: datetime) -> bool:
        """Tell whether the page stood open for too long."""
        return at - self.at > LONGEST


def give_start(place: str, at: datetime) -> str:
    """Return the start of a page for ``place`` (a form's key, a request's link): to be sent back with it."""
    head = f"{int(at.timestamp())}.{short_token()}"
    mac = sign(_PURPOSE, f"{place}\n{head}".encode())[:16]
    return f"{head}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def read_start(place: str, text: str) -> Start | None:
    """Return what a start says; None when it is none of ours, or one of another page."""
    parts = text.split(".") if text.isascii() and len(text) < 120 else []
    if len(parts) != 3 or not parts[0].isdigit() or len(parts[0]) > 12:
        return None
    try:
        mac = base64.urlsafe_b64decode(parts[2] + "=" * (-len(parts[2]) % 4))
    except (binascii.Error, ValueError):
        return None
    if len(mac) != 16 or not verify(_PURPOSE, f"{place}\n{parts[0]}.{parts[1]}".encode(), mac):
        return None
    return Start(parts[1], datetime.fromtimestamp(int(parts[0]), UTC))
