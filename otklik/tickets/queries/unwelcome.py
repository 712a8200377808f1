"""From whom nothing is taken in: the one answer for every way by which strangers reach the desk."""

from collections.abc import Collection

from otklik.core.text import normal_address


def is_unwelcome(address: str, *, senders: Collection[str], blocked: bool = False) -> bool:
    """Tell whether nothing is taken in from an address.

    Its person is ``blocked``, or it or its mail domain is one of the spam ``senders``. Who has no address is judged by
    the person alone.
    """
    key = normal_address(address) if address else ""
    return blocked or (bool(key) and (key in senders or key.rpartition("@")[2] in senders))
