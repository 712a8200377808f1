"""Encryption at rest and signatures, keyed by purpose from the installation's secret key.

Old keys listed in ``SECRET_KEY_FALLBACKS`` still open and verify; everything new is made with the present key.
"""

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class SecretUnreadable(Exception):
    """A sealed text cannot be opened: it is damaged, or was sealed with a key that is gone."""


@lru_cache(maxsize=64)
def _derive(secret: str, purpose: str) -> bytes:
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=b"otklik", info=purpose.encode())
    return kdf.derive(secret.encode())


def _all_secrets() -> list[str]:
    return [str(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def key_for(purpose: str) -> bytes:
    """Return the 32-byte key of a purpose, for pure modules that are given their key."""
    return _derive(settings.SECRET_KEY, purpose)


def keys_for(purpose: str) -> list[bytes]:
    """Return the key of a purpose, then those of earlier secret keys, newest first."""
    return [_derive(secret, purpose) for secret in _all_secrets()]


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derive(secret, "seal"))) for secret in _all_secrets()])


def seal(text: str) -> str:
    """Encrypt a secret (a password, a token) for keeping in the database."""
    return _fernet().encrypt(text.encode()).decode("ascii")


def unseal(sealed: str) -> str:
    """Open what ``seal`` made; raises ``SecretUnreadable``."""
    try:
        return _fernet().decrypt(sealed.encode("ascii", "replace")).decode()
    except InvalidToken as error:
        raise SecretUnreadable("The sealed value cannot be opened with the present keys.") from error


def sign(purpose: str, payload: bytes) -> bytes:
    """Return the 32-byte HMAC-SHA256 of ``payload`` under the key of ``purpose``."""
    return hmac.new(key_for(purpose), payload, hashlib.sha256).digest()


def verify(purpose: str, payload: bytes, mac: bytes, *, least: int = 8) -> bool:
    """Tell whether ``mac`` (whole, or its first ``least`` bytes or more) belongs to ``payload``; in constant time."""
    if not least <= len(mac) <= 32:
        return False
    good = False
    for key in keys_for(purpose):
        right = hmac.new(key, payload, hashlib.sha256).digest()[: len(mac)]
        good |= hmac.compare_digest(right, mac)
    return good
