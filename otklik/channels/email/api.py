"""REST of the mail ledger: every received mail, where it ended, its raw source, and what people decide about it."""

from collections.abc import Callable
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from otklik.accounts.rest import BYTES_OUT, Json, PageQuery, idempotent_alone, listed, needs
from otklik.accounts.shapes import PageOf
from otklik.channels.email import queries
from otklik.channels.email.actions import inbound as actions
from otklik.channels.email.shapes import FolderOut, MailRowOut, MailSumsOut
from otklik.core.errors import Conflict, NotFound
from otklik.core.pages import keyset_page

router = Router(tags=["mail"])


class LedgerQuery(PageQuery):
    """Mails that ended in one state, or all; newest first."""

    state: Literal["", "waiting", "ticket", "message", "ignored", "quarantined", "failed"] = ""


@router.get("/mail", response=PageOf[MailRowOut], summary="Mail ledger")
def list_mail(request: HttpRequest, query: Query[LedgerQuery]) -> Json:
    """Received mails, newest first, a page at a time."""
    actor = needs(request, "mail.ledger", query, scope="mail:read")
    rows = queries.visible_to(actor).select_related("channel")
    if query.state:
        rows = rows.filter(state=query.state)
    page = keyset_page(rows, order=[("-id", int)], cursor=query.cursor or None, limit=query.limit)
    return {"items": [queries.public_row(row) for row in page.items], "next": page.next}


@router.get("/mail/sums", response=MailSumsOut, summary="Sums of the ledger")
def mail_sums(request: HttpRequest) -> Json:
    """How many mails ended where; the parts add up to what was received."""
    return queries.sums(queries.visible_to(needs(request, "mail.ledger", scope="mail:read")))


@router.get("/mail/folders", response=PageOf[FolderOut], summary="The ledger beside the servers")
def mail_folders(request: HttpRequest, query: Query[PageQuery]) -> Json:
    """What each IMAP server counts in its folder, and what became of it here, with the time of that count."""
    counts = queries.folder_counts(needs(request, "mail.ledger", query, scope="mail:read"))
    return listed([queries.public_count(count) for count in counts], query, key="channel")


@router.get("/mail/{int:inbound_id}", response=MailRowOut, summary="One mail")
def get_mail(request: HttpRequest, inbound_id: int) -> Json:
    """One received mail and where it ended."""
    return queries.public_row(
        queries.get_visible(needs(request, "mail.ledger", scope="mail:read"), min(inbound_id, 2**63 - 1))
    )


@router.get("/mail/{int:inbound_id}/raw", openapi_extra=BYTES_OUT, summary="Raw source of a mail")
def get_raw(request: HttpRequest, inbound_id: int) -> HttpResponse:
    """The bytes as they came, as a download; 404 when they were removed after their time."""
    row = queries.get_visible(needs(request, "mail.raw", scope="mail:read"), min(inbound_id, 2**63 - 1))
    if row.blob is None:
        raise NotFound
    response = HttpResponse(row.blob.read(), content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="mail-{row.pk}.eml"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@router.post("/mail/{int:inbound_id}/again", response=MailRowOut, summary="Process a mail again")
@idempotent_alone
def post_mail_again(request: HttpRequest, inbound_id: int) -> tuple[int, Json]:
    """Read a mail anew: words of a customer or a third party get their texts and files again, what nothing was made of
    and a delivery report walks all its steps. 409 for a colleague's note or answer: that is his."""
    return _decide(request, inbound_id, actions.process_again)


@router.post("/mail/{int:inbound_id}/join", response=MailRowOut, summary="Let a held mail in")
@idempotent_alone
def post_mail_join(request: HttpRequest, inbound_id: int) -> tuple[int, Json]:
    """Let a quarantined mail into the ticket it wanted to join; its sender takes part from then on."""
    return _decide(request, inbound_id, actions.join_held)


@router.post("/mail/{int:inbound_id}/release", response=MailRowOut, summary="Make a ticket of a mail")
@idempotent_alone
def post_mail_release(request: HttpRequest, inbound_id: int) -> tuple[int, Json]:
    """Open a new ticket of a mail that is held, was ignored or failed."""
    return _decide(request, inbound_id, actions.open_held)


@router.post("/mail/{int:inbound_id}/dismiss", response=MailRowOut, summary="Put a mail aside")
@idempotent_alone
def post_mail_dismiss(request: HttpRequest, inbound_id: int) -> tuple[int, Json]:
    """Put a held or failed mail aside; it stays in the ledger as ignored."""
    return _decide(request, inbound_id, actions.dismiss_held)


def _decide(request: HttpRequest, inbound_id: int, action: Callable[..., Any]) -> tuple[int, Json]:
    """Do what was decided; 409, with the row in ``current``, when somebody else has decided meanwhile."""
    actor = needs(request, "mail.process", scope="mail:write")
    queries.get_visible(actor, min(inbound_id, 2**63 - 1))
    try:
        action(inbound_id, by=actor)
    except Conflict as error:
        raise Conflict(error.message, current=queries.public_row(queries.get_visible(actor, inbound_id))) from error
    return 200, queries.public_row(queries.get_visible(actor, inbound_id))
