"""The list of tickets: who sees it, what it costs, pages, news and search."""

import pytest

from otklik.core.actor import Actor
from otklik.core.settings_store import set_value
from otklik.testing.people import People
from otklik.testing.tools import assert_statements, desk_client
from otklik.tickets import actions
from otklik.tickets.models import Ticket


def test_anonymous_goes_to_sign_in(company: People) -> None:
    answer = desk_client().get("/tickets/?folder=open")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/")


def test_list_shows_what_the_row_holds(company: People) -> None:
    ticket = company.ticket("Не холодит <витрина>", priority=4, tags=["холод", "срок", "сеть"])
    page = desk_client(company.anna).get("/tickets/?folder=open").content.decode()
    assert "Не холодит &lt;витрина&gt;" in page
    assert f'href="/tickets/{ticket.pk}/?folder=open"' in page
    assert "Клара Миронова" in page
    assert "Берёзка" in page
    assert "Срочный" in page
    assert ">+1<" in page
    assert 'data-count="open">1<' in page


def test_list_costs_four_statements_whatever_the_rows(company: People) -> None:
    browser = desk_client(company.anna)
    company.ticket()
    browser.get("/tickets/?folder=open")
    with assert_statements(4):
        browser.get("/tickets/?folder=open")
    for number in range(8):
        company.ticket(f"Заявка {number}", tags=["одна", "две"], assignee=company.anna)
    browser.get("/tickets/?folder=open")
    with assert_statements(4):
        browser.get("/tickets/?folder=open")


def test_limited_agent_does_not_see_other_teams(company: People) -> None:
    set_value("agents_see", "teams", by=Actor.system())
    foreign = company.ticket("Чужая заявка", team=company.field)
    browser = desk_client(company.anna)
    assert "Чужая заявка" not in browser.get("/tickets/?folder=all").content.decode()
    assert "Чужая заявка" not in browser.get(f"/tickets/?folder=all&ids={foreign.pk}").content.decode()
    assert "Чужая заявка" not in browser.get(f"/search/?q={foreign.pk}").content.decode()


def test_next_page_begins_where_this_one_ended(company: People) -> None:
    for number in range(60):
        company.ticket(f"Номер {number:02}")
    browser = desk_client(company.anna)
    first = browser.get("/tickets/?folder=open").content.decode()
    assert first.count('class="ticket-row ') == 50
    more = first.partition('data-more hx-get="')[2].partition('"')[0].replace("&amp;", "&")
    with assert_statements(3):
        second = browser.get(more, headers={"HX-Request": "true"}).content.decode()
    assert second.count('class="ticket-row ') == 10
    assert "<html" not in second
    assert "Номер 09" in second
    assert "Номер 10" in first
    assert "data-more" not in second


def test_news_fetch_only_the_rows_they_are_about(company: People) -> None:
    mine = company.ticket("Моя", assignee=company.anna)
    other = company.ticket("Чужая", assignee=company.boris)
    part = desk_client(company.anna).get(f"/tickets/?folder=mine&ids={mine.pk},{other.pk}").content.decode()
    assert f'id="t-{mine.pk}"' in part
    assert f'id="t-{other.pk}"' not in part


def test_first_day_offers_a_mailbox_to_the_administrator_only(company: People) -> None:
    link = "/settings/mailboxes/"
    assert f'button--primary" href="{link}"' in desk_client(company.admin).get("/tickets/?folder=open").content.decode()
    assert f'button--primary" href="{link}"' not in desk_client(company.anna).get("/tickets/").content.decode()


@pytest.mark.parametrize("query", ["folder=nothing", "folder=team-99999", "folder=team-x", "folder=mine'--"])
def test_unknown_folder_is_404(company: People, query: str) -> None:
    assert desk_client(company.anna).get(f"/tickets/?{query}").status_code == 404


@pytest.mark.parametrize("query", ["cursor=abc", "cursor=", "ids=1;2", "ids=", "ids=99999999999999999999"])
def test_broken_places_are_refused_in_words(company: People, query: str) -> None:
    answer = desk_client(company.anna).get(f"/tickets/?{query}")
    assert answer.status_code in {200, 400, 404, 422}
    assert answer.status_code != 500


def test_snoozed_ticket_leaves_its_folder(company: People) -> None:
    from datetime import timedelta

    from otklik.core.clock import now

    ticket = company.ticket("Отложим", assignee=company.anna)
    browser = desk_client(company.anna)
    actions.snooze(ticket, until=now() + timedelta(hours=3), by=company.actor(company.anna))
    assert "Отложим" not in browser.get("/tickets/?folder=mine").content.decode()
    assert "Отложим" in browser.get("/tickets/?folder=snoozed").content.decode()


def test_bulk_assignment_skips_what_one_may_not_see(company: People) -> None:
    set_value("agents_see", "teams", by=Actor.system())
    mine, foreign = company.ticket("Моя"), company.ticket("Чужая", team=company.field)
    answer = desk_client(company.anna).post(
        "/tickets/bulk/",
        {"ids": f"{mine.pk},{foreign.pk}", "assignee": company.boris.pk},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 204
    assert Ticket.objects.get(pk=mine.pk).assignee == company.boris
    assert Ticket.objects.get(pk=foreign.pk).assignee is None
