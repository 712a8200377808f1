"""Small tools of tests inside the process: a signed-in browser, counted statements, a transaction that commits."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from otklik.core import settings_store

if TYPE_CHECKING:
    from otklik.accounts.models import User

_FRAMES = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "ROLLBACK TO")


def desk_client(user: "User | None" = None, **headers: str) -> Client:
    """Return a browser, signed in as ``user``; without one it is anonymous."""
    client = Client(headers=headers)
    if user is not None:
        client.force_login(user)
    return client


@contextmanager
def assert_statements(most: int, *, least: int | None = None) -> Iterator[CaptureQueriesContext]:
    """Fail when the block sends more than ``most`` statements to the database (or fewer than ``least``).

    Frames of transactions are not counted. Business settings are loaded before, so that the count does not depend on
    when they were last looked at.
    """
    with settings_store.pinned(), CaptureQueriesContext(connection) as captured:
        yield captured
    sent = [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(_FRAMES)]
    shown = "\n".join(f"{number}. {sql[:300]}" for number, sql in enumerate(sent, 1))
    assert len(sent) <= most, f"{len(sent)} statements, at most {most} allowed:\n{shown}"
    assert least is None or len(sent) >= least, f"{len(sent)} statements, at least {least} expected:\n{shown}"
