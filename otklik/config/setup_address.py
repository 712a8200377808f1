"""The address that makes the first administrator, for those who look after the installation."""

from django.conf import settings


def setup_address() -> str:
    """Return the address, or nothing once there is a user; the token in it is to be shown to nobody else.

    Raises ``DatabaseError`` while there is no database that could tell.
    """
    from otklik.desk.first.tokens import is_new, setup_token

    return f"{settings.BASE_URL or '…'}/setup/{setup_token()}/" if is_new() else ""
