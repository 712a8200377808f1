"""The keys of this installation's mail names, derived from its secret and never stored."""

import base64
from functools import lru_cache

from otklik.core.secrets import sign

LOOP_HEADER = "X-Otklik-Loop"


@lru_cache(maxsize=1)
def thread_key() -> bytes:
    """Return the key that signs Message-IDs and plus-addresses."""
    return sign("email.thread", b"1")


@lru_cache(maxsize=1)
def loop_id() -> str:
    """Return the name of this installation in the loop header of every mail it sends."""
    return base64.b32encode(sign("email.loop", b"1")[:10]).decode("ascii").lower()
