"""The frame of pages: sign-in, demo, profile, errors, language and theme."""

import pytest
from django.http import HttpRequest
from django.test import override_settings

from otklik.accounts.actions import add_user
from otklik.accounts.models import User
from otklik.core.actor import Actor
from otklik.desk import context
from otklik.desk.views import errors
from otklik.testing.people import PASSWORD, People
from otklik.testing.tools import desk_client

PROFILE = {"name": "Анна Л.", "language": "en", "theme": "dark", "time_zone": "Asia/Omsk", "signature": "С уважением"}


def test_home_leads_to_open_tickets(company: People) -> None:
    answer = desk_client(company.anna).get("/")
    assert answer.headers["Location"] == "/tickets/?folder=open"
    assert desk_client().get("/").headers["Location"].startswith("/accounts/login/")


def test_sign_in_by_the_page(company: People) -> None:
    browser = desk_client()
    page = browser.get("/accounts/login/").content.decode()
    assert "Вход" in page
    assert "Это демонстрация" not in page
    wrong = browser.post("/accounts/login/", {"login": "anna@desk.example", "password": "no"})
    assert "form-error" in wrong.content.decode()
    answer = browser.post("/accounts/login/", {"login": "anna@desk.example", "password": PASSWORD})
    assert answer.status_code == 302
    assert browser.get("/tickets/").status_code == 200


@override_settings(DEMO=True)
def test_demo_offers_its_people_and_says_so_on_every_page(company: People) -> None:
    add_user(
        "agent@demo.otklik.test", name="Анна Демо", role="agent", password="demo", by=Actor.system(),
        check_password=False,
    )  # fmt: skip
    browser = desk_client()
    page = browser.get("/accounts/login/").content.decode()
    assert "Это демонстрация" in page
    assert 'value="agent@demo.otklik.test"' in page
    assert "admin@demo.otklik.test" not in page  # offered only when the person exists
    browser.post("/accounts/login/", {"login": "agent@demo.otklik.test", "password": "demo"})
    for address in ("/tickets/", "/profile/", "/tickets/new/"):
        assert "demo-line" in browser.get(address).content.decode()


def test_profile_changes_language_theme_and_signature(company: People) -> None:
    browser = desk_client(company.anna)
    page = browser.get("/profile/").content.decode()
    assert "Профиль" in page
    assert 'data-theme="' not in page.partition(">")[2].partition(">")[0]
    assert browser.post("/profile/", PROFILE).status_code == 302
    page = browser.get("/profile/").content.decode()
    assert '<html lang="en" data-theme="dark">' in page
    assert "Profile" in page
    user = User.objects.get(pk=company.anna.pk)
    assert (user.name, user.time_zone, user.signature) == ("Анна Л.", "Asia/Omsk", "С уважением")


def test_profile_tells_what_is_wrong_at_the_field(company: People) -> None:
    answer = desk_client(company.anna).post("/profile/", PROFILE | {"name": " ", "time_zone": "Mars/Base"})
    assert answer.status_code == 422
    assert 'id="name-error"' in answer.content.decode()
    assert User.objects.get(pk=company.anna.pk).language == "ru"


def test_policy_of_pages_is_strict(company: People) -> None:
    policy = desk_client(company.anna).get("/tickets/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_menu_holds_only_what_one_may_open(company: People) -> None:
    page = desk_client(company.technician).get("/tickets/").content.decode()
    assert "/settings/mailboxes/" not in page
    assert 'href="/tickets/new/"' not in page


@pytest.mark.parametrize(
    ("view", "status"),
    [(errors.bad_request, 400), (errors.forbidden, 403), (errors.not_found, 404), (errors.server_error, 500)],
)
def test_error_pages_say_what_to_do_without_a_session(db: None, view: object, status: int) -> None:
    request = HttpRequest()
    request.META |= {"SERVER_NAME": "desk", "SERVER_PORT": "80"}
    from django.contrib.auth.models import AnonymousUser

    request.user = AnonymousUser()
    answer = view(request)  # type: ignore[operator]
    assert answer.status_code == status
    assert 'class="empty' in answer.content.decode()


def test_missing_page_is_drawn(company: People) -> None:
    answer = desk_client(company.anna).get("/no/such/page/")
    assert answer.status_code == 404
    assert "Такой страницы нет" in answer.content.decode()


@pytest.mark.parametrize(
    "address",
    ["/accounts/password/reset/", "/accounts/password/reset/done/", "/accounts/inactive/",
     "/accounts/password/reset/key/1-set-password/"],
)  # fmt: skip
def test_pages_before_sign_in_wear_our_face(db: None, address: str) -> None:
    answer = desk_client().get(address)
    assert answer.status_code == 200
    assert "signin__box" in answer.content.decode()


def test_password_is_changed_on_our_page(company: People) -> None:
    browser = desk_client(company.anna)
    assert "signin__box" in browser.get("/accounts/password/change/").content.decode()


def test_browser_that_chose_one_line_gets_it_from_the_start(company: People) -> None:
    browser = desk_client(company.anna)
    assert "data-density" not in browser.get("/tickets/").content.decode().partition("<body")[0]
    browser.cookies["otklik_density"] = "compact"
    assert 'data-density="compact"' in browser.get("/tickets/").content.decode().partition("<body")[0]
    browser.cookies["otklik_density"] = '"><script>'
    assert "script>" not in browser.get("/tickets/").content.decode().partition("<head")[0]


def test_counters_of_the_menu_stand_on_the_page_itself(company: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "menu_counters", lambda _actor: {"menu.ledger": "6"})
    page = desk_client(company.admin).get("/tickets/").content.decode()
    assert 'data-count="menu.ledger">6</span>' in page  # not only when the stream has said so
