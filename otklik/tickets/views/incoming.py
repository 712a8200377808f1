"""The customer's words that came by a call, a visit or a messenger: written down on a ticket by a colleague."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from otklik.accounts.web import permission_required
from otklik.core.errors import DomainError, Invalid, NotFound
from otklik.tickets import actions, queries
from otklik.tickets.actions.drafting import forget_draft
from otklik.tickets.models import Channel
from otklik.tickets.views.answers import actor_of, done, is_part, noun, only_fields, told
from otklik.tickets.views.replies import FIELDS, ids_of
from otklik.tickets.views.states import moment_of


@require_POST
@permission_required("tickets.reply")
@noun
def incoming(request: HttpRequest, number: int) -> HttpResponse:
    """Record what the requester, or another person of the conversation, said; it counts as his message.

    ``incoming_channel`` is how it came, ``incoming_author`` who said it (nothing: the requester), ``incoming_at`` when
    (nothing: now).
    """
    actor = actor_of(request)
    ticket = queries.get_visible(actor, number)
    try:
        only_fields(request, FIELDS)
        form = "body_html" if request.POST.get("incoming_format") == "html" else "body_text"
        words: dict[str, Any] = {form: request.POST.get("incoming_text", "")}
        at = request.POST.get("incoming_at", "")
        actions.add_incoming(
            ticket, **words, attachments=ids_of(request.POST.getlist("attachments")),
            channel=_channel(request.POST.get("incoming_channel", "")), author=_author(request),
            at=moment_of(at, "at") if at else None, by=actor,
        )  # fmt: skip
        forget_draft(ticket, mode="incoming", by=actor)
    except NotFound:
        raise
    except DomainError as error:
        if is_part(request):
            return told(error)
        raise
    return done(request, number, _("It is recorded as the customer’s message"))


def _channel(text: str) -> Channel:
    for row in queries.spoken_channels():
        if str(row.pk) == text:
            return row
    raise Invalid(_("Choose how it came."), field="channel")


def _author(request: HttpRequest) -> int | None:
    text = request.POST.get("incoming_author", "")
    if text and not (text.isascii() and text.isdigit() and len(text) < 18):
        raise Invalid(_("Choose who said it."), field="author")
    return int(text) if text else None
