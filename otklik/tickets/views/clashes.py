"""The answers to a change whose author has not seen everything: shown first, done only when he asks again."""

import json
from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from otklik.core.clock import now
from otklik.core.errors import Invalid
from otklik.tickets.actions import Clash, Unseen
from otklik.tickets.marks import mark_of_ticket
from otklik.tickets.presenters.clash import clash_sentence, present_clash, present_unseen
from otklik.tickets.queries.changes import last_change

CLASH = "#card-clash"
"""The place on the card where a clash is shown."""
CLASHES = "#list-clash"
"""The place on a list where those of an act on many are shown."""
MOST_NAMED = 20
_OWN = {"csrfmiddlewaretoken", "seen"}


def seen_by_author(request: HttpRequest, name: str = "seen") -> int | None:
    """Return the newest message that the author of an answer has seen; a program need not tell."""
    value = request.POST.get(name, "")
    if value and not (value.isascii() and value.isdigit() and len(value) < 18):
        raise Invalid(_("This is not a number."), field=name)
    return int(value) if value else None


def clash_answer(request: HttpRequest, clash: Clash, *, part: bool) -> HttpResponse:
    """Show what the property was, what it became and by whom, with the offer to set it all the same."""
    at = now()
    shown = present_clash(clash, last_change(clash.current, clash.name), at)
    if not part:
        messages.warning(request, clash_sentence(shown))
        return redirect("tickets:card", clash.current.pk)
    response = render(request, "tickets/clash.html", {"clash": shown, "url": request.path}, status=409)
    response["HX-Retarget"], response["HX-Reswap"] = CLASH, "innerHTML"
    response["HX-Trigger"] = json.dumps({"ticket-changed": {"number": clash.current.pk}})
    return response


def clashes_answer(request: HttpRequest, act: str, clashes: Sequence[Clash], *, part: bool) -> HttpResponse:
    """Show on which tickets of an act on many a colleague was faster, with the offer to do it there all the same."""
    at = now()
    shown = [
        present_clash(clash, last_change(clash.current, clash.name), at) | {"number": clash.current.pk}
        for clash in clashes[:MOST_NAMED]
    ]
    if not part:
        for clash in shown:
            messages.warning(request, f"№ {clash['number']}. {clash_sentence(clash)}")
    context = {
        "clashes": shown, "rest": len(clashes) - len(shown), "act": act, "value": request.POST[act],
        "ids": ",".join(str(clash.current.pk) for clash in clashes),
        "seen": ",".join(mark_of_ticket(clash.current) for clash in clashes), "wanted": shown[0]["wanted"],
    }  # fmt: skip
    response = render(request, "tickets/clashes.html", context)
    response["HX-Retarget"], response["HX-Reswap"] = CLASHES, "innerHTML"
    return response


def unseen_answer(request: HttpRequest, unseen: Unseen, *, part: bool) -> HttpResponse:
    """Show the new messages before an answer goes: beside the composer, or on a page that keeps the whole form."""
    context = {"unseen": present_unseen(unseen, now()), "number": unseen.current.pk}
    if part:
        html = render_to_string("tickets/unseen.html", context, request)
        told = {"message": "", "html": html, "seen": context["unseen"]["seen"]}
        return JsonResponse(told, status=409)
    kept = [(name, value) for name, values in request.POST.lists() if name not in _OWN for value in values]
    context |= {"kept": kept, "url": request.path, "subject": unseen.current.subject}
    return render(request, "tickets/unseen_page.html", context, status=409)
