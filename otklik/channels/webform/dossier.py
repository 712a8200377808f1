"""What web forms hold about a person: who he said he was when he posted."""

from collections.abc import Iterator

from django.db.models import Q

from otklik.channels.webform.models import FormRequest, Post
from otklik.contacts.dossiers import Holder, Piece, Slice, Subject, holders
from otklik.core.text import short_token


def _requests(subject: Subject) -> Q:
    return Q(ticket__requester__in=subject.ids) | Q(email__in=subject.addresses)


def collect(subject: Subject) -> Iterator[Piece]:
    """Tell what was written into forms about himself."""
    for row in FormRequest.objects.filter(_requests(subject)).order_by("pk"):
        facts = {
            "ticket": row.ticket_id, "at": row.created_at.isoformat(), "name": row.name, "email": row.email,
            "phone": row.phone,
        }  # fmt: skip
        yield Piece("forms", facts)


def erase(subject: Subject, after: int, limit: int) -> Slice:
    """Blank the next requests; their private links lead nowhere any more."""
    rows = list(FormRequest.objects.filter(_requests(subject), pk__gt=after).order_by("pk")[:limit])
    for row in rows:
        row.name = row.email = row.phone = ""
        row.token, row.mail_token = short_token(), short_token()
        row.save(update_fields=["name", "email", "phone", "token", "mail_token"])
    Post.objects.filter(request__in=rows).update(address_key="", source="")
    return Slice(rows[-1].pk) if rows else Slice(None)


holders.register("webform", Holder(collect, erase, order=70))
