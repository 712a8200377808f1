"""The page of senders from whom nothing is taken in."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from otklik.accounts.web import permission_required
from otklik.core.clock import now
from otklik.core.errors import DomainError
from otklik.core.shown import Moments
from otklik.tickets.actions.spam_list import add_spam_sender, remove_spam_sender
from otklik.tickets.models import SpamDomain
from otklik.tickets.views.answers import actor_of, only_fields

_MOST = 500


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("tickets.spam")
def spam_senders(request: HttpRequest) -> HttpResponse:
    """Show the list, newest first; POST ``sender`` adds an address or domain, ``remove`` (an id) takes one off."""
    if request.method != "POST":
        return _page(request, "")
    actor = actor_of(request)
    try:
        only_fields(request, ("sender", "remove"))
        if gone := request.POST.get("remove", ""):
            if remove_spam_sender(int(gone) if gone.isdecimal() and len(gone) < 18 else 0, by=actor):
                messages.success(request, _("Mail from there is taken in again"))
        else:
            add_spam_sender(request.POST.get("sender", ""), by=actor)
            messages.success(request, _("Nothing is taken in from there any more"))
    except DomainError as error:
        return _page(request, str(error.message), status=error.status)
    return redirect("tickets:spam-senders")


def _page(request: HttpRequest, error: str, status: int = 200) -> HttpResponse:
    times = Moments(now())
    rows = [
        {
            "id": row.pk, "sender": _("An erased address") if row.is_erased else row.domain,
            "is_address": row.is_erased or "@" in row.domain, "number": row.number,
            "by": row.added_by, "age": times.age(row.added_at), "exact": times.exact(row.added_at),
        }
        for row in SpamDomain.objects.order_by("-id")[:_MOST]
    ]  # fmt: skip
    context = {"rows": rows, "error": error, "kept": request.POST.get("sender", "")[:320] if error else ""}
    return render(request, "tickets/spam_senders.html", context, status=status)
