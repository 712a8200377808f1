"""To which address and from which mailbox an answer goes."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from otklik.accounts.web import permission_required
from otklik.contacts.models import ContactAddress
from otklik.tickets import queries
from otklik.tickets.views.answers import actor_of, noun


@require_safe
@permission_required("tickets.reply")
@noun
def recipients(request: HttpRequest, number: int) -> HttpResponse:
    """Show the addresses of the requester and the mailboxes to choose from; the script puts a choice into the form."""
    ticket = queries.get_visible(actor_of(request), number)
    addresses = ContactAddress.objects.filter(contact_id=ticket.requester_id).order_by("-is_primary", "id")
    boxes = [row for row in queries.active_channels() if row.kind == "email" and row.address]
    own = ticket.channel_id if any(row.pk == ticket.channel_id for row in boxes) else None
    context = {"addresses": [row.shown or row.address for row in addresses], "boxes": boxes, "own": own}
    return render(request, "tickets/menus/recipients.html", context)
