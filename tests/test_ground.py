"""The ground holds: locks without addresses, commands as promised, a wheel that is whole."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock", "tools/uv.lock")


def locked(name: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / name).read_text(), re.MULTILINE))


@pytest.mark.parametrize("name", LOCKS)
def test_lock_is_hashed_and_names_no_address(name):
    text = (ROOT / name).read_text()
    assert not re.search(r"://|^--(index|extra|find)", text, re.MULTILINE)
    for package in re.split(r"^(?=[a-z0-9._-]+==)", text, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in package


def test_locks_hold_what_the_project_names():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = {re.match(r"[\w.-]+", line)[0].lower().replace(".", "-") for line in project["project"]["dependencies"]}
    assert wanted <= locked("requirements.lock")
    assert locked("requirements.lock") <= locked("requirements-dev.lock")


def test_make_lists_what_the_readme_promises():
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("run", "test", "check", "fix", "bench", "soak", "screenshots", "demo-reset", "openapi", "messages"):
        assert re.search(rf"^  make {target} +\S", listed, re.MULTILINE), target


def test_wheel_holds_everything_that_a_desk_needs_and_no_tests(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for source in (ROOT / "otklik").rglob("*"):
        name = source.relative_to(ROOT).as_posix()
        if source.suffix in {".html", ".css", ".js", ".svg", ".po"} and "/tests/" not in name:
            assert name in names
        if source.suffix == ".po":
            assert name.replace(".po", ".mo") in names
    assert not [name for name in names if "/tests/" in name]
    assert any(name.endswith("dist-info/licenses/LICENSE") for name in names)
