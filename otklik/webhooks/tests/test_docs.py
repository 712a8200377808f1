"""The page for receivers tells the truth: its examples run, its table is the list of what can be chosen."""

import re
import subprocess
import time
from pathlib import Path

import pytest

from otklik.webhooks.catalog import NAMES, TEST
from otklik.webhooks.signing import sign

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAGE = (DOCS / "webhooks.md").read_text(encoding="utf-8")
SECRET = "whsec_test"
BODY = '{"id": "1", "ticket": {"subject": "Не холодит"}}'.encode()


def example(language: str) -> str:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[0]


@pytest.mark.parametrize(
    ("page", "heading"), [("webhooks.md", "## What can be chosen"), ("webhooks.ru.md", "## Что можно выбрать")]
)
def test_the_table_is_the_catalogue(page: str, heading: str) -> None:
    table = (DOCS / page).read_text(encoding="utf-8").partition(heading)[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    assert {name for line in rows for name in re.findall(r"`([a-z_.]+)`", line.split("|")[1])} == NAMES | {TEST}


def test_the_python_example() -> None:
    space: dict[str, object] = {}
    exec(example("python"), space)
    is_ours = space["is_ours"]
    moment = int(time.time())
    assert is_ours(SECRET, sign(SECRET, moment, BODY), BODY)  # type: ignore[operator]
    for header, body in (
        (sign("other", moment, BODY), BODY),
        (sign(SECRET, moment, BODY), BODY + b" "),
        (sign(SECRET, moment - 301, BODY), BODY),
        ("", BODY),
        ("t=ы,v1=ы", BODY),
    ):
        assert not is_ours(SECRET, header, body)  # type: ignore[operator]


@pytest.mark.parametrize(("secret", "said"), [(SECRET, "genuine\n"), ("other", "")])
def test_the_shell_example(tmp_path: Path, secret: str, said: str) -> None:
    (tmp_path / "body.json").write_bytes(BODY)
    ran = subprocess.run(
        ["sh", "-c", example("sh")], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={"HEADER": sign(secret, 1766570400, BODY), "SECRET": SECRET, "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert ran.stdout == said, ran.stderr
