"""The examples in ``deploy/`` say what is true: variables, commands, addresses and files that exist."""

import configparser
import re
import shlex
from pathlib import Path

import pytest

from otklik.config.cli import build_parser
from scripts.docs import VARIABLE

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
EXAMPLES = sorted(path for path in DEPLOY.iterdir() if path.is_file())


def read(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_variable_exists(path: Path) -> None:
    known = set(VARIABLE.findall((ROOT / "docs" / "settings.md").read_text(encoding="utf-8")))
    named = {name.removesuffix("_FILE") for name in VARIABLE.findall(path.read_text(encoding="utf-8"))}
    assert named - known == set()


def parsed(words: list[str]) -> None:
    if words[0] != "manage":
        build_parser().parse_args(words)  # ends the process with 64 for what it does not know


def test_the_commands_of_the_units_exist() -> None:
    for name in ("otklik.service", "otklik-backup.service"):
        unit = configparser.RawConfigParser(strict=False)
        unit.optionxform = str  # type: ignore[assignment,method-assign]
        unit.read_string(read(name))
        assert unit["Service"]["StateDirectory"].split()[0] == "otklik"
        command = unit["Service"]["ExecStart"].replace("$(date +%%F-%%H%%M)", "today")
        words = shlex.split(command)
        if words[0] == "/bin/sh":
            words = shlex.split(words[2])
        assert words[0] == "/opt/otklik/bin/otklik"
        parsed(words[1:])
    timer = configparser.RawConfigParser()
    timer.read_string(read("otklik-backup.timer"))
    assert timer["Timer"]["OnCalendar"]


def services() -> dict[str, str]:
    """Split the compose file into its services; YAML is not a dependency of ours, and this much needs none."""
    block = read("compose.yaml").split("\nservices:\n")[1].split("\nsecrets:\n")[0]
    parts = re.split(r"^  ([a-z]+):\n", block, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_services_of_compose_start_commands_that_exist() -> None:
    found = services()
    assert set(found) == {"minio", "postgres", "migrate", "web", "worker", "smtp"}
    for name, text in found.items():
        if command := re.search(r"command: \[(.*)\]", text):
            parsed([word.strip().strip('"') for word in command[1].split(",")])
            assert "<<: *otklik" in text
        else:
            assert name in {"minio", "postgres"}
    assert "\t" not in read("compose.yaml")


def test_compose_names_only_secrets_and_volumes_that_it_declares() -> None:
    text = read("compose.yaml")
    declared = text.split("\nsecrets:\n")[1]
    for line in re.findall(r"secrets: \[(.*)\]", text):
        for secret in line.split(","):
            assert f"  {secret.strip()}: {{file:" in declared
    for volume in re.findall(r'"([a-z]+):/', text):
        assert re.search(rf"^  {volume}:$", declared, re.MULTILINE)


def test_the_header_of_compose_makes_the_secrets_where_compose_looks_for_them() -> None:
    """Compose takes relative paths from the folder of its file, and ``.env`` from there too."""
    text = read("compose.yaml")
    header = text.split("\nname:")[0]
    wanted = {f"deploy/{path}" for path in re.findall(r"\{file: \./(\S+)\}", text)}
    written = set(re.findall(r"> (\S+)", header))
    assert written == wanted | {"deploy/.env"}
    assert len(wanted) == 4
    assert re.findall(r"mkdir .*?(\S+)$", header, re.MULTILINE) == ["deploy/secrets"]
    assert not re.search(r"(?<!/)\bsecrets/", header)
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"/deploy/secrets/", "/deploy/.env"} <= set(ignored)


@pytest.mark.parametrize("name", ["deploy/compose.yaml", "docs/operations.md", "docs/operations.ru.md"])
def test_every_command_of_compose_names_its_file_and_what_exists(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    commands = re.findall(r"docker compose ([^&#\n]*)", text)
    assert len(commands) >= 3
    for command in commands:
        words = shlex.split(command)
        assert words[:2] == ["-f", "deploy/compose.yaml"], command
        if "run" in words:
            place = next(number for number, word in enumerate(words) if word in services())
            parsed(words[place + 1 :])
            assert "/backups" in " ".join(words[:place])


def test_the_image_copies_files_that_exist_and_runs_without_root() -> None:
    text = read("Dockerfile")
    for line in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.MULTILINE):
        for name in line.split():
            assert (ROOT / name).exists(), name
            assert f"!{name}" in read("Dockerfile.dockerignore").splitlines(), name
    assert re.findall(r"^USER (\S+)$", text, re.MULTILINE)[-1] == "otklik"
    assert "HEALTHCHECK" in text
    command = re.search(r"^CMD \[(.*)\]$", text, re.MULTILINE)
    assert command
    parsed([word.strip().strip('"') for word in command[1].split(",")])


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_the_proxies_leave_the_stream_unbuffered_and_take_whole_bodies(name: str) -> None:
    from otklik.config.asgi import MAX_BODY
    from otklik.desk.streams.app import PATH

    text = read(name)
    assert text.count("{") == text.count("}")
    assert re.search(rf"{PATH}(\s|$)", text, re.MULTILINE)
    assert "proxy_buffering off" in text or "flush_interval -1" in text
    assert f"{MAX_BODY // 1024**2}m" in text.lower()
    assert "/metrics" in text
