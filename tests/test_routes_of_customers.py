"""What a customer reaches by the private link he holds: his own request, and nothing of another organisation's.

The other organisation's ticket, its letters, files and people carry a canary, and become entangled with his request in
every way the desk knows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from otklik.channels.webform.models import FormRequest
from otklik.channels.webform.tests.posting import post, start, upload
from otklik.contacts.actions import change_contact
from otklik.core.actor import Actor
from otklik.core.blobs import put_blob
from otklik.core.clock import now
from otklik.testing.people import People
from otklik.tickets import actions
from otklik.tickets.actions import Incoming, NewAttachment, receive
from otklik.tickets.actions.linking import link
from otklik.tickets.actions.merging import merge
from otklik.tickets.actions.requester import change_requester
from otklik.tickets.actions.sides import Letter, open_side
from otklik.tickets.models import Attachment, Ticket
from tests.routes import ROWS
from tests.routes.asking import Visitor, put_back
from tests.routes.table import CANARY
from tests.routes.world import World, furnish

FOREIGN = (CANARY, "Клара", "Берёзка", "berezka.example", "parts.example")
LATER = timedelta(minutes=5)
"""By then no answer can be taken back any more."""


@dataclass
class Desk:
    """Dmitri of one organisation with his request, Clara of another one with hers, and a world of foreign things."""

    company: People
    world: World
    his: FormRequest
    hers: FormRequest

    @property
    def ticket(self) -> Ticket:
        """His ticket as it is now."""
        return Ticket.objects.get(pk=self.his.ticket_id)

    def tokens(self) -> tuple[str, str]:
        """Both of his links."""
        return self.his.token, self.his.mail_token


@pytest.fixture
def desk(company: People) -> Desk:
    """A desk on which both have posted by the form."""
    world = furnish(company, company.admin)
    change_contact(company.dmitri, organization=company.romashka, by=Actor.system())
    his, hers = post("Гудит насос"), post(f"Тайна {CANARY}", email="clara@berezka.example", files=[upload()])
    return Desk(company, world, FormRequest.objects.get(pk=his.request.pk), FormRequest.objects.get(pk=hers.request.pk))


def _said_to_clara(desk: Desk, actor: Actor) -> None:
    actions.reply(desk.ticket, body_text=f"Только Кларе {CANARY}", to=["clara@berezka.example"], cc=[], by=actor)


def _entangled(desk: Desk) -> Iterator[str]:
    """Bring the foreign things nearer and nearer to his ticket; yield what was done."""
    anna, admin = desk.company.actor(desk.company.anna), desk.company.actor(desk.company.admin)
    yield "nothing"
    link(desk.ticket, other=desk.world.ticket, kind="related", by=admin)
    actions.add_note(desk.ticket, body_text=f"Заметка {CANARY}", by=anna)
    letter = Letter(body_text=f"Деталь {CANARY}")
    open_side(desk.ticket, letter, subject=CANARY, to=["p@parts.example"], by=anna)
    yield "a link, a note, a side conversation"
    actions.add_person(desk.ticket, address="clara@berezka.example", by=anna)
    data = f"Файл {CANARY}".encode()
    file = NewAttachment(put_blob(data).pk, f"{CANARY}.txt", "text/plain", len(data))
    said = f"Пишет другая {CANARY}"
    receive([
        Incoming(
            author=desk.company.clara, channel=desk.company.mailbox, at=now(), subject="Re", body_text=said,
            ticket=desk.ticket, attachments=[file],
        )
    ])  # fmt: skip
    _said_to_clara(desk, anna)
    yield "a participant who writes and is answered"
    merge(desk.world.ticket, into=desk.ticket, by=admin)
    yield "a merged ticket"
    assert change_requester(desk.ticket, requester=desk.company.clara, by=anna)
    _said_to_clara(desk, anna)
    actions.add_incoming(desk.ticket, body_text=f"По телефону {CANARY}", by=anna)
    yield "another requester"
    merge(desk.ticket, into=Ticket.objects.get(pk=desk.hers.ticket_id), by=admin)
    yield "his ticket merged into hers"


def test_a_customer_sees_nothing_of_another_organisation_on_his_pages(desk: Desk) -> None:
    browser = Client(raise_request_exception=False)
    for done in _entangled(desk):
        foreign = Attachment.objects.exclude(message__in=desk.his.posts.values("message_id"))
        assert foreign.count() >= 2
        with time_machine.travel(now() + LATER):
            for token in desk.tokens():
                page = browser.get(reverse("portal:request", args=[token]))
                text = page.content.decode()
                assert (page.status_code, "Гудит насос" in text) == (200, True), done
                assert [word for word in FOREIGN if word in text] == [], done
            for file in foreign:  # by the link that shows more
                url = reverse("portal:file", args=[desk.his.mail_token, file.token, file.name])
                assert browser.get(url).status_code == 404, f"{done}: {file.name}"


def test_what_a_customer_adds_is_said_in_his_own_name(desk: Desk) -> None:
    browser, before = Client(raise_request_exception=False), set(Ticket.objects.values_list("pk", flat=True))
    anna = desk.company.actor(desk.company.anna)
    change_requester(desk.ticket, requester=desk.company.clara, by=anna)
    actions.change_status(desk.ticket, status="closed", by=anna)
    for token in desk.tokens():
        more = {"text": "Ещё раз", "start": start(token), "website": ""}
        answer = browser.post(reverse("portal:request", args=[token]), more)
        assert answer.status_code == 302
        assert not any(word in browser.get(answer["Location"]).content.decode() for word in FOREIGN)
    fresh = Ticket.objects.exclude(pk__in=before)
    assert {row.requester_id for row in fresh} == {desk.company.dmitri.pk}


def test_no_other_key_is_a_private_link(desk: Desk) -> None:
    browser, ticket = Client(raise_request_exception=False), Ticket.objects.get(pk=desk.hers.ticket_id)
    others = {
        ticket.token, desk.ticket.token, desk.world.ticket.token, str(ticket.pk), str(desk.hers.pk),
        str(desk.company.clara.pk), *Attachment.objects.values_list("token", flat=True),
        desk.hers.token[:-1], desk.hers.token + "x", desk.hers.token.swapcase(), "%", "_" * len(desk.hers.token),
    }  # fmt: skip
    for token in others:
        url = reverse("portal:request", args=[token])
        for answer in (browser.get(url), browser.post(url, {"text": "x", "start": start(token), "website": ""})):
            assert answer.status_code == 404, url
            assert not any(word in answer.content.decode() for word in FOREIGN), url


@pytest.mark.heavy
def test_a_private_link_opens_no_route_of_the_desk(desk: Desk) -> None:
    """Pages are asked for by the browser that was on the private page, the API with the link's key for a token."""
    visitor = Visitor(None)
    visitor.browser.get(reverse("portal:request", args=[desk.his.mail_token]))
    key = {"authorization": f"Bearer {desk.his.mail_token}"}
    visitor.program = Client(raise_request_exception=False, headers=key)
    of_customers = [
        name for name, row in ROWS.items() if row.of_ticket or (row.roles and "contact" in f"{name} {row.right}")
    ]
    assert len(of_customers) > 100
    wrong: list[str] = []
    for name in of_customers:
        methods = ROWS[name].methods.split()
        for method in methods if name.startswith("api:") else methods[:1]:
            with put_back():
                url = desk.world.url(name)
                status, text = visitor.ask(method, url, desk.world.body(name), desk.world.known)
            if status not in {401, 403, 404} or any(word in text for word in FOREIGN):
                wrong.append(f"{name}: {method} {url}: {status}")
    assert not wrong, "\n".join(wrong)
