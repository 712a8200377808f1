"""The mail ledger: every received mail, where it ended and why, its source, and what can be done about it."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
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
from otklik.channels.email import ledger_words as words
from otklik.channels.email import queries
from otklik.channels.email.actions import inbound as actions
from otklik.channels.email.actions.finishing import COLLEAGUE
from otklik.channels.email.models import Inbound, InboundState
from otklik.channels.email.views.watch import counted, present_flood, present_folder
from otklik.core import shown
from otklik.core.actor import Actor
from otklik.core.blobs import BlobAway, BlobMissing
from otklik.core.clock import now
from otklik.core.errors import DomainError, Invalid, NotFound
from otklik.core.pages import keyset_page
from otklik.tickets.models import Channel, Ticket

PAGE = 50
HEAD = 1500
_PERIODS = {"1": 1, "7": 7, "30": 30}
_PARTS = (
    InboundState.TICKET, InboundState.MESSAGE, InboundState.IGNORED, InboundState.QUARANTINED, InboundState.FAILED,
    InboundState.WAITING,
)  # fmt: skip


def _actor(request: HttpRequest) -> Actor:
    return cast(StaffRequest, request).actor


@require_safe
@permission_required("mail.ledger")
def page(request: HttpRequest) -> HttpResponse:
    """Show the sums of a time and its mails, newest first; ``state``, ``days`` and ``box`` choose."""
    actor, at = _actor(request), now()
    days = request.GET.get("days", "7")
    days = days if days in _PERIODS else "7"
    start = _start(at, _PERIODS[days])
    boxes = list(Channel.objects.filter(kind="email").order_by("name", "pk")[:50])
    box = request.GET.get("box", "")
    rows = queries.since(queries.visible_to(actor), start)
    if box.isdigit() and int(box) in {channel.pk for channel in boxes}:
        rows = rows.filter(channel_id=int(box))
    else:
        box = ""
    state = request.GET.get("state", "")
    state = state if state in queries.ALL_STATES else ""
    sums = queries.sums(rows)
    chosen = rows.filter(state=state) if state else rows
    listed = keyset_page(
        chosen.select_related("channel"), order=[("-id", int)], cursor=request.GET.get("cursor"), limit=PAGE
    )
    place = f"days={days}" + (f"&box={box}" if box else "")
    context: dict[str, Any] = {
        "periods": [
            {"label": label, "url": f"?days={key}" + (f"&box={box}" if box else ""), "current": key == days}
            for key, label in (("1", _("Today")), ("7", _("7 days")), ("30", _("30 days")))
        ],
        "boxes": [{"label": _("All mailboxes"), "url": f"?days={days}", "current": not box}]
        + [
            {"label": channel.name, "url": f"?days={days}&box={channel.pk}", "current": str(channel.pk) == box}
            for channel in boxes
        ],
        "sum": _sum(sums, start, at, place, state),
        "folders": [present_folder(count, at) for count in queries.folder_counts(actor)],
        "floods": [present_flood(flood, at) for flood in queries.floods(actor)],
        "rows": [present_row(row, at) for row in listed.items],
        "state": state,
        "all_url": f"?{place}",
        "more": f"?{place}&state={state}&cursor={listed.next}" if listed.next else "",
    }
    return render(request, "email/ledger.html", context)


def _start(at: datetime, days: int) -> datetime:
    today = shown.local(at).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=days - 1)


def _sum(sums: dict[str, int], start: datetime, at: datetime, place: str, state: str) -> dict[str, Any]:
    names = {
        InboundState.TICKET: _("New tickets"),
        InboundState.MESSAGE: _("Into tickets"),
        InboundState.IGNORED: _("Ignored"),
        InboundState.QUARANTINED: _("Quarantine"),
        InboundState.FAILED: _("Error"),
        InboundState.WAITING: _("In work"),
    }
    total = sums["received"]
    parts = [
        {
            "number": number, "count": counted(sums[key]), "label": names[key], "current": key == state,
            "url": f"?{place}&state={key}",
        }
        for number, key in enumerate(_PARTS, 1)
    ]  # fmt: skip
    ended = sum(sums[key] for key in _PARTS)
    return {
        "total": counted(total),
        "text": ngettext(
            "mail received from %(start)s to %(end)s. Each has an outcome, none is lost.",
            "mails received from %(start)s to %(end)s. Each has an outcome, none is lost.",
            total,
        )
        % {"start": shown.day(start, at), "end": shown.day(at, at).rstrip(".")},
        "proof": _("It adds up: received %(received)s, outcomes %(ended)s")
        % {"received": counted(total), "ended": counted(ended)},
        "adds_up": ended == total,
        "duplicates": counted(sums["duplicates"]) if sums["duplicates"] else "",
        "parts": parts,
        "bar": _bar([sums[key] for key in _PARTS]),
        "spoken": ", ".join(f"{part['label']} {part['count']}" for part in parts),
    }


def _bar(counts: list[int]) -> list[dict[str, str]]:
    """Return the places of a bar's parts in percent, each at least wide enough to be seen."""
    total = sum(counts)
    if not total:
        return []
    gap, least = 0.22, 0.5
    wide = [max(count / total * 100, least) if count else 0.0 for count in counts]
    scale = (100 - gap * (sum(1 for part in wide if part) - 1)) / sum(wide)
    found, place = [], 0.0
    for number, part in enumerate(wide, 1):
        if part:
            width = part * scale
            found.append({"number": str(number), "x": f"{place:.2f}%", "width": f"{width:.2f}%"})
            place += width + gap
    return found


