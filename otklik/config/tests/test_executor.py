"""What our executor leaves in the database is what Django's own would leave, for a new desk and for an older one."""

import json
import subprocess
import sys

import pytest

from otklik.testing.server import clean_environment


@pytest.mark.heavy
def test_the_database_is_the_same_as_by_django_itself(process_env: dict[str, str]) -> None:
    old = "tickets.0013_runs_over_folders"  # before moves of data, renamed and altered fields, indexes made anew
    done = subprocess.run(
        [sys.executable, "-m", "otklik.config.tests.migrating_process", "ours", "django", old],
        env=clean_environment(process_env), capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    made = json.loads(done.stdout)
    assert made["django"]["rows of tickets_status"]
    for part, held in made["django"].items():
        assert made["ours"][part] == held, part
        assert made[old][part] == held, part
    assert made["ours"].keys() == made[old].keys() == made["django"].keys()
