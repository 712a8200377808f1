"""The folder of a tag: who sees what in it, its pages, its price, and the chips that lead there."""

from urllib.parse import quote

import pytest
from django.db import connection

from otklik.core.actor import Actor
from otklik.core.settings_store import set_value
from otklik.testing.people import People
from otklik.testing.tools import assert_statements, desk_client
from otklik.tickets.queries.tagged import tagged
from otklik.tickets.views import tagged as view


def test_folder_shows_the_tagged_newest_first(company: People) -> None:
    first, second = company.ticket("Раз", tags=["Холод"]), company.ticket("Два", tags=["холод", "сеть"])
    company.ticket("Три", tags=["сеть"])
    page = desk_client(company.anna).get("/tickets/", {"tag": "ХОЛОД"}).content.decode()
    assert page.index(f't-{second.pk}"') < page.index(f't-{first.pk}"')
    assert "Три" not in page
    assert "Метка: ХОЛОД" in page
    assert f'<a class="chip" href="/tickets/?tag={quote("холод")}">' in page or 'href="/tickets/?tag=' in page
    card = desk_client(company.anna).get(f"/tickets/{second.pk}/").content.decode()
    assert f'href="/tickets/?tag={quote("сеть")}"' in card


def test_folder_is_one_like_the_others(company: People) -> None:
    first, second = company.ticket("Раз", tags=["холод"]), company.ticket("Два", tags=["холод"])
    anna = desk_client(company.anna)
    page = anna.get("/tickets/?tag=холод").content.decode()
    assert "data-static" not in page
    assert f'href="/tickets/{second.pk}/?folder=tag%3A' in page
    assert '<input type="hidden" name="folder" value="tag:холод">' in page  # guided work
    keys = [part.partition('"')[0] for part in page.split('data-sort="')[1:]]
    assert keys == sorted(keys, reverse=True)
    assert page.count('data-at="') == 2
    rows = anna.get(f"/tickets/?folder=tag:холод&ids={first.pk},{second.pk}").content.decode()
    assert keys == [part.partition('"')[0] for part in rows.split('data-sort="')[1:]]
    card = anna.get(f"/tickets/{second.pk}/?folder=tag:холод").content.decode()
    assert 'href="/tickets/?folder=tag%3A' in card
    assert anna.get(f"/tickets/{second.pk}/next/?folder=tag:холод").url.startswith(f"/tickets/{first.pk}/")
    assert anna.get("/tickets/next/?folder=tag:холод").url.startswith(f"/tickets/{second.pk}/")
    assert anna.get("/tickets/?folder=tag:").status_code == 404


def test_folder_remembers_its_columns_in_the_orders_it_knows(company: People) -> None:
    first, second = company.ticket("Раз", tags=["холод"]), company.ticket("Два", tags=["холод"])
    anna = desk_client(company.anna)
    menu = anna.get("/tickets/columns/?folder=tag:холод").content.decode()
    assert '<option value="created"' in menu
    assert '<option value="activity"' not in menu
    wanted = {"folder": "tag:холод", "column": ["team", "subject"], "sort": "created", "here": "1"}
    assert anna.post("/tickets/columns/", wanted).url == f"/tickets/?folder=tag%3A{quote('холод')}"
    page = anna.get("/tickets/?tag=холод").content.decode()
    assert "cell--team" in page
    assert page.index(f't-{first.pk}"') < page.index(f't-{second.pk}"')
    assert "cell--team" not in anna.get("/tickets/?tag=сеть").content.decode()
    anna.post("/tickets/columns/", wanted | {"folder": "open", "sort": "activity", "here": "0"})
    anna.post("/tickets/columns/", {"folder": "tag:холод", "usual": "1"})
    anna.post("/tickets/columns/", wanted | {"folder": "open", "sort": "activity", "here": "0"})
    page = anna.get("/tickets/?tag=холод").content.decode()
    assert page.index(f't-{second.pk}"') < page.index(f't-{first.pk}"')


def test_unknown_tag_is_an_empty_folder(company: People) -> None:
    page = desk_client(company.anna).get("/tickets/", {"tag": "<нет>"}).content.decode()
    assert "Заявок с меткой «&lt;нет&gt;» нет" in page


def test_pages_follow_each_other(company: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "PAGE", 2)
    tickets = [company.ticket(f"Заявка {n}", tags=["x"]) for n in range(5)]
    browser, url, seen = desk_client(company.anna), "/tickets/?tag=x", []
    while url:
        page = browser.get(url).content.decode()
        seen += [ticket.pk for ticket in reversed(tickets) if f'id="t-{ticket.pk}"' in page]
        url = page.partition('data-more hx-get="')[2].partition('"')[0].replace("&amp;", "&")
    assert seen == [ticket.pk for ticket in reversed(tickets)]
    assert browser.get("/tickets/?tag=x&cursor=abc").status_code in {400, 422}


def test_folder_costs_four_statements(company: People) -> None:
    browser = desk_client(company.anna)
    for number in range(5):
        company.ticket(f"Заявка {number}", tags=["холод"])
    browser.get("/tickets/?tag=холод")
    with assert_statements(4):
        browser.get("/tickets/?tag=холод")


def test_what_is_hidden_stays_hidden(company: People) -> None:
    company.ticket("Чужая", tags=["холод"], team=company.field)
    set_value("agents_see", "teams", by=Actor.system())
    assert "Чужая" not in desk_client(company.anna).get("/tickets/?tag=холод").content.decode()
    assert "Чужая" not in desk_client(company.technician).get("/tickets/?tag=холод").content.decode()
    assert "Чужая" in desk_client(company.vera).get("/tickets/?tag=холод").content.decode()


def test_folder_is_read_from_its_index(company: People) -> None:
    for number in range(3):
        company.ticket(f"Заявка {number}", tags=["холод"])
    plan = tagged(company.actor(company.vera), "холод").explain()
    if connection.vendor == "sqlite":
        assert "tickets_of_tag" in plan
        assert "TEMP B-TREE" not in plan
