"""The world of the tests itself: no network, a folder of their own, the database that was asked for."""

import socket

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.db import connection

from otklik.tickets.models import TicketType


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


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_with_real_transactions_begins_with_what_migrations_left(turn):
    assert TicketType.objects.exists()
    assert Permission.objects.filter(content_type__app_label="accounts").exists()
    TicketType.objects.all().delete()
    Permission.objects.all().delete()
