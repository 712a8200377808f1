"""Web push: an encrypted, signed message to the server of a browser's maker, through the guarded client.

Encryption (RFC 8291) and signature (RFC 8292) come from libraries. The signing key is derived from the secret key of
the installation, so every process on every machine has the same and nothing is stored. The libraries are loaded by the
first message: a desk without push never pays for them.
"""

import base64
import os
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from django.conf import settings

from otklik.core import http
from otklik.core.addresses import AddressRefused
from otklik.core.clock import now
from otklik.core.errors import DomainError
from otklik.core.secrets import key_for

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

SECONDS: Final = 10.0
LASTS: Final = 12 * 3600
"""Seconds for which the server of the maker keeps a message for a browser that is off."""
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of the curve P-256
_GONE: Final = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class Browserish:
    """Where and how a browser takes messages."""

    endpoint: str
    p256dh: str
    auth: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: taken, ``gone`` for good, worth trying again, or refused with the reason ``error``."""

    error: str = ""
    gone: bool = False
    again: bool = False


@lru_cache(maxsize=4)
def _key(secret: bytes) -> "EllipticCurvePrivateKey":
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.derive_private_key(int.from_bytes(secret, "big") % (_ORDER - 1) + 1, ec.SECP256R1())


def public_key() -> str:
    """Return the key that browsers subscribe with, as URL-safe base64 of the uncompressed point."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    point = _key(key_for("push.vapid")).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def seal(browser: Browserish, payload: bytes) -> bytes:
    """Encrypt a payload so that only the browser can read it. Raises ``ValueError`` for keys that are none."""
    import http_ece
    from cryptography.hazmat.primitives.asymmetric import ec

    sealed: bytes = http_ece.encrypt(
        payload, salt=os.urandom(16), private_key=ec.generate_private_key(ec.SECP256R1()), dh=_bytes(browser.p256dh),
        auth_secret=_bytes(browser.auth), version="aes128gcm",
    )  # fmt: skip
    return sealed


def push(browser: Browserish, payload: bytes, *, topic: str = "") -> Outcome:
    """Send one message; never raises for a broken other side. Not inside a transaction."""
    from py_vapid import Vapid02

    parts = urlsplit(browser.endpoint)
    subject = settings.BASE_URL if settings.BASE_URL.startswith("https://") else f"mailto:{settings.DEFAULT_FROM_EMAIL}"
    claims = {"sub": subject, "aud": f"{parts.scheme}://{parts.netloc}", "exp": int(now().timestamp()) + LASTS}
    try:
        headers = {
            **Vapid02(_key(key_for("push.vapid"))).sign(claims), "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream", "TTL": str(LASTS), "Urgency": "high",
        }  # fmt: skip
        if topic:
            headers["Topic"] = topic[:32]
        answer = http.request(
            "POST", browser.endpoint, headers=headers, body=seal(browser, payload), timeout=SECONDS, max_bytes=64 * 1024
        )
    except http.HttpError as failure:
        return Outcome(failure.reason, again=True)
    except AddressRefused:
        return Outcome("address")
    except (DomainError, ValueError):
        return Outcome("keys")
    if answer.ok:
        return Outcome()
    if answer.status in _GONE:
        return Outcome("gone", gone=True)
    return Outcome(str(answer.status), again=answer.status == 429 or answer.status >= 500)
