"""The page of all notifications."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from otklik.accounts.web import staff_required
from otklik.core.clock import now
from otklik.core.shown import Moments
from otklik.notifications import queries
from otklik.notifications.presenters import groups_of, newest
from otklik.notifications.views.reading import actor_of


@require_safe
@staff_required
def notifications(request: HttpRequest) -> HttpResponse:
    """List what the reader was told, newest first; ``show=unread`` leaves out what he has read."""
    unread = request.GET.get("show") == "unread"
    page = queries.page_of(actor_of(request), cursor=request.GET.get("after"), unread=unread)
    kept = {"show": "unread"} if unread else {}
    tabs = (("", _("All"), not unread), ("show=unread", _("Not read"), unread))
    context = {
        "groups": groups_of(page.items, Moments(now())), "until": newest(page.items),
        "first": not request.GET.get("after"), "unread": unread,
        "tabs": [{"url": f"?{query}", "label": label, "current": current} for query, label, current in tabs],
        "more": "?" + urlencode(kept | {"after": page.next}) if page.next else "",
    }  # fmt: skip
    return render(request, "notifications/list.html", context)