def present_row(row: Inbound, at: datetime) -> dict[str, Any]:
    """Return one line of the ledger."""
    text, css = words.chip(row)
    return {
        "id": row.pk,
        "time": shown.moment(row.received_at, at),
        "exact": shown.exact(row.received_at),
        "sender": row.from_name or row.from_address or _("(no sender)"),
        "address": row.from_address,
        "subject": row.subject or _("(no subject)"),
        "box": row.channel.name,
        "outcome": text,
        "chip": css,
        "url": reverse("email:mail", args=[row.pk]),
    }


def present_entry(row: Inbound, actor: Actor) -> dict[str, Any]:
    """Return everything about one mail: its way, what to do, the head of its source."""
    may = rights.can(actor, "mail.process")
    held, there = row.state == InboundState.QUARANTINED, row.blob_id is not None
    return {
        "id": row.pk,
        "steps": words.steps_of(row),
        "advice": str(words.EXPLAINED.get(row.reason, "")),
        "ticket": row.ticket_id,
        "ticket_url": reverse("tickets:card", args=[row.ticket_id]) if row.ticket_id else "",
        "copies": row.copies,
        "mail_id": row.mail_id,
        "elsewhere": [_elsewhere(same) for same in queries.same_elsewhere(row, actor)],
        "head": _head(row) if rights.can(actor, "mail.raw") else "",
        "raw_url": reverse("email:mail-raw", args=[row.pk]) if there and rights.can(actor, "mail.raw") else "",
        "removed": words.removed_words(row),
        "may_again": may and there and row.state != InboundState.WAITING and row.reason != COLLEAGUE,
        "may_join": may and held and row.ticket_id is not None,
        "may_open": may
        and there
        and row.state in {InboundState.QUARANTINED, InboundState.IGNORED, InboundState.FAILED},
        "may_dismiss": may and row.state in {InboundState.QUARANTINED, InboundState.FAILED},
    }


def _elsewhere(row: Inbound) -> dict[str, str]:
    """Return where the same mail ended in another mailbox."""
    return {"box": row.channel.name, "end": words.chip(row)[0], "url": reverse("email:mail", args=[row.pk])}


def _head(row: Inbound) -> str:
    """Return the beginning of the source as text that can be shown."""
    if row.blob is None:
        return ""
    try:
        with row.blob.open() as file:
            start = file.read(HEAD)
    except BlobMissing:
        return _("The source is missing in the store.")
    except BlobAway as error:
        return str(error)
    head = start.replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() or letter == "\n" else "·" for letter in head)


@require_safe
@permission_required("mail.ledger")
def entry(request: HttpRequest, inbound_id: int) -> HttpResponse:
    """Show one mail: a part for the list, a page for everybody else."""
    row = queries.get_visible(_actor(request), min(inbound_id, 2**63 - 1))
    context = {"entry": present_entry(row, _actor(request)), "row": present_row(row, now()), "next": ""}
    if getattr(request, "htmx", False):
        context["next"] = request.headers.get("HX-Current-URL", "")
        return render(request, "email/ledger_entry.html", context)
    return render(request, "email/ledger_mail.html", context)


@require_safe
@permission_required("mail.raw")
def raw(request: HttpRequest, inbound_id: int) -> HttpResponse:
    """Give the source as plain text that no browser runs."""
    row = queries.get_visible(_actor(request), min(inbound_id, 2**63 - 1))
    if row.blob is None:
        raise NotFound
    response = HttpResponse(row.blob.read(), content_type="text/plain; charset=utf-8")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


@require_POST
@permission_required("mail.process")
def again(request: HttpRequest, inbound_id: int) -> HttpResponse:
    """Have a mail processed again."""
    return _act(request, inbound_id, actions.process_again, _("The mail is processed again"))


@require_POST
@permission_required("mail.process")
def join(request: HttpRequest, inbound_id: int) -> HttpResponse:
    """Let a held mail into its ticket."""
    return _act(request, inbound_id, actions.join_held, _("The message is in the ticket now"))


@require_POST
@permission_required("mail.process")
def release(request: HttpRequest, inbound_id: int) -> HttpResponse:
    """Make a ticket of its own of a mail."""
    return _act(request, inbound_id, actions.open_held, _("A new ticket was opened"))


@require_POST
@permission_required("mail.process")
def dismiss(request: HttpRequest, inbound_id: int) -> HttpResponse:
    """Put a held mail aside."""
    return _act(request, inbound_id, actions.dismiss_held, _("The message was put aside"))


def _act(request: HttpRequest, inbound_id: int, action: Callable[..., Ticket | None], done: str) -> HttpResponse:
    if unknown := set(request.POST) - {"csrfmiddlewaretoken", "next"}:
        raise Invalid(_("There is no field “%(field)s”.") % {"field": min(unknown)[:40]})
    before = queries.get_visible(_actor(request), min(inbound_id, 2**63 - 1))
    bad, ticket = False, None
    try:
        ticket = action(before.pk, by=_actor(request))
    except NotFound:
        raise
    except DomainError as error:
        done, bad = str(error.message), True
    number = ticket.pk if ticket is not None else before.ticket_id
    if request.headers.get("HX-Request") == "true":
        news: dict[str, Any] = {"toast": {"value": done, "bad": bad}}
        if number:
            news["ticket-changed"] = {"number": before.ticket_id or number}
        return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(news)})
    (messages.error if bad else messages.success)(request, done)
    target = request.POST.get("next", "")
    if ticket is not None and not bad:
        return redirect("tickets:card", ticket.pk)
    if target and url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        return HttpResponseRedirect(target)
    return redirect("email:mail", before.pk)
