"""The search page and the same language in the API: what is shown, what it costs, and what a reader may not see."""

import json

import pytest

from otklik.accounts import actions as accounts
from otklik.accounts.queries import actor_for
from otklik.core.actor import Actor
from otklik.core.settings_store import set_value
from otklik.testing.people import People
from otklik.testing.tools import assert_statements, desk_client
from otklik.tickets import actions
from otklik.tickets.tests.test_searching import read_all

PART = {"HX-Request": "true"}


def test_found_words_are_marked_in_subject_and_text(company: People) -> None:
    ticket = company.ticket("Холодильник <гудит>", body_text="Добрый день. Холодильники у <входа> гудят с утра.")
    read_all()
    page = desk_client(company.anna).get("/search/", {"q": "холодильника"}).content.decode()
    assert "<mark>Холодильник</mark> &lt;гудит&gt;" in page
    assert "<mark>Холодильники</mark> у &lt;входа&gt;" in page
    assert f'href="/tickets/{ticket.pk}/?q=' in page
    assert "1 заявка" in page


def test_page_costs_five_statements(company: People) -> None:
    browser = desk_client(company.anna)
    for number in range(5):
        company.ticket(f"Витрина {number}")
    read_all()
    browser.get("/search/?q=витрина")
    with assert_statements(5, least=5):
        assert browser.get("/search/?q=витрина").content.count(b"ticket-row__open") == 5
    with assert_statements(5):
        browser.get("/search/", {"q": "витрина"}, headers=PART)
    with assert_statements(2):
        browser.get("/search/")


def test_script_gets_the_found_part_alone(company: People) -> None:
    company.ticket()
    read_all()
    answer = desk_client(company.anna).get("/search/", {"q": "витр"}, headers=PART)
    assert answer.content.decode().lstrip().startswith('<section class="found"')
    assert "HX-Request" in answer.headers["Vary"]


def test_chips_say_what_was_understood_and_go_away(company: People) -> None:
    company.ticket(tags=["холод"])
    read_all()
    line = "витрина статус:новая -tag:спам «с утра» -вода"
    actions.set_tags(company.ticket("Другая", tags=["спам"]), tags=["спам"], by=company.actor(company.anna))
    page = desk_client(company.anna).get("/search/", {"q": line}).content.decode()
    assert "<span>Статус:</span> <b>Новая</b>" in page
    assert "<b>«с утра»</b>" in page
    assert page.count("filter-chip--not") == 2
    assert "q=%D0%B2%D0%B8%D1%82%D1%80%D0%B8%D0%BD%D0%B0+-tag" in page  # without the status


def test_unclear_part_is_named(company: People) -> None:
    page = desk_client(company.anna).get("/search/", {"q": "витрина <b>:х статус:никакой"}).content.decode()
    assert "<code>статус:никакой</code>" in page
    assert "Статуса «никакой» нет" in page
    assert "<b>:х" not in page


def test_nothing_found_says_where_was_looked_and_how_to_ask(company: People) -> None:
    page = desk_client(company.anna).get("/search/", {"q": "<компресор>"}).content.decode()
    assert "По запросу «&lt;компресор&gt;» ничего не найдено" in page
    assert "исполнитель:я" in page


def test_other_layout_is_said(company: People) -> None:
    company.ticket()
    read_all()
    page = desk_client(company.anna).get("/search/", {"q": "dbnhbyf"}).content.decode()
    assert "<b>витрина</b>" in page
    assert "<mark>Витрина</mark>" in page


def test_next_rows_and_news_come_alone(company: People) -> None:
    from otklik.tickets.views import finding

    fits, other = company.ticket("Холодит витрина"), company.ticket("Другое дело", body_text="Счёт")
    read_all()
    browser = desk_client(company.anna)
    part = browser.get("/search/", {"q": "витрина", "ids": f"{fits.pk},{other.pk}"}).content.decode()
    assert f'id="t-{fits.pk}"' in part
    assert f'id="t-{other.pk}"' not in part
    assert "<section" not in part
    for number in range(finding.PAGE):
        company.ticket(f"Витрина {number}")
    read_all()
    page = browser.get("/search/", {"q": "витрина"}).content.decode()
    assert f'id="t-{fits.pk}"' not in page
    following = page.partition('data-more hx-get="')[2].partition('"')[0].replace("&amp;", "&")
    assert f'id="t-{fits.pk}"' in browser.get(following).content.decode()


