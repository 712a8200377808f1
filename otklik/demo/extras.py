"""What lies aside in the mail ledger: strangers held on a request, absence notes, newsletters, reports, one failure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from otklik.channels.email.events.inbound import MailHeld
from otklik.channels.email.fingerprint import fingerprint
from otklik.channels.email.models import Delivery, DeliveryState, Inbound, InboundState, Source
from otklik.channels.email.outbox.freeze import reply_subject
from otklik.contacts.events import AddressBounced
from otklik.contacts.models import ContactAddress
from otklik.core.actor import Actor
from otklik.core.blobs import put_blobs
from otklik.core.events import DomainEvent, Event
from otklik.core.events.base import to_data
from otklik.demo.company import Company
from otklik.demo.rawmail import Raw, build
from otklik.tickets.models import Ticket

_SYSTEM: Final = Actor.system()
STRANGERS: Final = (
    (
        "Виталий Рогов",
        "v.rogov@pochta2.example",
        "Я сосед этого магазина снизу. Вода идёт и к нам, примите меры, пожалуйста.",
    ),
    (
        "Отдел снабжения",
        "snab@stroy-garant.example",
        "Коллеги переслали переписку. Готовы поставить такую же дверь на 20 % дешевле.",
    ),
    ("Антон Лещук", "leschuk@pochta1.example", "Я теперь вместо прежнего инженера, добавьте меня в переписку."),
    (
        "Kate Moroz",
        "kate@moroz-events.example",
        "Hi, I was forwarded this thread. Could you tell me when the repair is done?",
    ),
    ("Охрана объекта", "ohrana@shchit-ohrana.example", "По пропуску вашего мастера: номер машины не совпал, уточните."),
)
IGNORED: Final = (
    (
        "newsletter",
        "Выставка «Холод и климат»",
        "news@expo-klimat.example",
        "Приглашаем на выставку: три зала, сорок докладов, бесплатный вход по регистрации.",
    ),
    ("auto_reply", "Автоответ: Отпуск", "zakupki@polimer-t.example", "Я в отпуске, вернусь через две недели."),
    (
        "newsletter",
        "Скидки на хладагенты до пятницы",
        "info@frigo-opt.example",
        "Только до пятницы: R404A и R134a по прошлогодней цене.",
    ),
    (
        "auto_reply",
        "Automatic reply: Invoice",
        "accounts@nordsee-foods.example",
        "Thank you for your message. Our office is closed today.",
    ),
    (
        "newsletter",
        "Дайджест законодательства: июль",
        "digest@buh-vestnik.example",
        "Что изменилось в учёте основных средств.",
    ),
    ("receipt", "Прочитано: Акт сверки", "buh@karavay.example", "Ваше сообщение было прочитано."),
)


@dataclass(frozen=True, slots=True)
class _Aside:
    """A mail that became no message: the raw mail and where it ended."""

    raw: Raw
    state: str
    reason: str
    ticket: Ticket | None = None
    message_id: int | None = None
    steps: tuple[tuple[str, dict[str, Any]], ...] = ()


def aside_rows(company: Company, at: datetime) -> list[Inbound]:
    """Return the rows of the mails that lie aside; the mail writer puts them where they belong in time."""
    asides = [*_strangers(company, at), *_ignored(company, at), *_reports(company), _failure(company, at)]
    raws = [build(aside.raw) for aside in asides]
    blobs = put_blobs(raws)
    return [_row(company, aside, raw, blob.pk) for aside, raw, blob in zip(asides, raws, blobs, strict=True)]


def tell_asides() -> None:
    """Tell on the tickets what is held for them, and mark the addresses that mail came back from."""
    rows = Inbound.objects.filter(state=InboundState.QUARANTINED).select_related("ticket").order_by("id")
    Event.objects.bulk_create([_held(row) for row in rows])
    _mark_addresses()


def _strangers(company: Company, at: datetime) -> Iterator[_Aside]:
    """People who write on a request that is not theirs: held, shown on the card, reopening nothing."""
    wanted = Ticket.objects.filter(is_open=True, channel=company.channel, message_count__gte=2).order_by("-activity_at")
    for place, ((name, address, text), ticket) in enumerate(zip(STRANGERS, wanted[: len(STRANGERS)], strict=False)):
        sent = max(ticket.activity_at, at - timedelta(days=2)) + timedelta(minutes=11 + place)
        sent = min(sent, at - timedelta(minutes=place))
        subject = reply_subject(ticket.pk, ticket.subject, answers=True)
        raw = _raw(company, name, address, subject, text, sent)
        steps: tuple[tuple[str, dict[str, Any]], ...] = (
            ("author", {"by": "from", "address": address}),
            ("sender_unchecked", {}),
            ("thread", {"by": "subject", "ticket": ticket.pk}),
            ("ended", {"reason": "stranger"}),
        )
        yield _Aside(raw, InboundState.QUARANTINED, "stranger", ticket, steps=steps)


def _ignored(company: Company, at: datetime) -> Iterator[_Aside]:
    for place, (reason, subject, address, text) in enumerate(IGNORED):
        headers = {
            "newsletter": (
                ("List-Unsubscribe", f"<mailto:off@{address.partition('@')[2]}>"),
                ("List-Id", f"<news.{address.partition('@')[2]}>"),
            ),
            "auto_reply": (("Auto-Submitted", "auto-replied"),),
        }.get(reason, ())
        raw = _raw(company, "", address, subject, text, at - timedelta(hours=7 + 31 * place), headers)
        yield _Aside(raw, InboundState.IGNORED, reason, steps=(("ended", {"reason": reason}),))


def _reports(company: Company) -> Iterator[_Aside]:
    """The delivery reports behind the answers that came back."""
    back = (
        Delivery.objects.filter(state=DeliveryState.BOUNCED)
        .select_related("outgoing", "outgoing__ticket")
        .order_by("id")
    )
    for row in back:
        host = row.recipient.partition("@")[2]
        text = (
            f"This is the mail system at host mx.{host}.\n\nI'm sorry to have to inform you that your message could"
            f" not be delivered.\n\n<{row.recipient}>: host mx.{host} said: {row.response}\n\n"
            f"Message-ID: {row.outgoing.message_id}\n"
        )
        raw = _raw(
            company,
            "Mail Delivery System",
            f"mailer-daemon@mx.{host}",
            "Недоставленное сообщение",
            text,
            row.first_queued_at + timedelta(seconds=40),
            (("Auto-Submitted", "auto-replied"), ("X-Failed-Recipients", row.recipient)),
        )
        steps = (("ended", {"reason": "bounce"}),)
        yield _Aside(raw, InboundState.MESSAGE, "bounce", row.outgoing.ticket, row.outgoing.ticket_message_id, steps)


def _failure(company: Company, at: datetime) -> _Aside:
    raw = _raw(
        company,
        "Сканер 3 этаж",
        "scan@kvartal-bc.example",
        "Скан документа",
        "См. вложение.",
        at - timedelta(days=4, hours=2),
    )
    return _Aside(raw, InboundState.FAILED, "error", steps=(("failed", {"error": "timeout", "attempts": 3}),))


def _raw(
    company: Company,
    name: str,
    address: str,
    subject: str,
    text: str,
    sent: datetime,
    headers: tuple[tuple[str, str], ...] = (),
) -> Raw:
    local = f"{sent:%y%m%d%H%M%S}.{len(text)}"
    return Raw(
        at=sent,
        sender=(name, address),
        to=[(company.channel.name, company.channel.address)],
        subject=subject,
        text=text,
        message_id=f"<{local}@{address.partition('@')[2]}>",
        headers=headers,
    )


def _row(company: Company, aside: _Aside, raw: bytes, blob_id: int) -> Inbound:
    mark, sent = fingerprint(raw), aside.raw.at
    done = sent + timedelta(milliseconds=15)
    steps = [["received", {"source": "smtp", "peer": "127.0.0.1"}, sent.isoformat()]]
    steps += [[code, facts, done.isoformat()] for code, facts in aside.steps]
    quiet = aside.reason in {"auto_reply", "bounce", "receipt"}
    return Inbound(
        channel=company.channel,
        dedupe=mark.digest,
        source=Source.SMTP,
        received_at=sent,
        envelope={
            "from": "" if quiet else aside.raw.sender[1],
            "to": [company.channel.address],
            "peer": "127.0.0.1",
            "tls": False,
        },
        size=len(raw),
        blob_id=blob_id,
        mail_id=mark.message_id,
        from_address=aside.raw.sender[1],
        from_name=aside.raw.sender[0],
        subject=aside.raw.subject[:300],
        state=aside.state,
        reason=aside.reason,
        ticket=aside.ticket,
        message_id=aside.message_id,
        steps=steps,
        finished_at=done,
        run_at=sent,
        attempts=3 if aside.state == InboundState.FAILED else 1,
        last_error="timeout" if aside.state == InboundState.FAILED else "",
    )


def _held(row: Inbound) -> Event:
    assert row.ticket is not None
    told = MailHeld(
        subject_id=row.ticket.pk,
        inbound_id=row.pk,
        sender=row.from_address,
        reason=row.reason,
        team_id=row.ticket.team_id,
    )
    return _event(told, row.received_at)


def _mark_addresses() -> None:
    """Mark the addresses of mailboxes that do not exist, as a proven report does."""
    rows = Delivery.objects.filter(state=DeliveryState.BOUNCED, error_code="unknown_recipient").order_by("id")
    for row in rows:
        at = row.first_queued_at + timedelta(seconds=40)
        address = ContactAddress.objects.get(address=row.address_key)
        address.bounced_at, address.bounce_reason = at, row.response
        address.save(update_fields=["bounced_at", "bounce_reason"])
        _event(AddressBounced(subject_id=address.contact_id, reason=row.response), at).save()


def _event(event: DomainEvent, at: datetime) -> Event:
    return Event(
        at=at,
        kind=event.kind,
        version=event.version,
        actor_kind=_SYSTEM.kind,
        actor_name=_SYSTEM.name,
        subject_kind=event.subject_kind,
        subject_id=event.subject_id,
        data=to_data(event),
    )
