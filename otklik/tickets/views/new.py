"""A new ticket by hand: a request that came by a call or a visit, or a letter of ours to begin with."""

import json
from collections.abc import Sequence
from typing import Any, BinaryIO, Final, cast

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from otklik.accounts.policies import can
from otklik.accounts.queries import colleagues, teams
from otklik.accounts.web import permission_required
from otklik.contacts.models import Contact
from otklik.contacts.queries import find_people, primary_address
from otklik.core import shown
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import DomainError, Invalid
from otklik.core.markup import clean_reply, html_to_text
from otklik.tickets import actions, queries
from otklik.tickets.actions.beginning import FirstSent, send_first
from otklik.tickets.actions.drafting import NEW_TICKET, forget_draft
from otklik.tickets.changing import contact_by_id
from otklik.tickets.models import Channel, Priority, TicketType
from otklik.tickets.presenters.thread import present_file
from otklik.tickets.queries.people import find_requesters
from otklik.tickets.queries.sides import files_of
from otklik.tickets.views.answers import actor_of, done_page, is_part, only_fields
from otklik.tickets.views.assignments import chosen_team, chosen_user
from otklik.tickets.views.states import moment_of

_KEPT: Final = (
    "way", "requester_id", "requester_email", "requester_name", "requester_phone", "cc", "subject", "channel",
    "mailbox", "priority", "type", "team", "assignee", "tags",
)  # fmt: skip
_FIELDS: Final = (*_KEPT, "text", "format", "send_at", "send_at_own")
_BLANK: Final = json.dumps({"way": "record", "requester_email": ""})
"""What the page fills in by its address (``way``, ``to``) as a form without it holds."""
_INPUTS: Final = {"requester": "requester_name", "email": "requester_email", "phone": "requester_phone", "body": "text"}
"""The inputs of the form that are called otherwise than the fields of the actions."""


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("tickets.open")
def new_ticket(request: HttpRequest) -> HttpResponse:
    """Show the form; open the ticket and go to its card. ``way=write`` sends the text to the customer."""
    actor = actor_of(request)
    values = {field: request.POST.get(field, "") for field in _FIELDS}
    if request.method != "POST":
        values |= {
            "priority": str(int(Priority.NORMAL)), "requester_email": request.GET.get("to", "")[:320],
            "way": "write" if request.GET.get("way") == "write" else "record",
        }  # fmt: skip
        return _page(request, values, {})
    files: list[int] = []
    try:
        only_fields(request, (*_FIELDS, "attachments"))
        files = _files(request, actor)
        return _opened(request, *_open(values, files, by=actor))
    except Invalid as error:
        return _refused(request, values, files, {field or "": str(words) for field, words in error.errors}, 422)
    except DomainError as error:
        return _refused(request, values, files, {"": str(error.message)}, error.status)


def _open(values: dict[str, str], files: list[int], *, by: Actor) -> tuple[str, FirstSent]:
    """Open what was asked for; return what to tell and what was opened."""
    body = {"body_html" if values["format"] == "html" else "body_text": values["text"]}
    address, phone = values["requester_email"], values["requester_phone"]
    person = known_person(values["requester_id"], by, address=address, phone=phone)
    common: dict[str, Any] = {
        "requester": person, "requester_email": values["requester_email"], "requester_name": values["requester_name"],
        "subject": values["subject"], "attachments": files,
        "priority": _priority(values["priority"]), "kind": _type(values["type"]), "tags": values["tags"].split(","),
        **_given(values), "by": by,
    }  # fmt: skip
    if values["way"] != "write":
        channel = _channel(values["channel"])
        plain = body.get("body_text") or html_to_text(clean_reply(values["text"]))  # nobody sent it, so it has no looks
        common |= {"requester_phone": values["requester_phone"], "body_text": plain, "channel": channel}
        ticket = actions.open_ticket(**common)
        forget_draft(None, mode=NEW_TICKET, by=by)
        return _("Ticket № %(number)s is opened") % {"number": ticket.pk}, FirstSent(ticket, None)
    box = _channel(values["mailbox"], "mailbox") if values["mailbox"] else None
    chosen = values["send_at_own"] if values["send_at"] == "own" else values["send_at"]
    moment = moment_of(chosen, "send_at") if values["send_at"] else None
    copies = [part.strip() for part in values["cc"].replace(";", ",").split(",") if part.strip()]
    kept = {name: values[name] for name in _KEPT if values[name]}
    sent = send_first(channel=box, cc=copies, send_at=moment, form=kept, **common, **dict[str, Any](body))
    if moment is not None:
        return _("The letter will leave %(time)s") % {"time": shown.moment(moment, now())}, sent
    return _("The letter is on its way"), sent


