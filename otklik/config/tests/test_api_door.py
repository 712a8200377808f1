"""The API is loaded by whoever asks for it first, not by the start."""

import subprocess
import sys
from pathlib import Path

from otklik.testing.server import clean_environment

_ASKED_LATE = """
import sys
from otklik.config.cli.setup import start_django
start_django()
from otklik.config.serve.children import preload
from otklik.config.serve.plan import Plan
preload(Plan(data="", web=1))
heavy = {"ninja", "pydantic", "otklik.config.api"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
from django.test import Client
from django.urls import resolve, reverse
assert reverse("account_login") and reverse("api-docs") == "/api/v1/docs"
assert Client(SERVER_NAME="localhost").get("/api/v2/").status_code == 404
assert not heavy & set(sys.modules), heavy & set(sys.modules)
assert resolve(reverse("api:list_teams")).view_name == "api:list_teams"
assert heavy <= set(sys.modules)
"""


def test_pages_and_addresses_need_no_api_until_it_is_asked_for(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _ASKED_LATE], env=clean_environment({"OTKLIK_DATA": str(tmp_path)}),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
