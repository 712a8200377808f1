"""What changed since a page last asked: how a page begins, and what a browser without the stream lives on.

Asked for as events, the same address is the live stream (``otklik.desk.streams``).
"""

from datetime import UTC, datetime, timedelta

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from otklik.accounts.web import StaffRequest, rights_mark
from otklik.core.errors import Invalid
from otklik.core.events import Live, last_seq, live_after
from otklik.desk.counting import folder_counters, menu_counters
from otklik.desk.streams.news import moved_away, others_at, presence_data
from otklik.presence.queries import everybody_here
from otklik.tickets.queries import sees_all, visible_numbers, visible_to

TICKET = 1
MOST = 200  # a page that missed more than this is loaded anew
_LATE = timedelta(seconds=10)  # a change may be told this long after it was written


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Answer with the ids of visible tickets that changed after ``since``, and the counters when any did.

    ``since`` is the place the last answer gave, or ``t<milliseconds>`` for the moment a page was made. With ``here``
    also who has which ticket open. ``rights`` is a mark of the reader's rights: a page that was made under others looks
    again at what it shows. Frames carry ids and numbers, no text; what is on the screen is fetched by itself and
    checked again there.
    """
    staff: StaffRequest = request  # type: ignore[assignment]
    if staff.actor is None:
        return HttpResponse(status=401)
    since = request.GET.get("since", "")
    first = not since.isdigit()
    # the place is read before the rows: what is written between the two is told once more, not left out
    place = last_seq() if first else _number(since)
    rows, lost = (_since_moment(since), False) if first else _since_place(place)
    changed = {row.subject_id for row in rows if row.subject_kind == TICKET}
    answer: dict[str, object] = {"since": str(rows[-1].seq if rows else place), "rights": rights_mark(staff.actor)}
    if lost or len(rows) > MOST:
        answer |= {"since": str(last_seq()), "refresh": True}
    elif changed:
        seen = sorted(visible_to(staff.actor).filter(pk__in=changed).values_list("pk", flat=True))
        answer["tickets"] = seen
        if not moved_away(rows) <= set(seen) and not sees_all(staff.actor):
            answer["moved"] = True  # not a word of what: the page looks again at what it shows
    if rows or lost or first:
        answer["counters"] = folder_counters(staff.actor) | menu_counters(staff.actor)
    if "here" in request.GET:
        answer["presence"] = _presence(staff)
    response = JsonResponse(answer)
    response["Cache-Control"] = "no-store"
    return response


def _presence(staff: StaffRequest) -> dict[str, list[list[int]]]:
    if not (here := everybody_here()):
        return {}
    seen = visible_numbers({staff.actor}, here.keys())[staff.actor]
    return presence_data(others_at(here, seen, staff.actor.id))


def _number(text: str) -> int:
    if len(text) > 18:
        raise Invalid(_("This is not a place in the stream."), field="since")
    return int(text)


def _since_place(seq: int) -> tuple[list[Live], bool]:
    part = live_after(seq, limit=MOST + 1)
    return part.rows, part.lost


def _since_moment(text: str) -> list[Live]:
    """Return what was told from a moment on; without one, nothing: the page only wants its counters."""
    if not text:
        return []
    if text[0] != "t" or not text[1:].isdigit() or len(text) > 15:
        raise Invalid(_("This is not a place in the stream."), field="since")
    moment = datetime.fromtimestamp(int(text[1:]) / 1000, tz=UTC) - _LATE
    return list(Live.objects.filter(at__gte=moment).order_by("seq")[: MOST + 1])
