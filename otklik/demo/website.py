"""The public form of the demo: its page and texts, and the private links of those who asked by it."""

from datetime import datetime, timedelta
from typing import Final

from otklik.channels.webform.actions import FormFacts, add_form
from otklik.channels.webform.config import OPTIONAL, REQUIRED, FormConfig
from otklik.channels.webform.limits import marks_of
from otklik.channels.webform.models import FormRequest, Post, WebForm
from otklik.contacts.models import ContactAddress
from otklik.core.text import short_token
from otklik.demo.company import Company
from otklik.tickets.models import Channel, Message, MessageKind, Ticket

KEY: Final = "site"
_TEXTS: Final = FormConfig(
    title="Заявка на ремонт и обслуживание",
    intro="Опишите, что случилось и где. Отвечаем в рабочее время за час, по авариям звоните: +7 812 555-01-70.",
    thanks="Диспетчер уже видит заявку. Сохраните ссылку: по ней можно прочитать ответ и дописать подробности.",
    consent="Согласен на обработку персональных данных",
    email=REQUIRED,
    phone=OPTIONAL,
)
_OPENED_BEFORE: Final = timedelta(days=200)


def open_site(company: Company, at: datetime) -> WebForm:
    """Open the form of the company's site for the dispatchers, half a year ago."""
    facts = FormFacts("Сайт polus-service", KEY, company.teams["desk"], "ru")
    form = add_form(facts, _TEXTS, by=company.actors["admin"])
    Channel.objects.filter(pk=form.channel_id).update(created_at=at - _OPENED_BEFORE)
    return form


def write_requests(form: WebForm) -> int:
    """Give every ticket that came by the form its private links, as posting would have; return how many there are."""
    tickets = list(Ticket.objects.filter(channel=form.channel_id).select_related("requester").order_by("pk"))
    people = [ticket.requester_id for ticket in tickets]
    rows = ContactAddress.objects.filter(contact__in=people, is_primary=True).values_list("contact_id", "shown")
    addresses = dict(rows)
    requests = {
        ticket.pk: FormRequest(
            form=form, ticket=ticket, name=ticket.requester.name, email=addresses.get(ticket.requester_id, ""),
            phone=ticket.requester.phone, created_at=ticket.created_at,
        )
        for ticket in tickets
    }  # fmt: skip
    FormRequest.objects.bulk_create(requests.values())
    said = Message.objects.filter(ticket__in=list(requests), kind=MessageKind.INCOMING).order_by("pk")
    Post.objects.bulk_create(
        [
            _post(form, requests[ticket_id], pk, at)
            for pk, ticket_id, at in said.values_list("pk", "ticket_id", "created_at")
        ]
    )
    return len(requests)


def _post(form: WebForm, request: FormRequest, message_id: int, at: datetime) -> Post:
    marks = marks_of(f"demo {request.pk}", request.email or request.phone or request.name)
    return Post(
        form=form, request=request, message_id=message_id, nonce=short_token(), source=marks.source,
        address_key=marks.address, created_at=at,
    )  # fmt: skip