def _opened(request: HttpRequest, words: str, sent: FirstSent) -> HttpResponse:
    url = reverse("tickets:card", args=[sent.ticket.pk])
    if not is_part(request):
        return redirect(url)
    toast: dict[str, Any] = {"value": words}
    if sent.step is not None:
        seconds = max(1, round((sent.step.until - sent.step.made_at).total_seconds()))
        toast |= {"undo": f"/tickets/undo/{sent.step.pk}/", "seconds": seconds}
    return done_page(url, toast)


def _refused(
    request: HttpRequest, values: dict[str, str], files: list[int], errors: dict[str, str], status: int
) -> HttpResponse:
    """Say what is wrong: to the script in words and by the input's name, else with the form as it was sent."""
    if not is_part(request):
        return _page(request, values, errors, files, status)
    field, words = next(iter(errors.items()))
    response = HttpResponse(status=status)
    response["HX-Reswap"] = "none"
    news = {"toast": {"value": words, "bad": True}, "field-refused": {"name": _INPUTS.get(field, field)}}
    response["HX-Trigger"] = json.dumps(news)
    return response


def _files(request: HttpRequest, actor: Actor) -> list[int]:
    """Return the files of the form: those uploaded before, and what a browser without script sends along."""
    given = request.POST.getlist("attachments")
    if not all(value.isascii() and value.isdigit() and len(value) < 18 for value in given):
        raise Invalid(_("One of the files is gone or was sent already."), field="attachments")
    found = [int(value) for value in given]
    for file in request.FILES.getlist("file"):
        kept = actions.upload(
            cast(BinaryIO, file.file), name=file.name or "", content_type=file.content_type or "", size=file.size or 0,
            by=actor,
        )  # fmt: skip
        found.append(kept.pk)
    return found


def known_person(text: str, by: Actor, *, address: str = "", phone: str = "") -> Contact | None:
    """Return the person who was chosen from the list; raises ``Invalid`` for one who is not there."""
    if not text:
        return None
    key = int(text) if text.isdecimal() and len(text) < 18 else 0
    return contact_by_id(by, key, address=address, phone=phone)


def _given(values: dict[str, str]) -> dict[str, Any]:
    """Return team and assignee only when they were chosen: else the channel's team stands."""
    given: dict[str, Any] = {}
    if values["team"]:
        given["team"] = chosen_team(values["team"])
    if values["assignee"]:
        given["assignee"] = chosen_user(values["assignee"])
    return given


def _channel(text: str, field: str = "channel") -> Channel:
    for channel in queries.spoken_channels():
        if str(channel.pk) == text:
            return channel
    raise Invalid(_("Choose how the request came."), field=field)


def _priority(text: str) -> int:
    return int(text) if text in {"1", "2", "3", "4"} else 0


def _type(text: str) -> TicketType | None:
    return next((row for row in queries.types() if str(row.pk) == text), None)


def _page(
    request: HttpRequest, values: dict[str, str], errors: dict[str, str], files: Sequence[int] = (), status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    channels = queries.spoken_channels()
    context = {
        "values": values, "errors": errors, "editor_url": static("django_prose_editor/editor.js"),
        "draft": {"files": _shown_files(files, actor)}, "draft_url": reverse("tickets:new-draft"),
        "draft_blank": _BLANK,
        "saved_url": "/saved-replies/filled/" if can(actor, "tickets.reply") else "",
        "channels": channels,
        "mailboxes": [row for row in channels if row.kind == "email" and row.address],
        "types": queries.offered_types(), "teams": teams(), "people": colleagues(), "priorities": queries.priorities(),
    }  # fmt: skip
    return render(request, "tickets/new.html", context, status=status)


def _shown_files(files: Sequence[int], actor: Actor) -> list[dict[str, Any]]:
    rows = files_of(list(files), actor.id or 0) if files else []
    return [{"id": file.pk, **present_file(file)} for file in rows]


@require_safe
@permission_required("tickets.open")
def suggestions(request: HttpRequest) -> HttpResponse:
    """Answer with visible people whose name or address begins with ``q``."""
    items = []
    for contact in find_people(actor_of(request), request.GET.get("q", "")):
        if address := primary_address(contact):
            company = f" · {contact.organization.name}" if contact.organization else ""
            items.append({"value": address, "label": f"{contact.name}{company}"})
    return JsonResponse({"items": items})


@require_safe
@permission_required("tickets.open")
def requesters(request: HttpRequest) -> HttpResponse:
    """Answer with visible people by the beginning of a name, an address or a phone, each with all three, and with the
    name of somebody hidden whose whole address or phone was entered."""
    items = [
        {"id": row.id, "name": row.name, "email": row.email, "phone": row.phone, "hint": row.hint}
        for row in find_requesters(actor_of(request), request.GET.get("q", "")[:100])
    ]
    return JsonResponse({"items": items})
