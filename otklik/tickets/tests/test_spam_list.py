"""The list of spam senders: what taught it, what is entered by hand, and who may."""

import pytest

from otklik.channels.email.standing import empty_facts
from otklik.core.errors import Forbidden, Invalid
from otklik.testing.people import MAILBOX, People
from otklik.testing.tools import desk_client
from otklik.tickets.actions.shelving import mark_spam
from otklik.tickets.actions.spam_list import add_spam_sender, remove_spam_sender
from otklik.tickets.models import SpamDomain
from otklik.tickets.tests.test_api import Api


def test_what_spam_taught_names_its_ticket_and_can_be_taken_off(company: People) -> None:
    ticket = company.ticket("Купите окна", requester=company.dmitri)
    mark_spam(ticket, learn="address", by=company.actor(company.anna))
    page = desk_client(company.vera).get("/settings/spam/").content.decode()
    assert "dmitri@elsewhere.example" in page
    assert f"Взято из заявки {ticket.pk}" in page
    assert "Анна Лебедева" in page
    assert "dmitri@elsewhere.example" in empty_facts().spam_domains
    row = SpamDomain.objects.get()
    for _press in range(2):
        assert desk_client(company.vera).post("/settings/spam/", {"remove": row.pk}).status_code == 302
    company.dmitri.refresh_from_db()
    assert not company.dmitri.is_blocked
    assert not SpamDomain.objects.exists()


@pytest.mark.parametrize("text", ["", "no-domain", "two words.example", "@", "gmail.com", MAILBOX, "desk.example"])
def test_what_cannot_be_meant_is_refused(company: People, text: str) -> None:
    with pytest.raises(Invalid):
        add_spam_sender(text, by=company.actor(company.vera))


def test_agent_keeps_out_and_program_adds_once(company: People) -> None:
    with pytest.raises(Forbidden):
        add_spam_sender("bad.example", by=company.actor(company.anna))
    with pytest.raises(Forbidden):
        remove_spam_sender(1, by=company.actor(company.anna))
    assert desk_client(company.anna).get("/settings/spam/").status_code == 404
    call = Api(company.vera)
    ids = {call("post", "/spam-senders", {"sender": " @Bad.Example "})[1]["id"] for _time in range(2)}
    assert len(ids) == 1
    shown = call("get", "/spam-senders")[1]["items"][0]
    assert (shown["sender"], shown["ticket"], shown["added_by"]) == ("bad.example", None, "Вера Стоянова")
    assert call("post", "/spam-senders", {"sender": "x", "more": 1})[0] == 422
    assert call("delete", f"/spam-senders/{shown['id']}")[0] == 200
    assert call("delete", f"/spam-senders/{shown['id']}")[0] == 404
