"""REST of the mail ledger: every received mail, where it ended, and its raw source."""

from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from otklik.accounts.rest import BYTES_OUT, Json, PageQuery, needs
from otklik.accounts.shapes import PageOf
from otklik.channels.email import queries
from otklik.channels.email.shapes import FoldersOut, MailRowOut, MailSumsOut
from otklik.core.errors import NotFound
from otklik.core.pages import keyset_page

router = Router(tags=["mail"])


class LedgerQuery(PageQuery):
    """Mails that ended in one state, or all; newest first."""

    state: Literal["", "waiting", "ticket", "message", "ignored", "quarantined", "failed"] = ""


@router.get("/mail", response=PageOf[MailRowOut], summary="Mail ledger")
def list_mail(request: HttpRequest, query: Query[LedgerQuery]) -> Json:
    """Received mails, newest first, a page at a time."""
    actor = needs(request, "mail.ledger", query)
    rows = queries.visible_to(actor).select_related("channel")
    if query.state:
        rows = rows.filter(state=query.state)
    page = keyset_page(rows, order=[("-id", int)], cursor=query.cursor or None, limit=query.limit)
    return {"items": [queries.public_row(row) for row in page.items], "next": page.next}


@router.get("/mail/sums", response=MailSumsOut, summary="Sums of the ledger")
def mail_sums(request: HttpRequest) -> Json:
    """How many mails ended where; the parts add up to what was received."""
    return queries.sums(queries.visible_to(needs(request, "mail.ledger")))


@router.get("/mail/folders", response=FoldersOut, summary="The ledger beside the servers")
def mail_folders(request: HttpRequest) -> Json:
    """What each IMAP server counts in its folder, and what became of it here, with the time of that count."""
    return {"items": [queries.public_count(count) for count in queries.folder_counts(needs(request, "mail.ledger"))]}


@router.get("/mail/{int:inbound_id}", response=MailRowOut, summary="One mail")
def get_mail(request: HttpRequest, inbound_id: int) -> Json:
    """One received mail and where it ended."""
    return queries.public_row(queries.get_visible(needs(request, "mail.ledger"), min(inbound_id, 2**63 - 1)))


@router.get("/mail/{int:inbound_id}/raw", openapi_extra=BYTES_OUT, summary="Raw source of a mail")
def get_raw(request: HttpRequest, inbound_id: int) -> HttpResponse:
    """The bytes as they came, as a download; 404 when they were removed after their time."""
    row = queries.get_visible(needs(request, "mail.raw"), min(inbound_id, 2**63 - 1))
    if row.blob is None:
        raise NotFound
    response = HttpResponse(row.blob.read(), content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="mail-{row.pk}.eml"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
