"""How one learns the address that makes the first administrator: wherever one looks, and only while nobody is there."""

import json
from typing import Any

import pytest

from otklik.config.cli import main
from otklik.config.serve.plan import Plan
from otklik.config.serve.prepare import prepare
from otklik.desk.first.tokens import setup_token
from otklik.testing.people import people

pytestmark = pytest.mark.django_db
PARTS = (
    Plan(data="x", web=2, services=None, prepare=False),
    Plan(data="x", web=0, without=("smtp",), prepare=False),
)


@pytest.fixture(autouse=True)
def address(settings: Any) -> str:
    settings.BASE_URL = "https://desk.example"
    return f"https://desk.example/setup/{setup_token()}/"


@pytest.mark.parametrize("plan", PARTS)
def test_pages_and_background_work_alone_tell_it(plan: Plan, address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert plan.tells
    assert prepare(plan) == 0
    assert address in capsys.readouterr().err
    people()
    assert prepare(plan) == 0
    assert "/setup/" not in capsys.readouterr().err


def test_the_receiver_alone_is_no_place_to_look() -> None:
    assert not Plan(data="x", web=0, services=("smtp",), prepare=False).tells


def test_a_part_without_a_database_starts_all_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from django.db import OperationalError

    def away() -> bool:
        raise OperationalError("could not connect")

    monkeypatch.setattr("otklik.desk.first.tokens.is_new", away)
    assert prepare(PARTS[0]) == 0
    assert capsys.readouterr().err == ""


def test_the_upgrade_tells_it(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manage", "migrate"]) == 0
    assert address in capsys.readouterr().out
    people()
    assert main(["manage", "migrate"]) == 0
    assert "/setup/" not in capsys.readouterr().out


def test_the_check_tells_it(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    def told() -> list[dict[str, str]]:
        main(["check", "--json", "--offline"])
        findings = json.loads(capsys.readouterr().out)["findings"]
        return [finding for finding in findings if finding["check"] == "first administrator"]

    (finding,) = told()
    assert finding["level"] == "warning"
    assert address in finding["advice"]
    people()
    assert told() == []


def test_without_a_configured_address_the_path_is_told(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    settings.BASE_URL = ""
    prepare(PARTS[1])
    assert f"…/setup/{setup_token()}/" in capsys.readouterr().err