@pytest.mark.parametrize(
    "query", ["cursor=abc&q=x", "ids=1;2&q=x", "sort=wrong&q=x", "q=%00", "q=" + "x" * 5000, "cursor=W10&q=x"]
)
def test_broken_questions_are_no_faults(company: People, query: str) -> None:
    assert desk_client(company.anna).get(f"/search/?{query}").status_code in {200, 400, 404, 422}


def test_note_is_shown_as_such_and_what_is_hidden_stays_hidden(company: People) -> None:
    ticket = company.ticket("Секретная заявка", team=company.field)
    actions.add_note(ticket, body_text="Ключи у вахтёра", by=company.actor(company.vera))
    read_all()
    assert "<b>Заметка:</b> <mark>Ключи</mark>" in desk_client(company.vera).get("/search/?q=ключи").content.decode()
    set_value("agents_see", "teams", by=Actor.system())
    for reader in (company.anna, company.technician):
        page = desk_client(reader).get("/search/?q=ключи").content.decode()
        assert "Секретная" not in page
        assert "вахтёра" not in page
    assert desk_client().get("/search/?q=ключи").status_code == 302


def test_old_address_of_searches_leads_here(company: People) -> None:
    answer = desk_client(company.anna).get("/tickets/?folder=all&q=витрина")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/search/?q=%D0%B2")


def test_history_of_a_person_and_an_organisation_is_searched(company: People) -> None:
    company.ticket("Морозильный ларь")
    company.ticket("Ларь Дмитрия", requester=company.dmitri)
    read_all()
    browser = desk_client(company.anna)
    for within in (f"person={company.clara.pk}", f"organization={company.berezka.pk}"):
        part = browser.get(f"/search/history/?{within}&q=ларя").content.decode()
        assert "Морозильный ларь" in part
        assert "Ларь Дмитрия" not in part
        assert (
            "Среди этих заявок ничего не нашлось" in browser.get(f"/search/history/?{within}&q=вода").content.decode()
        )
        assert "Морозильный ларь" in browser.get(f"/search/history/?{within}&q=").content.decode()
    narrow = f"/search/history/?narrow=1&organization={company.berezka.pk}&q="
    assert "Морозильный ларь" in browser.get(f"{narrow}ларя").content.decode()
    assert browser.get(narrow).content.decode().strip() == ""
    assert browser.get("/search/history/?person=999999&q=x").status_code == 404
    assert browser.get("/search/history/?q=x").status_code == 404
    assert "data-history" in browser.get(f"/contacts/{company.clara.pk}/").content.decode()


def test_api_speaks_the_same_language(company: People) -> None:
    _row, plain = accounts.create_token(company.anna, name="t", scopes=["read"], by=actor_for(company.anna))
    program = desk_client(authorization=f"Bearer {plain}")
    first, second = company.ticket("Витрина раз"), company.ticket("Витрина два", assignee=company.anna)
    read_all()

    def ask(query: str, **more: str) -> dict:
        return json.loads(program.get("/api/v1/tickets", {"query": query, **more}).content)

    assert [item["number"] for item in ask("витрины")["items"]] == [second.pk, first.pk]
    assert [item["number"] for item in ask("витрины assignee:me")["items"]] == [second.pk]
    assert {item["number"] for item in ask("витрины", sort="fit")["items"]} == {first.pk, second.pk}
    page = ask("витрины", limit="1")
    assert [item["number"] for item in ask("витрины", limit="1", cursor=page["next"])["items"]] == [first.pk]
    assert ask("dbnhbys")["corrected"] == "витрины"
    answer = ask("status:wrong x")
    assert answer["status"] == 422
    assert answer["errors"][0]["field"] == "query"
    assert "status:wrong" in answer["errors"][0]["message"]
