"""Nothing of a side conversation shows on the customers' pages, whatever becomes of the ticket."""

from io import BytesIO

import pytest
from django.db import transaction
from django.test import Client

from otklik.channels.webform.models import FormRequest
from otklik.channels.webform.queries import file_of, open_request
from otklik.channels.webform.tests.posting import form, post
from otklik.contacts.queries import contacts_by_address
from otklik.core.clock import now
from otklik.core.errors import NotFound
from otklik.testing.people import People
from otklik.tickets.actions import upload
from otklik.tickets.actions.merging import merge
from otklik.tickets.actions.side_answers import SideIncoming, receive_side
from otklik.tickets.actions.sides import Letter, open_side
from otklik.tickets.models import Attachment, Ticket

SECRET = "Закупка двенадцать тысяч"


def test_private_pages_show_nothing_of_third_parties(company: People) -> None:
    form(company)
    request = FormRequest.objects.get(pk=post().request.pk)
    anna, ticket = company.actor(company.anna), Ticket.objects.get()
    bill = upload(BytesIO(b"x"), name="счёт.pdf", content_type="application/pdf", size=1, by=anna)
    letter = Letter(body_text="Почём компрессор?", attachments=[bill.pk])
    sent = open_side(ticket, letter, subject="Компрессор", to=["pavel@parts.example"], by=anna)
    author = contacts_by_address(["pavel@parts.example"])["pavel@parts.example"]
    item = SideIncoming(side=sent.side, author=author, channel=company.mailbox, at=now(), body_text=SECRET)
    with transaction.atomic():
        receive_side(item)
    _look(request)
    merge(ticket, into=company.ticket("Главная", requester=company.dmitri), by=anna)
    _look(request)


def _look(request: FormRequest) -> None:
    file = Attachment.objects.get()
    for token in (request.token, request.mail_token):
        page = Client(headers={"accept-language": "ru"}).get(f"/portal/r/{token}/")
        text = page.content.decode()
        assert page.status_code == 200
        assert "Не холодит витрина" in text
        for hidden in (SECRET, "Почём", "Павел", "pavel", "счёт.pdf", "сторонн"):
            assert hidden not in text
        opened = open_request(token)
        assert {row.side_id for row in opened.messages} == {None}
        with pytest.raises(NotFound):
            file_of(opened, file.token)
        assert Client().get(f"/portal/r/{token}/files/{file.token}/x").status_code == 404
