"""The outbox: what waits, what is not certain, what failed, each with its reason and what can be done."""

import json
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from otklik.accounts import policies as rights
from otklik.accounts.web import StaffRequest, permission_required
from otklik.channels.email.models import Delivery
from otklik.channels.email.outbox import actions, queries
from otklik.channels.email.outbox.servers import read_servers
from otklik.channels.email.presenters import present_delivery
from otklik.core import shown
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import DomainError, Invalid, NotFound
from otklik.core.pages import keyset_page
from otklik.tickets.queries.writing import scheduled_visible_to

PAGE = 50
_CAP = 99


def _actor(request: HttpRequest) -> Actor:
    return cast(StaffRequest, request).actor


@require_safe
@permission_required("outbox.view")
def page(request: HttpRequest) -> HttpResponse:
    """Show one part of the outbox (``tab``), newest first; ``cursor`` gives the next rows."""
    actor, tab = _actor(request), request.GET.get("tab", "")
    counts = {name: queries.in_tab(actor, name).order_by()[: _CAP + 1].count() for name in queries.TABS}
    if tab not in queries.TABS:
        tab = next((name for name in ("failed", "uncertain") if counts[name]), "waiting") if not tab else "waiting"
    rows = keyset_page(queries.in_tab(actor, tab), order=[("-id", int)], cursor=request.GET.get("cursor"), limit=PAGE)
    servers, at = read_servers(), now()
    names = {"waiting": _("Waiting"), "uncertain": _("Not certain"), "failed": _("Not sent")}
    context: dict[str, Any] = {
        "tab": tab,
        "tabs": [
            {"key": name, "label": names[name], "count": f"{_CAP}+" if counts[name] > _CAP else counts[name] or ""}
            for name in queries.TABS
        ],
        "rows": [present_delivery(row, servers, at) for row in rows.items],
        "more": rows.next,
        "scheduled": _scheduled(actor) if tab == "waiting" else [],
        "no_server": servers.common is None and not servers.own,
        "trouble": servers.trouble if servers.common is None else "",
        "may_act": rights.can(actor, "outbox.retry"),
        "may_all": tab == "waiting"
        and bool(rows.items)
        and bool(servers.common or servers.own)
        and rights.can(actor, "outbox.retry"),
        "may_set": rights.can(actor, "settings.edit"),
        "address": f"{reverse('email:outbox')}?tab={tab}",
    }
    return render(request, "email/outbox.html", context)


def _scheduled(actor: Actor) -> list[dict[str, Any]]:
    """Return the answers that wait for a time their authors chose: they are no mails yet."""
    times = shown.Moments(now())
    return [
        {
            "url": f"/tickets/{row.ticket_id}/", "act": f"/tickets/{row.ticket_id}/scheduled/{row.pk}/",
            "number": row.ticket_id, "subject": row.ticket.subject or "—", "who": row.user.name,
            "time": times.moment(row.send_at), "exact": times.exact(row.send_at),
        }
        for row in scheduled_visible_to(actor)[:PAGE]
    ]  # fmt: skip


@require_POST
@permission_required("outbox.retry")
def all_again(request: HttpRequest) -> HttpResponse:
    """Have everything that waits for its next attempt tried now."""
    _only_next(request)
    count = actions.send_waiting_again(by=_actor(request))
    words = ngettext("%(count)s mail is sent again", "%(count)s mails are sent again", count) % {"count": count}
    messages.success(request, words if count else _("Nothing waits for a later attempt"))
    return redirect(f"{reverse('email:outbox')}?tab=waiting")


@require_POST
@permission_required("outbox.retry")
def again(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """Send a mail again."""
    return _act(request, delivery_id, "again")


@require_POST
@permission_required("outbox.retry")
def end(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """Give a mail up, or take a failed one off the page."""
    return _act(request, delivery_id, "end")


@require_POST
@permission_required("outbox.retry")
def arrival(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """Take down what a person knows of a mail that is out: ``arrived`` is ``yes`` or ``no``."""
    _only_next(request, "arrived")
    delivery = queries.get_visible(_actor(request), delivery_id)
    arrived = {"yes": True, "no": False}.get(request.POST.get("arrived", ""))
    if arrived is None:
        raise Invalid(_("Say whether the mail arrived."), field="arrived")
    bad = False
    try:
        changed = actions.correct(delivery, arrived=arrived, by=_actor(request))
        words = _("Noted") if changed else _("This was done already")
    except NotFound:
        raise
    except DomainError as error:
        words, bad = str(error.message), True
    return _answer(request, delivery, words, bad=bad)


def _only_next(request: HttpRequest, *more: str) -> None:
    if unknown := set(request.POST) - {"csrfmiddlewaretoken", "next", *more}:
        raise Invalid(_("There is no field “%(field)s”.") % {"field": min(unknown)[:40]})


def _act(request: HttpRequest, delivery_id: int, what: str) -> HttpResponse:
    _only_next(request)
    delivery = queries.get_visible(_actor(request), delivery_id)
    bad = False
    try:
        if what == "again":
            changed = actions.send_again(delivery, by=_actor(request))
            words = _("The mail is sent again") if changed else _("The mail is waiting to be sent already")
        else:
            changed = actions.give_up(delivery, by=_actor(request))
            words = _("The mail is not sent any more") if changed else _("This was done already")
    except NotFound:
        raise
    except DomainError as error:
        words, bad = str(error.message), True
    return _answer(request, delivery, words, bad=bad)


def _answer(request: HttpRequest, delivery: Delivery, words: str, *, bad: bool) -> HttpResponse:
    """A part page hears that the ticket changed; a plain form goes back to where it came from."""
    if request.headers.get("HX-Request") == "true":
        news: dict[str, Any] = {"toast": {"value": words, "bad": bad}}
        if delivery.outgoing.ticket_id:
            news["ticket-changed"] = {"number": delivery.outgoing.ticket_id}
        return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(news)})
    (messages.error if bad else messages.success)(request, words)
    target = request.POST.get("next", "")
    if target and url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        return HttpResponseRedirect(target)
    return redirect("email:outbox")
