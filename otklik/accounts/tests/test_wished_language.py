"""The language that a stranger chooses by a link: it stays, and the link leads nowhere else."""

import re

import pytest
from django.http import HttpResponse

from otklik.testing.people import People
from otklik.testing.tools import desk_client

pytestmark = pytest.mark.django_db
RUSSIAN = {"accept-language": "ru-RU,ru;q=0.9"}


def languages(page: HttpResponse) -> list[str]:
    """Return where the links to other languages lead."""
    return re.findall(r'href="([^"]*)" lang="(?:en|ru)"', page.content.decode())


def test_chosen_language_stays_with_the_browser(company: People) -> None:
    browser = desk_client(**RUSSIAN)
    assert "Войти" in browser.get("/accounts/login/").content.decode()
    assert "Войти" not in browser.get("/accounts/login/?lang=en").content.decode()
    refused = browser.post("/accounts/login/", {"login": "nobody@desk.example", "password": "wrong"})
    assert refused.headers["Content-Language"] == "en"
    assert browser.get("/accounts/password/reset/").headers["Content-Language"] == "en"
    browser.get("/accounts/login/?lang=xx")
    assert browser.get("/accounts/login/").headers["Content-Language"] == "en"
    cookie = browser.cookies["otklik_lang"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_person_speaks_his_own_language_whatever_a_link_says(company: People) -> None:
    anna = desk_client(company.anna)
    page = anna.get("/accounts/logout/?lang=en")
    assert page.headers["Content-Language"] == "ru"
    assert languages(page) == []
    assert "otklik_lang" not in anna.cookies


def test_link_to_the_other_language_keeps_where_one_wanted_to_go(company: People) -> None:
    browser = desk_client(**RUSSIAN)
    assert languages(browser.get("/accounts/login/")) == ["?lang=en"]
    assert languages(browser.get("/accounts/login/?next=/tickets/7/")) == ["?next=%2Ftickets%2F7%2F&amp;lang=en"]
    wrong = {"login": "nobody@desk.example", "password": "wrong", "next": "/tickets/7/"}
    assert languages(browser.post("/accounts/login/", wrong)) == ["?next=%2Ftickets%2F7%2F&amp;lang=en"]
    assert languages(browser.get("/accounts/login/?next=https://evil.example/&lang=en")) == ["?lang=ru"]
