"""The first page: one's own tickets, or all open ones for those who have none."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from otklik.accounts.web import staff_required


@require_safe
@staff_required
def home(request: HttpRequest) -> HttpResponse:
    """Send the reader to the list of open tickets."""
    return redirect(f"{reverse('tickets:list')}?folder=open")
