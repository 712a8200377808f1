"""The signature of a call: HMAC-SHA256 over the moment and the body, keyed by the webhook's secret. Pure."""

import hashlib
import hmac

HEADER = "Otklik-Signature"


def sign(secret: str, moment: int, body: bytes) -> str:
    """Return the header's value for a body sent at ``moment`` (seconds since 1970)."""
    mac = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={mac}"
