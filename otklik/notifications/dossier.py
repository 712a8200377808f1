"""What notifications hold about a person: his name beside what he did, and mails to colleagues that quote him."""

from collections.abc import Iterator

from otklik.channels.email.models import Outgoing
from otklik.channels.email.outbound import OutgoingKind, subject_token
from otklik.contacts.dossiers import Holder, Piece, Slice, Subject, holders
from otklik.notifications.models import Notification
from otklik.tickets.queries.personal import own_tickets, shared_tickets


def _nothing(subject: Subject) -> Iterator[Piece]:
    return iter(())  # it repeats what tickets tell of him


def erase_own(subject: Subject, after: int, limit: int) -> Slice:
    """Take him out of what was told of the next of his own tickets."""
    return _erase(subject, own_tickets(subject, after, limit))


def erase_parts(subject: Subject, after: int, limit: int) -> Slice:
    """Take him out of what was told of the next tickets of others in which he takes part."""
    return _erase(subject, shared_tickets(subject, after, limit))


def _erase(subject: Subject, numbers: list[int]) -> Slice:
    if not numbers:
        return Slice(None)
    for row in Notification.objects.filter(ticket_id__in=numbers):
        row.who, row.detail = subject.clean(row.who), subject.clean(row.detail)
        row.save(update_fields=["who", "detail"])
    marks = tuple(subject_token(number) for number in numbers)
    # only mails that have not left still hold a text
    for mail in Outgoing.objects.filter(kind=OutgoingKind.NOTICE).exclude(text="", html=""):
        whole = mail.subject.startswith(marks)
        mail.subject = subject.clean(mail.subject)
        mail.text, mail.html = ("—", "") if whole else (subject.clean(mail.text), subject.clean(mail.html))
        mail.save(update_fields=["subject", "text", "html"])
    return Slice(numbers[-1])


holders.register("notifications", Holder(_nothing, erase_own, order=112))
holders.register("notifications.parts", Holder(_nothing, erase_parts, order=113))
