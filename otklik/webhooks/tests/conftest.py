"""A receiver on this machine, and the leave to call it."""

from collections.abc import Iterator
from typing import Any

import pytest

from otklik.webhooks.tests.receiver import Receiver, receiver


@pytest.fixture
def hearer(settings: Any) -> Iterator[Receiver]:
    """A receiver that takes everything, on an address that the installation allows."""
    settings.OUTBOUND_NETWORKS_ALLOWED = ["127.0.0.1"]
    with receiver() as running:
        yield running
