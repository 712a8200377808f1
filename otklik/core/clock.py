"""The only clock: everything that asks for the time asks here, so that tests can move it."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)
