"""What the mail channel holds about a person: raw mails, what mails said of themselves, and mails that went to him."""

from collections.abc import Iterator
from typing import Any

from otklik.channels.email.actions.blanking import blank_deliveries, blank_inbound, blank_outgoing
from otklik.channels.email.models import (
    Delivery,
    EmailFact,
    Flood,
    Inbound,
    InboundState,
    Outgoing,
)
from otklik.contacts.dossiers import Holder, Piece, Slice, Subject, holders
from otklik.core.clock import now
from otklik.tickets.queries.personal import own_tickets, shared_tickets, sides_with


def collect(subject: Subject) -> Iterator[Piece]:
    """Tell which mails of the person came, with the raw mail where it is kept."""
    rows = Inbound.objects.filter(from_address__in=subject.addresses).select_related("blob").order_by("pk")
    for row in rows.iterator(chunk_size=200):
        facts = {
            "received_at": row.received_at.isoformat(), "from": row.from_address, "subject": row.subject,
            "ticket": row.ticket_id,
        }  # fmt: skip
        yield Piece("mails", facts, [(f"mail-{row.pk}.eml", row.blob)] if row.blob else [])


def _no_more(subject: Subject) -> Iterator[Piece]:
    return iter(())


def erase_own(subject: Subject, after: int, limit: int) -> Slice:
    """Blank all mail of the next tickets of the person."""
    numbers = own_tickets(subject, after, limit)
    if not numbers:
        return Slice(None)
    blobs = blank_inbound(Inbound.objects.filter(ticket__in=numbers).exclude(state=InboundState.WAITING))
    EmailFact.objects.filter(message__ticket__in=numbers).update(
        sender={}, reply_to=[], to=[], cc=[], references=[], bounce=None, auth={}, headers={}, problems=[]
    )
    blobs += blank_outgoing(Outgoing.objects.filter(ticket__in=numbers))
    return Slice(numbers[-1], blobs)


def erase_parts(subject: Subject, after: int, limit: int) -> Slice:
    """Take the person out of the mail of the next tickets of others; their raw mails go, because they name him."""
    numbers = shared_tickets(subject, after, limit)
    if not numbers:
        return Slice(None)
    rows = Inbound.objects.filter(ticket__in=numbers, blob__isnull=False).exclude(state=InboundState.WAITING)
    blobs = [blob for blob in rows.values_list("blob_id", flat=True) if blob]
    rows.update(blob=None, raw_removed_at=now(), envelope={}, steps=[])
    for fact in EmailFact.objects.filter(message__ticket__in=numbers):
        _take_out(fact, subject)
    for mail in Outgoing.objects.filter(ticket__in=numbers):
        mail.to, mail.cc = _others(mail.to, subject), _others(mail.cc, subject)
        mail.subject = subject.clean(mail.subject)
        if mail.deliveries.filter(run_at__isnull=False).exists():  # the others still wait for it
            mail.text, mail.html = subject.clean(mail.text), subject.clean(mail.html)
        else:
            mail.text = mail.html = ""  # a copy of what the message says, with his words quoted below
        mail.save(update_fields=["to", "cc", "subject", "text", "html"])
    blank_deliveries(Delivery.objects.filter(outgoing__ticket__in=numbers, address_key__in=subject.addresses))
    return Slice(numbers[-1], blobs)


def erase_sides(subject: Subject, after: int, limit: int) -> Slice:
    """Take a third party out of the mail of his next side conversations; the letters he wrote lose their source."""
    ids = sides_with(subject, after, limit)
    if not ids:
        return Slice(None)
    blobs = blank_inbound(
        Inbound.objects.filter(message__side__in=ids, from_address__in=subject.addresses).exclude(
            state=InboundState.WAITING
        )
    )
    for fact in EmailFact.objects.filter(message__side__in=ids):
        _take_out(fact, subject)
    for mail in Outgoing.objects.filter(ticket_message__side__in=ids):
        mail.to, mail.cc = _others(mail.to, subject), _others(mail.cc, subject)
        mail.subject = subject.clean(mail.subject)
        mail.text, mail.html = subject.clean(mail.text), subject.clean(mail.html)
        mail.save(update_fields=["to", "cc", "subject", "text", "html"])
    blank_deliveries(Delivery.objects.filter(outgoing__ticket_message__side__in=ids, address_key__in=subject.addresses))
    return Slice(ids[-1], blobs)


def erase_loose(subject: Subject, after: int, limit: int) -> Slice:
    """Blank mail from and to the person that belongs to no ticket of his: refused, ignored, confirmations."""
    if not subject.addresses:
        return Slice(None)
    mails = Inbound.objects.filter(from_address__in=subject.addresses).exclude(state=InboundState.WAITING)
    ids = list(mails.order_by("pk").values_list("pk", flat=True)[:limit])
    sent = Delivery.objects.filter(address_key__in=subject.addresses).values_list("outgoing", flat=True)
    outgoing = list(sent.order_by("pk")[:limit])
    Flood.objects.filter(sender__in=subject.addresses).update(sender="")
    if not ids and not outgoing:
        return Slice(None)
    EmailFact.objects.filter(inbound__in=ids).update(
        sender={}, reply_to=[], to=[], cc=[], bounce=None, auth={}, headers={}, problems=[]
    )
    blobs = blank_inbound(Inbound.objects.filter(pk__in=ids))
    alone = Outgoing.objects.filter(pk__in=outgoing, ticket__isnull=True)
    blobs += blank_outgoing(alone)
    blank_deliveries(Delivery.objects.filter(outgoing__in=outgoing, address_key__in=subject.addresses))
    return Slice(after, blobs)


def _others(people: list[Any], subject: Subject) -> list[Any]:
    """Return ``[name, address]`` or ``{"name", "address"}`` of the others."""
    return [
        person
        for person in people
        if (person.get("address") if isinstance(person, dict) else person[-1]) not in subject.addresses
    ]


def _take_out(fact: EmailFact, subject: Subject) -> None:
    for name in ("reply_to", "to", "cc"):
        setattr(fact, name, _others(getattr(fact, name), subject))
    if fact.sender.get("address") in subject.addresses:
        fact.sender, fact.auth = {}, {}
    fact.save(update_fields=["reply_to", "to", "cc", "sender", "auth"])


holders.register("email", Holder(collect, erase_own, order=80))
holders.register("email.parts", Holder(_no_more, erase_parts, order=81))
holders.register("email.sides", Holder(_no_more, erase_sides, order=83))
holders.register("email.loose", Holder(_no_more, erase_loose, order=82))
