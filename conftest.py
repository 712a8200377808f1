"""Fixtures for the tests of every room; database, folders and network of a run are in tests/environment.py."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _language() -> Iterator[None]:
    """Start each test in Russian, the language of a fresh desk, and leave no other language behind."""
    from django.utils import translation

    with translation.override("ru"):
        yield
