"""What the tests of this room share: telling what happened, and reading who heard of it."""

from collections.abc import Callable

import pytest

from otklik.accounts.models import User
from otklik.core.cached import forget
from otklik.core.events import Event, Outbox
from otklik.core.events.dispatch import dispatch_batch
from otklik.notifications.models import Notification

Told = Callable[[], None]


@pytest.fixture
def told(company: object) -> Told:
    """Forget what made the company, then tell what happens on each call."""
    Outbox.objects.all().delete()

    def tell() -> None:
        forget("directories")  # what waits for a commit: a test has none
        while dispatch_batch():
            pass

    return tell


def whys(user: User) -> list[str]:
    """Return why a person was told, oldest first."""
    return list(Notification.objects.filter(user=user).order_by("id").values_list("why", flat=True))


def again() -> None:
    """Put every event back to be told, as after a crash."""
    Outbox.objects.bulk_create([Outbox(event=event) for event in Event.objects.all()], ignore_conflicts=True)
