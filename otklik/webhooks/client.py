"""The call itself: one signed POST through the guarded client, and what came of it."""

import time
from dataclasses import dataclass

from otklik.core import http
from otklik.core.addresses import AddressRefused
from otklik.core.clock import now
from otklik.core.errors import DomainError
from otklik.webhooks.signing import HEADER, sign

SECONDS = 10.0
LARGEST_ANSWER = 64 * 1024


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a receiver answered: a status, or why there is none. ``answer`` is the beginning of its words, cleaned."""

    status: int | None
    error: str
    answer: str
    milliseconds: int

    @property
    def taken(self) -> bool:
        """Whether the receiver took it."""
        return not self.error

    @property
    def down(self) -> bool:
        """Whether the receiver as a whole is in trouble, not just this call."""
        return bool(self.error) and (self.status is None or self.status >= 500 or self.status in {408, 429})


def call(url: str, secret: str, body: bytes) -> Outcome:
    """Send one body and return what came of it; never raises for a broken other side. Not inside a transaction."""
    began = time.monotonic()
    headers = {"Content-Type": "application/json", HEADER: sign(secret, int(now().timestamp()), body)}
    status, words = None, ""
    try:
        response = http.request("POST", url, headers=headers, body=body, timeout=SECONDS, max_bytes=LARGEST_ANSWER)
        status, words = response.status, _shown(response.body)
        error = "" if response.ok else _refusal(response.status)
    except http.HttpError as failure:
        error = failure.reason
    except AddressRefused:
        error = "address"
    except DomainError:
        error = "url"
    return Outcome(status, error, words, int((time.monotonic() - began) * 1000))


def _refusal(status: int) -> str:
    if status == 410:
        return "gone"
    return "redirect" if 300 <= status < 400 else "refused"


def _shown(body: bytes) -> str:
    text = body[:800].decode("utf-8", "replace")
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:200]
