"""Two side conversations of the demo: a supplier of parts whose answer nobody has read, and a repair partner."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import Final

from otklik.channels.email.models import Delivery, DeliveryState, Outgoing
from otklik.contacts.actions import ensure_contacts
from otklik.core.actor import Actor
from otklik.core.blobs import put_blobs, store
from otklik.core.events import Event
from otklik.demo import files
from otklik.demo.company import Company
from otklik.tickets.actions.receiving import NewAttachment
from otklik.tickets.actions.side_answers import SideIncoming, close_side, read_side, receive_side
from otklik.tickets.actions.sides import Letter, open_side, write_side
from otklik.tickets.events import SUBJECT_TICKET
from otklik.tickets.models import Message, MessageKind, SideConversation, Ticket


@dataclass(frozen=True, slots=True)
class _Line:
    """A letter: theirs when ``theirs``, so many hours ago; ``bill`` puts an invoice along."""

    hours: float
    text: str
    theirs: bool = False
    bill: bool = False


@dataclass(frozen=True, slots=True)
class _Talk:
    """With whom, about what, what was said, and whether it is over."""

    address: str
    name: str
    subject: str
    lines: Sequence[_Line]
    closed: bool = False


_TALKS: Final = (
    _Talk(
        "sitnikov@holod-detal.example", "Павел Ситников", "Деталь по заявке: наличие и срок",
        (
            _Line(5.5, "Павел, добрый день! Клиент пишет вот что, марка в письме ниже. Есть ли деталь на складе, когда "
                       "отгрузите и почём?"),
            _Line(4.2, "Добрый день! На складе в Подольске две штуки. Отгрузим завтра до 15:00, 18 400 ₽ с НДС. "
                       "Оригинал, гарантия год.", theirs=True),
            _Line(3.6, "Берём одну, счёт на «Полюс-Сервис». Доставку — в мастерскую на Литейную."),
            _Line(0.4, "Счёт во вложении. Курьер будет завтра с 10 до 12, позвонит за час.", theirs=True, bill=True),
        ),
    ),
    _Talk(
        "lab@plata-service.example", "Лаборатория «Плата-Сервис»", "Плата управления: возьмёте в ремонт?",
        (
            _Line(30, "Коллеги, добрый день. Возьмёте плату в ремонт? Что с ней, описал клиент, письмо ниже."),
            _Line(27, "Да, привозите. Диагностика два дня, ремонт в среднем 4 500 ₽. Похоже на реле питания, такие "
                      "у нас лежат.", theirs=True),
            _Line(26, "Спасибо, инженер завезёт её завтра утром."),
        ),
        closed=True,
    ),
)  # fmt: skip


def write_sides(company: Company, at: datetime) -> None:
    """Let two tickets that wait for others have a side conversation each; all else on them stays as it was."""
    waiting = Ticket.objects.filter(category="on_hold", shelf__isnull=True).order_by("-activity_at", "-id")
    agent = company.actors["agent"]
    for talk, ticket in zip(_TALKS, list(waiting[: len(_TALKS)]), strict=False):
        _write(talk, ticket, agent, at)
        of_ticket = Event.objects.filter(subject_kind=SUBJECT_TICKET, subject_id=ticket.pk)
        newest = of_ticket.exclude(kind__startswith="mail.").latest("at")  # the way of a mail changes no ticket
        Ticket.objects.filter(pk=ticket.pk).update(updated_at=newest.at)


def _write(talk: _Talk, ticket: Ticket, agent: Actor, at: datetime) -> None:
    side: SideConversation | None = None
    author = ensure_contacts([(talk.address, talk.name)], by=Actor.system())[talk.address]
    for line in talk.lines:
        mark, moment = _newest_event(), at - timedelta(hours=line.hours)
        if side is None:
            asked = Message.objects.filter(ticket=ticket, kind=MessageKind.INCOMING).order_by("id").values_list("pk")
            letter = Letter(body_text=line.text, forward=[asked[0][0]])
            side = open_side(ticket, letter, subject=talk.subject, to=[talk.address], by=agent).side
        elif line.theirs:
            bill = [_bill(ticket)] if line.bill else []
            receive_side(
                SideIncoming(
                    side=side, author=author, channel=ticket.channel, at=moment, body_text=line.text, attachments=bill
                )
            )
        else:
            write_side(side, Letter(body_text=line.text), by=agent)
        _put_back(side, mark, moment, begun=line is talk.lines[0])
    assert side is not None
    if talk.closed:
        mark = _newest_event()
        read_side(side, by=agent)
        close_side(side, by=agent)
        _put_back(side, mark, at - timedelta(hours=talk.lines[-1].hours - 1), message=False)


def _newest_event() -> int:
    return Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def _put_back(
    side: SideConversation, mark: int, moment: datetime, *, message: bool = True, begun: bool = False
) -> None:
    """Let what was just written have been written at a moment before."""
    Event.objects.filter(pk__gt=mark).update(at=moment)
    if not message:
        return
    newest = Message.objects.filter(side=side).latest("pk")
    Message.objects.filter(pk=newest.pk).update(created_at=moment)
    SideConversation.objects.filter(pk=side.pk).update(
        last_message_at=moment, **({"created_at": moment} if begun else {})
    )
    # plain keys: PostgreSQL has no statistics of tables just filled, and plans a join of them as loops in loops
    outgoing = list(Outgoing.objects.filter(ticket_message=newest).values_list("pk", flat=True))
    Outgoing.objects.filter(pk__in=outgoing).update(created_at=moment)
    Delivery.objects.filter(outgoing__in=outgoing).update(
        state=DeliveryState.SENT, run_at=None, attempts=1, first_queued_at=moment, sent_at=moment + timedelta(seconds=2)
    )


def _bill(ticket: Ticket) -> NewAttachment:
    data = files.pdf("Schet 1187", ["OOO Holod-Detal", "Pokupatel: Polus-Servis", "Itogo s NDS: 18 400 RUB"])
    blob = put_blobs([store(BytesIO(data))])[0]
    return NewAttachment(blob_id=blob.pk, name="Счёт 1187.pdf", content_type="application/pdf", size=blob.size)
