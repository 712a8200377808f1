"""The world of the tests itself: no network, a folder of their own, the database that was asked for."""

import socket

import pytest
from django.conf import settings
from django.db import connection


def test_connections_that_leave_the_machine_are_refused():
    with socket.socket() as outside, pytest.raises(OSError, match="no network"):
        outside.connect(("192.0.2.1", 25))


def test_data_folder_belongs_to_the_test(tmp_path):
    assert settings.DATA_DIR.is_relative_to(tmp_path)


@pytest.mark.django_db
def test_database_is_the_one_asked_for(pytestconfig):
    assert connection.vendor == pytestconfig.getoption("--database")


@pytest.mark.postgres
@pytest.mark.django_db
def test_postgres_compares_cyrillic_without_case():
    with connection.cursor() as cursor:
        cursor.execute("SELECT lower('ЁЖ') = 'ёж'")
        assert cursor.fetchone() == (True,)
