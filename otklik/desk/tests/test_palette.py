"""The command palette's server half: what it finds, for whom, and what it does with half a word."""

from urllib.parse import urlencode

import pytest
from django.urls import reverse

from otklik.accounts.models import Team, User
from otklik.core.events import dispatch_batch
from otklik.core.menu import menu_for
from otklik.core.settings_store import set_value
from otklik.search.actions import read_pending
from otklik.testing.people import People
from otklik.testing.tools import assert_statements, desk_client
from otklik.tickets.actions.saving import save_reply


def _indexed() -> None:
    while dispatch_batch():
        pass
    while read_pending():
        pass


def _found(company: People, words: str, *, by: User | None = None) -> str:
    return desk_client(by or company.anna).get("/palette/", {"q": words}).content.decode()


def test_stranger_is_sent_away(company: People) -> None:
    assert desk_client().get("/palette/?q=витрина").status_code in {302, 401}


def test_tags_are_offered_by_their_beginning(company: People) -> None:
    company.ticket(tags=["Холод & лёд"])
    for words in ("хол", "#ХОЛОД"):
        page = _found(company, words)
        assert "Холод &amp; лёд" in page
        assert "/tickets/?tag=%D0%A5" in page
    assert "Метка" not in _found(company, "лёд")


def test_number_words_people_and_organisations(company: People) -> None:
    ticket = company.ticket("Не холодит витрина")
    _indexed()
    assert f'href="/tickets/{ticket.pk}/"' in _found(company, str(ticket.pk))
    assert "Не холодит витрина" in _found(company, "витрины")
    assert f'href="/contacts/{company.clara.pk}/"' in _found(company, company.clara.name[:4].lower())
    assert company.clara.organization is not None
    assert f'href="/organizations/{company.clara.organization.pk}/"' in _found(company, company.clara.organization.name)


def test_sections_of_the_settings_by_right_and_in_the_wrong_layout(company: People) -> None:
    for words in ("почт", "gjxn", "ящик"):
        assert 'href="/settings/mailboxes/"' in _found(company, words, by=company.admin), words
    assert 'href="/settings/mailboxes/"' not in _found(company, "почт", by=company.technician)
    assert 'href="/settings/mailboxes/"' not in _found(company, "очтовые", by=company.admin)  # no beginning of a word


def test_every_section_is_found_by_its_name(company: People) -> None:
    sections = menu_for(company.actor(company.admin), "settings")
    assert len(sections) > 5
    for item in sections:
        assert f'href="{reverse(item.url_name)}"' in _found(company, str(item.label), by=company.admin), item.key


def test_tags_and_saved_replies(company: People) -> None:
    anna = company.actor(company.anna)
    company.ticket(tags=["Гарантия"])
    saved = save_reply(None, title="Гарантийный случай", body_text="Приедем бесплатно", sharing="own", by=anna)
    html = _found(company, "гарант")
    assert f"/tickets/?{urlencode({'tag': 'Гарантия'})}" in html
    assert f'href="/saved-replies/{saved.pk}/"' in html
    assert "data-saved=" not in html
    asked = {"q": "ufhfyn", "writing": "1"}  # «гарант» with the Latin layout on
    html = desk_client(company.anna).get("/palette/", asked).content.decode()
    assert f'data-saved="{saved.pk}"' in html
    assert "Гарантия" in html
    assert "Гарантийный" not in _found(company, "гарант", by=company.boris)  # his own replies only
    assert "Гарантийный" not in _found(company, "гарант", by=company.observer)


@pytest.mark.parametrize(
    "words", ["", "я", "status:", "status:нет", '"', "-", "\x00", "<script>" * 40, "№ 99999999999999999999"]
)
def test_any_words_get_an_answer(company: People, words: str) -> None:
    answer = desk_client(company.anna).get("/palette/", {"q": words})
    assert answer.status_code == 200
    assert "<script>" not in answer.content.decode()


def test_what_may_not_be_seen_is_not_found(company: People) -> None:
    set_value("agents_see", "teams", by=company.actor(company.admin))
    ticket = company.ticket("Канарейка в чужой команде", team=Team.objects.create(name="Склад", position=9))
    _indexed()
    html = _found(company, "канарейка", by=company.boris)
    assert f"/tickets/{ticket.pk}/" not in html
    assert f"/tickets/{ticket.pk}/" not in _found(company, str(ticket.pk), by=company.boris)
    assert f"/tickets/{ticket.pk}/" in _found(company, "канарейка", by=company.admin)


def test_statements_do_not_grow(company: People) -> None:
    for number in range(8):
        company.ticket(f"Витрина {number}")
    _indexed()
    browser = desk_client(company.anna)
    browser.get("/palette/?q=витрина")
    with assert_statements(12):
        browser.get("/palette/?q=витрина")
