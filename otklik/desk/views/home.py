"""Addresses that only lead on: the first page, and the settings without a section."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from otklik.accounts.web import staff_required
from otklik.core.actor import Actor
from otklik.core.menu import menu_for


@require_safe
@staff_required
def home(request: HttpRequest) -> HttpResponse:
    """Send the reader to the list of open tickets."""
    return redirect(f"{reverse('tickets:list')}?folder=open")


@require_safe
@staff_required
def settings_home(request: HttpRequest) -> HttpResponse:
    """Send the reader to the first section of the settings that he may see; who may see none finds nothing here."""
    actor: Actor = request.actor  # type: ignore[attr-defined] # set by the middleware
    sections = menu_for(actor, "settings")
    if not sections:
        raise Http404
    return redirect(sections[0].url_name)
