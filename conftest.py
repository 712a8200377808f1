"""Fixtures for the tests of every room; database, folders and network of a run are in tests/environment.py."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.environment import django_db_modify_db_settings  # noqa: F401 - here it wins over pytest-django's own

if TYPE_CHECKING:
    from pytest_django.plugin import DjangoDbBlocker

    from otklik.testing.people import People


@pytest.fixture(autouse=True)
def _language() -> Iterator[None]:
    """Start each test in Russian, the language of a fresh desk, and leave no other language behind."""
    from django.utils import translation

    with translation.override("ru"):
        yield


@pytest.fixture(autouse=True)
def _fresh_directories() -> Iterator[None]:
    """Forget what a process keeps of the database for a moment: each test has a database of its own."""
    from otklik.accounts.queries import forget_tokens
    from otklik.core import settings_store
    from otklik.core.cached import forget

    def forget_all() -> None:
        forget()
        settings_store.forget()
        forget_tokens()

    forget_all()
    yield
    forget_all()


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> None:
    """Hash the passwords of the tests' people quickly: Argon2 is slow on purpose."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: "DjangoDbBlocker") -> None:
    """Make the test database, and keep the rows that migrations left there for tests with real transactions."""
    from django.db import connections

    from tests.first_rows import keep

    with django_db_blocker.unblock():
        keep(connections["default"])


@pytest.fixture
def company(db: None) -> "People":
    """The people every test knows, in the test's database."""
    from otklik.testing.people import people

    return people()
