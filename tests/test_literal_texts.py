"""Texts of people that look like templates or markup stay what they are, on every page and in every mail (D-50)."""

from html import unescape
from typing import Any

import pytest
from django.urls import reverse

from otklik.accounts import actions as accounts
from otklik.channels.email.models import Outgoing
from otklik.channels.email.tests.mails import arrive, mail
from otklik.contacts import actions as contacts
from otklik.core.actor import Actor
from otklik.core.events import dispatch_batch
from otklik.search.actions import read_pending
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets import actions

TRICK = "{{7*7}} {% debug %} ${7*7} #{7*7} <%= 7*7 %> %(x)s {0} {x}"
MARKUP = "</title><script>canary()</script>\"'><img src=x onerror=canary()>"


@pytest.mark.parametrize("text", [TRICK, MARKUP], ids=["templates", "markup"])
def test_every_text_is_shown_as_it_is(company: People, text: str) -> None:
    anna, system = company.actor(company.anna), Actor.system()
    accounts.change_profile(
        company.anna, by=anna, name=text, language="ru", theme="light", time_zone="Europe/Moscow", signature=text
    )
    anna = company.actor(company.anna)
    organization = contacts.add_organization(name=text, domains=["trick.example"], by=system)
    (row,) = arrive(mail(f'"{_quoted(text)}" <eve@trick.example>', subject=text, text=text), channel=company.mailbox)
    assert row.ticket is not None
    ticket = row.ticket
    contacts.change_contact(
        ticket.requester, by=anna, version=None, name=text, position=text, phone="", note=text, language="",
        addresses=["eve@trick.example"], organization=organization, is_blocked=False,
    )  # fmt: skip
    actions.set_tags(ticket, tags=[text[:20]], by=anna)
    actions.add_note(ticket, body_text=f"Заметка {text}", by=anna)
    actions.reply(ticket, body_text=f"Ответ {text}", by=anna)
    actions.assign(ticket, assignee=company.anna, by=company.actor(company.boris))  # which her bell tells

    while dispatch_batch() or read_pending():
        pass
    browser = desk_client(company.anna)
    for url in (
        reverse("tickets:list") + "?folder=open", reverse("tickets:card", args=[ticket.pk]),
        reverse("contacts:contact", args=[ticket.requester_id]), reverse("contacts:people"),
        reverse("contacts:organization", args=[organization.pk]), reverse("contacts:organizations"),
        reverse("desk:profile"), reverse("email:ledger"), reverse("email:mail", args=[row.pk]),
        reverse("email:outbox") + "?tab=waiting", reverse("tickets:search") + "?q=eve@trick.example",
        reverse("notifications:list"), reverse("notifications:panel"), reverse("tickets:print", args=[ticket.pk]),
        reverse("contacts:merge", args=[ticket.requester_id]),
    ):  # fmt: skip
        answer = browser.get(url)
        page = answer.content.decode()
        assert answer.status_code == 200, url
        assert "<script>canary" not in page, url
        assert "<img src=x" not in page, url
        assert text in _read(page), url
    suggested = browser.get(reverse("tickets:suggestions"), {"q": "eve@trick"}).json()["items"]
    assert text in suggested[0]["label"]

    sent = Outgoing.objects.get(ticket_message__isnull=False)
    assert f"Ответ {text}" in sent.text
    assert "<script>canary" not in sent.html
    assert "<img src=x" not in sent.html
    assert f"Ответ {text}" in _read(sent.html)
    assert sent.subject.endswith(" ".join(text.split()))


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _read(page: str) -> str:
    """Return the page with what is escaped in it as a browser would show it."""
    return unescape(page)


def test_the_api_gives_texts_as_they_are(company: People) -> None:
    ticket = company.ticket(TRICK, body_text=MARKUP)
    _row, plain = accounts.create_token(company.anna, name="t", scopes=[], by=company.actor(company.anna))
    program = desk_client(authorization=f"Bearer {plain}")
    found: dict[str, Any] = program.get(f"/api/v1/tickets/{ticket.pk}").json()
    assert found["subject"] == TRICK
    messages = program.get(f"/api/v1/tickets/{ticket.pk}/messages").json()["items"]
    assert MARKUP in [value for value in messages[0].values() if isinstance(value, str)]
    answer = program.get(f"/api/v1/tickets/{ticket.pk}")
    assert answer["Content-Type"].startswith("application/json")
    assert answer["X-Content-Type-Options"] == "nosniff"
