"""A card knows where it was opened from: back, on and send-and-next stay in that folder or search."""

from urllib.parse import urlencode

import pytest
from django.test import Client

from otklik.core.actor import Actor
from otklik.core.events import dispatch_batch
from otklik.core.settings_store import set_value
from otklik.search.actions import read_pending
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets import actions
from otklik.tickets.models import Ticket
from otklik.tickets.queries.places import Place


def _three(company: People, subject: str = "Витрина греет") -> list[Ticket]:
    tickets = [company.ticket(f"{subject} {number}") for number in range(3)]
    while dispatch_batch():
        pass
    while read_pending():
        pass
    return tickets[::-1]  # as lists show them


def _to(browser: Client, url: str) -> str:
    answer = browser.get(url)
    assert answer.status_code == 302
    return answer.headers["Location"]


def _send_and_next(browser: Client, ticket: Ticket, place: str) -> str:
    words = {"reply_text": "Ответ", "then": "next", "status": "open", "place": place}
    answer = browser.post(f"/tickets/{ticket.pk}/replies/", words, headers={"HX-Request": "true"})
    return answer.headers["HX-Redirect"]


@pytest.mark.parametrize(
    ("query", "url"),
    [
        ("", "/tickets/?folder=open"),
        ("folder=mine", "/tickets/?folder=mine"),
        ("folder=tag%3A%D1%85%D0%BE%D0%BB%D0%BE%D0%B4", "/tickets/?folder=tag%3A%D1%85%D0%BE%D0%BB%D0%BE%D0%B4"),
        ("q=org%3Aacme+pump&sort=fit", "/search/?q=org%3Aacme+pump&sort=fit"),
    ],
)
def test_card_leads_back_to_where_it_was_opened(company: People, query: str, url: str) -> None:
    ticket = company.ticket()
    html = desk_client(company.anna).get(f"/tickets/{ticket.pk}/?{query}").content.decode().replace("&amp;", "&")
    assert f'href="{url}" data-back' in html
    assert f'name="place" value="{query}"' in html
    assert f'href="/tickets/{ticket.pk}/next/{"?" if query else ""}{query}"' in html


def test_folder_is_walked_both_ways(company: People) -> None:
    newest, middle, oldest = _three(company)
    browser = desk_client(company.anna)
    assert _to(browser, f"/tickets/{middle.pk}/next/?folder=open") == f"/tickets/{oldest.pk}/?folder=open"
    assert _to(browser, f"/tickets/{middle.pk}/previous/?folder=open") == f"/tickets/{newest.pk}/?folder=open"
    assert _to(browser, f"/tickets/{newest.pk}/previous/?folder=open") == "/tickets/?folder=open"
    assert _to(browser, f"/tickets/{oldest.pk}/next/?folder=open") == f"/tickets/{newest.pk}/?folder=open"
    assert _to(browser, "/tickets/next/?folder=open") == f"/tickets/{newest.pk}/?folder=open"
    assert browser.get(f"/tickets/{middle.pk}/next/?folder=nothing").status_code == 404


def test_folder_of_a_tag_is_walked_both_ways(company: People) -> None:
    oldest, middle, newest = (company.ticket(f"Заявка {number}", tags=["Лёд & снег"]) for number in range(3))
    company.ticket("Без метки")
    actions.add_note(oldest, body_text="Ожила", by=company.actor(company.anna))  # the order is that of numbers
    browser, place = desk_client(company.anna), urlencode({"folder": "tag:лёд & снег"})
    assert _to(browser, f"/tickets/{middle.pk}/next/?{place}") == f"/tickets/{oldest.pk}/?{place}"
    assert _to(browser, f"/tickets/{middle.pk}/previous/?{place}") == f"/tickets/{newest.pk}/?{place}"
    assert _send_and_next(browser, newest, place) == f"/tickets/{middle.pk}/?{place}"


def test_folder_is_walked_in_the_readers_own_order(company: People) -> None:
    newest, middle, oldest = _three(company)
    browser = desk_client(company.anna)
    browser.post("/tickets/columns/", {"folder": "open", "sort": "activity", "here": "1", "column": ["subject"]})
    assert _to(browser, f"/tickets/{middle.pk}/next/?folder=open") == f"/tickets/{newest.pk}/?folder=open"
    assert _to(browser, f"/tickets/{middle.pk}/previous/?folder=open") == f"/tickets/{oldest.pk}/?folder=open"


def test_what_was_found_is_walked_both_ways(company: People) -> None:
    newest, middle, oldest = _three(company)
    browser, place = desk_client(company.anna), "q=%D0%B2%D0%B8%D1%82%D1%80%D0%B8%D0%BD%D0%B0"
    company.ticket("Другое")
    assert _to(browser, f"/tickets/{middle.pk}/next/?{place}") == f"/tickets/{oldest.pk}/?{place}"
    assert _to(browser, f"/tickets/{middle.pk}/previous/?{place}") == f"/tickets/{newest.pk}/?{place}"
    assert _to(browser, f"/tickets/{oldest.pk}/next/?{place}") == f"/search/?{place}"
    assert _to(browser, f"/tickets/{newest.pk}/previous/?{place}") == f"/search/?{place}"
    assert _to(browser, f"/tickets/{middle.pk}/next/?q=status%3A") == "/search/?q=status%3A"  # half a line


def test_sending_goes_on_where_the_list_went_on(company: People) -> None:
    newest, middle, oldest = _three(company)
    browser = desk_client(company.anna)
    assert _send_and_next(browser, newest, "folder=open") == f"/tickets/{middle.pk}/?folder=open"
    assert _send_and_next(browser, middle, "folder=open") == f"/tickets/{oldest.pk}/?folder=open"  # not back to the top
    found = "q=%D0%B2%D0%B8%D1%82%D1%80%D0%B8%D0%BD%D0%B0"
    assert _send_and_next(browser, oldest, found).endswith(found)
    assert _send_and_next(browser, oldest, "folder=nothing") == "/tickets/?folder=open"


def test_way_leads_past_what_may_not_be_seen(company: People) -> None:
    set_value("agents_see", "teams", by=Actor.system())
    own = company.ticket("Своя", team=company.desk)
    company.ticket("Чужая", team=company.field)
    newest = company.ticket("Новая", team=company.desk)
    assert desk_client().get(f"/tickets/{own.pk}/previous/").status_code in {302, 401}
    browser = desk_client(company.anna)
    assert _to(browser, f"/tickets/{own.pk}/previous/?folder=open") == f"/tickets/{newest.pk}/?folder=open"


def test_place_reads_only_what_it_knows() -> None:
    assert Place.of({"folder": "x" * 99}).folder == "x" * 60
    assert Place.of({"q": "насос", "sort": "age", "folder": "mine"}) == Place(line="насос")
