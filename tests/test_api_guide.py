"""The guide to the API tells the truth: its examples are one program, and it runs against a real desk."""

import os
import re
import subprocess
import sys
from pathlib import Path

from otklik.testing.server import running_desk

PAGE = Path(__file__).resolve().parent.parent / "docs" / "api.md"
OWNER = "anna@guide.example"


def program() -> str:
    """Return all Python examples of the page, in their order."""
    return "\n".join(re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))


def test_there_are_examples() -> None:
    assert program().count("assert ") >= 8


def test_the_examples_run_against_a_desk() -> None:
    with running_desk(prepared=True) as desk:
        desk.cli("user", "add", OWNER, "--role", "agent", "--password-stdin", stdin=b"long enough for Anna\n")
        token = desk.cli("token", "create", "--user", OWNER, "--scope", "tickets:write", "--scope", "contacts:write")
        env = {**os.environ, "OTKLIK_TEST_URL": desk.url, "OTKLIK_TEST_TOKEN": token.stdout.decode().strip()}
        done = subprocess.run([sys.executable, "-c", program()], env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:] + desk.log()[-3000:]
