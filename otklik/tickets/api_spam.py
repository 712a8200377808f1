"""REST of the senders from whom nothing is taken in."""

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from otklik.accounts.rest import Json, PageQuery, Strict, idempotent, needs
from otklik.accounts.shapes import PageOf
from otklik.core.errors import NotFound
from otklik.core.pages import keyset_page
from otklik.tickets.actions.spam_list import add_spam_sender, remove_spam_sender
from otklik.tickets.models import SpamDomain
from otklik.tickets.public import iso
from otklik.tickets.shapes import RemovedOut, SpamSenderOut

router = Router(tags=["spam"])


class SenderIn(Strict):
    """An address or a mail domain."""

    sender: str = Field(max_length=400)


@router.get("/spam-senders", response=PageOf[SpamSenderOut], summary="Spam senders")
def list_spam_senders(request: HttpRequest, query: Query[PageQuery]) -> Json:
    """Addresses and domains from which nothing is taken in, newest first."""
    needs(request, "tickets.spam", query, scope="spam:read")
    page = keyset_page(
        SpamDomain.objects.all(), order=[("-id", int)], cursor=query.cursor or None, limit=query.limit
    )  # fmt: skip
    return {"items": [_json(row) for row in page.items], "next": page.next}


@router.post("/spam-senders", response={201: SpamSenderOut}, summary="Add a spam sender")
@idempotent
def post_spam_sender(request: HttpRequest, body: SenderIn) -> tuple[int, Json]:
    """Take nothing in from there any more; one that is on the list stays as it is."""
    row, _made = add_spam_sender(body.sender, by=needs(request, "tickets.spam", scope="spam:write"))
    return 201, _json(row)


@router.delete("/spam-senders/{int:sender_id}", response=RemovedOut, summary="Take a sender off the spam list")
def delete_spam_sender(request: HttpRequest, sender_id: int) -> Json:
    """Take mail from there again; of an address its person is no longer blocked."""
    actor = needs(request, "tickets.spam", scope="spam:write")
    if not (sender_id < 2**63 and remove_spam_sender(sender_id, by=actor)):
        raise NotFound
    return {"id": sender_id, "removed": True}


def _json(row: SpamDomain) -> Json:
    return {
        "id": row.pk,
        "sender": "" if row.is_erased else row.domain,
        "is_erased": row.is_erased,
        "ticket": row.number,
        "added_by": row.added_by or None,
        "added_at": iso(row.added_at),
    }
