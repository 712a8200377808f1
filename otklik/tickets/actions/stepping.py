"""Taking back what one did a moment ago: the one door for every kind of step."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict, DomainError, NotFound
from otklik.tickets.actions.answering_many import stop_plan
from otklik.tickets.actions.beginning import undo_first
from otklik.tickets.actions.bulk import undo_bulk
from otklik.tickets.actions.merging import undo_merge
from otklik.tickets.actions.rewriting import restore_note
from otklik.tickets.actions.saving import bring_reply_back
from otklik.tickets.actions.sending import undo_reply
from otklik.tickets.actions.shelving import undo_spam
from otklik.tickets.actions.sides import undo_side
from otklik.tickets.actions.taking_back import GRACE
from otklik.tickets.models import Merge, Message, Step

_KEPT: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Undone:
    """What to tell: words, the ticket to show anew (None for many), whether a draft came back, where one goes on."""

    words: str
    number: int | None = None
    draft: bool = False
    reload: bool = False
    url: str = ""


def get_step(actor: Actor, step_id: int) -> Step:
    """Return one of the actor's own steps, or raise ``NotFound``."""
    rows = Step.objects.filter(pk=step_id, user_id=actor.id or 0) if 0 < step_id < 2**63 else Step.objects.none()
    step = rows.first()
    if step is None:
        raise NotFound
    return step


def undo_step(step: Step, *, by: Actor) -> Undone:
    """Undo a step by the action of its kind; a second time changes nothing.

    Raises ``Conflict`` when its time is over, and what that action raises.
    """
    if step.undone_at is None and now() > step.until + GRACE:
        raise Conflict(_too_late(step.kind))
    if step.kind == "reply":
        ticket = undo_reply(step, by=by)
        return Undone(_("The reply is taken back, its text is a draft again"), ticket.pk, draft=True)
    if step.kind == "first":
        return _undo_first(step, by=by)
    if step.kind == "side":
        side = undo_side(step, by=by)
        return Undone(_("The letter is taken back, its text is a draft again"), side.ticket_id, reload=True)
    if step.kind == "many":
        return _undo_many(step, by=by)
    if step.kind == "bulk":
        return _undo_bulk(step, by=by)
    if step.kind == "note":
        message = Message.objects.select_related("ticket").filter(pk=step.data["message"]).first()
        if message is None:
            raise NotFound
        restore_note(message, by=by)
        return Undone(_("The note is back"), message.ticket_id)
    if step.kind == "spam":
        return Undone(_("The ticket is restored"), undo_spam(step, by=by).pk, reload=True)
    if step.kind == "saved":
        bring_reply_back(step.data["saved"], by=by)
        return Undone(_("The saved reply is back"), reload=True)
    if step.kind == "merge":
        row = Merge.objects.select_related("source", "target").filter(pk=step.data["merge"]).first()
        if row is None:
            raise NotFound
        undo_merge(row, by=by)
        return Undone(_("The tickets are parted again"), row.target_id)
    raise NotFound


def _too_late(kind: str) -> str:
    if kind in {"reply", "many"}:
        return _("Too late: the reply is on its way.")
    if kind in {"first", "side"}:
        return _("Too late: the letter is on its way.")
    return _("Too late: this cannot be taken back any more.")


def _undo_first(step: Step, *, by: Actor) -> Undone:
    ticket = undo_first(step, by=by)
    words = _("The letter is taken back, its text is a draft again")
    if ticket.shelf is None:
        return Undone(words, ticket.pk, draft=True)
    return Undone(words, url="/tickets/new/")


def _undo_many(step: Step, *, by: Actor) -> Undone:
    """Take back every answer of a run that has not left yet; say how many had. What had no turn yet gets none."""
    late, steps = 0, [*step.data["steps"]]
    if "plan" in step.data:
        with transaction.atomic():
            steps += stop_plan(step.data["plan"])
    for one in Step.objects.filter(pk__in=steps, user_id=by.id or 0).order_by("pk"):
        try:
            undo_reply(one, by=by)
        except DomainError:
            late += 1
    words = _("The replies are taken back, their text is a draft again")
    if late:
        words = ngettext("%(count)s reply had left already", "%(count)s replies had left already", late) % {
            "count": late
        }
    return Undone(words, step.data["ticket"], draft=True)


def _undo_bulk(step: Step, *, by: Actor) -> Undone:
    result = undo_bulk(step, by=by)
    words = ngettext("%(count)s ticket is as before", "%(count)s tickets are as before", result.changed)
    said = words % {"count": result.changed}
    if result.refused:
        numbers = ", ".join(f"№ {number}" for number, _why in result.refused[:5])
        said += ". " + _("Changed meanwhile: %(numbers)s") % {"numbers": numbers}
    return Undone(said, reload=True)


def forget_old_steps() -> int:
    """Delete steps that cannot be undone any more; return how many."""
    return Step.objects.filter(until__lt=now() - _KEPT).delete()[0]
