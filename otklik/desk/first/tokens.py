"""The word that lets somebody make the first administrator: printed where the desk was started, shown nowhere else."""

import base64
import hmac

from otklik.accounts.queries import visible_to
from otklik.core.actor import Actor
from otklik.core.secrets import sign


def setup_token() -> str:
    """Return the token of this installation; it follows from the secret key and opens nothing once there is a user."""
    return base64.urlsafe_b64encode(sign("desk.first", b"first administrator")[:18]).decode("ascii")


def fits(token: str) -> bool:
    """Compare a token in constant time."""
    return hmac.compare_digest(token.encode("utf-8"), setup_token().encode("ascii"))


def is_new() -> bool:
    """Tell whether the desk has no user yet."""
    return not visible_to(Actor.system()).exists()
