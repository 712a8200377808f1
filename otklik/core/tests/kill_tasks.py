"""Tasks of the kill -9 harness."""

import time

from django.db import connection

from otklik.core.jobs import task


def write_marks(numbers: list[int]) -> None:
    """Write one row a number, that nothing keeps from being written twice; slow enough to be killed in the middle."""
    with connection.cursor() as cursor:
        for number in numbers:
            cursor.execute("INSERT INTO marks (number) VALUES (%s)", [number])
    time.sleep(0.003)


@task(max_attempts=50, atomic=True, lease=1)
def leave_a_mark(number: int) -> int:
    """Leave the mark of one job."""
    write_marks([number])
    return number
