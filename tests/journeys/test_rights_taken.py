"""What somebody may is taken away while his browser is open: it counts within seconds, without his doing anything."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from otklik.testing.browser import Visitor, visitor
from otklik.testing.server import Desk
from tests.journeys.conftest import add_colleague, letter
from tests.journeys.test_live import WAYS

pytestmark = pytest.mark.journey
SECRET = "a long secret of Ilya 3"


@pytest.fixture
def email(desk: Desk) -> str:
    """The address of a colleague whom no other journey knows."""
    return add_colleague(desk, "Илья Временный", "ilya", SECRET)


@pytest.fixture
def ilya(request: pytest.FixtureRequest, desk: Desk, chromium_browser: Browser, email: str) -> Iterator[Visitor]:
    """The colleague with a card open that everybody at the desk may see; the parameter is how his browser hears."""
    subject = f"Пока смотрит {email}"
    desk.send_mail(letter(subject, "Проверка", sender="rights@kafe.example", name="Кафе"))
    with visitor(chromium_browser, desk.url) as person:
        person.context.add_init_script(WAYS[getattr(request, "param", "worker")])
        person.sign_in(email, SECRET)
        person.page.goto("/tickets/?folder=unassigned")
        person.page.locator(".ticket-row", has_text=subject).click()
        person.page.wait_for_url("**/tickets/*/**")
        expect(person.page.locator(".composer .ProseMirror")).to_be_visible()
        yield person


@pytest.fixture(scope="module")
def headers(desk: Desk) -> dict[str, str]:
    """Speak to the API as the administrator."""
    token = desk.cli("token", "create", "--user", "admin@demo.otklik.test").stdout.decode().split()[-1]
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def _change(desk: Desk, headers: dict[str, str], email: str, **fields: Any) -> None:
    users = json.loads(desk.get("/api/v1/users?limit=200", headers=headers).body)["items"]
    number = next(user["id"] for user in users if user["email"] == email)
    answer = desk.request("PATCH", f"/api/v1/users/{number}", body=json.dumps(fields).encode(), headers=headers)
    assert answer.status == 200, answer.text


def test_a_block_ends_the_session_at_an_open_card(
    desk: Desk, ilya: Visitor, email: str, headers: dict[str, str]
) -> None:
    _change(desk, headers, email, active=False)
    ilya.page.wait_for_url("**/accounts/login/**", timeout=20_000)


@pytest.mark.parametrize("ilya", ["worker", "asking"], indirect=True)
def test_another_role_closes_an_open_card_and_clears_the_list(
    desk: Desk, ilya: Visitor, email: str, headers: dict[str, str]
) -> None:
    listed = ilya.context.new_page()
    listed.goto("/tickets/?folder=unassigned")
    expect(listed.locator(".ticket-row").first).to_be_visible()
    _change(desk, headers, email, role="technician")  # who sees what is given to him alone
    expect(ilya.page.get_by_role("heading", name="Такой страницы нет")).to_be_visible()
    expect(listed.locator(".ticket-row")).to_have_count(0)
