"""Tasks of the kill -9 harness."""

import time

from django.db import connection

from otklik.core.jobs import task


@task(max_attempts=50, atomic=True, lease=1)
def leave_a_mark(number: int) -> int:
    """Write one row that nothing keeps from being written twice; long enough to be killed in the middle."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO marks (number) VALUES (%s)", [number])
    time.sleep(0.003)
    return number
