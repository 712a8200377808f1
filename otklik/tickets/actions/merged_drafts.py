"""What people were writing on a ticket goes along when it is merged, and comes back when the tickets are parted.

Whoever has begun the same kind of text on both has both in one draft; the one that came is kept aside as it was, so
that parting gives it back whole.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Any, Final

from otklik.core.clock import now
from otklik.core.markup import text_to_html
from otklik.tickets.models import Draft, Ticket

_ASIDE: Final = "+"  # before the mode of a draft whose text stands in another one meanwhile
_BETWEEN: Final = "<p>— — —</p>"
_KEPT: Final = timedelta(days=30)


def take_drafts_over(source: Ticket, target: Ticket) -> dict[str, Any]:
    """Move everybody's drafts to the ticket that stays, inside the caller's transaction.

    Returns what the way back needs: the ids of those that moved and of those that were put aside.
    """
    drafts = list(_held(source).exclude(mode__startswith=_ASIDE))
    theirs = {(row.user_id, row.mode): row for row in _held(target)}
    moved, aside = [], []
    for draft in drafts:
        other = theirs.get((draft.user_id, draft.mode))
        if other is None:
            moved.append(draft.pk)
            continue
        _join(other, draft)
        Draft.objects.filter(ticket=source, user_id=draft.user_id, mode=_ASIDE + draft.mode).delete()
        Draft.objects.filter(pk=draft.pk).update(mode=_ASIDE + draft.mode, saved_at=now())
        aside.append(draft.pk)
    Draft.objects.filter(pk__in=moved).update(ticket=target)
    return {"drafts": moved, "drafts_aside": aside}


def give_drafts_back(source: Ticket, target: Ticket, data: dict[str, Any], *, modes: Collection[str]) -> None:
    """Move back what came with the source, and drafts of the ``modes`` of what goes back with it.

    A text that was sent or emptied meanwhile stays so; one that was joined is taken out of the other again, unless its
    author changed it there: then it stands on both.
    """
    here = {(row.user_id, row.mode): row for row in _held(source)}
    for draft in _held(target):
        if draft.pk not in data.get("drafts", []) and draft.mode not in modes:
            continue
        begun = here.get((draft.user_id, draft.mode))
        if begun is None:
            Draft.objects.filter(pk=draft.pk).update(ticket=source)
            continue
        _join(begun, draft)
        draft.delete()
    for draft in [row for row in here.values() if row.pk in data.get("drafts_aside", [])]:
        mode = draft.mode.removeprefix(_ASIDE)
        other = _held(target).filter(user_id=draft.user_id, mode=mode).first()
        if other is None:
            draft.delete()
            continue
        _part(other, draft)
        begun = here.get((draft.user_id, mode))
        if begun is None:
            Draft.objects.filter(pk=draft.pk).update(mode=mode)
            continue
        _join(begun, draft)
        draft.delete()


def forget_drafts_aside() -> int:
    """Delete texts that were put aside a month ago: they stand in another draft, or went with it; return how many."""
    return Draft.objects.filter(mode__startswith=_ASIDE, saved_at__lt=now() - _KEPT).delete()[0]


def _held(ticket: Ticket) -> Any:
    return Draft.objects.select_for_update().filter(ticket=ticket).order_by("pk")


def _join(draft: Draft, more: Draft) -> None:
    """Put the text and the files of another draft behind those of a draft; its own fields stay."""
    if more.text.strip() and draft.text.strip():
        draft.text = f"{_html(draft.text)}{_BETWEEN}{_html(more.text)}"
    else:
        draft.text = draft.text if draft.text.strip() else more.text
    draft.attachments = list(dict.fromkeys([*draft.attachments, *more.attachments]))
    draft.fields = more.fields | draft.fields
    _save(draft)


def _part(draft: Draft, more: Draft) -> None:
    """Take out of a draft what was joined to it, where it still stands there."""
    piece = f"{_BETWEEN}{_html(more.text)}"
    if not more.text.strip() or piece not in draft.text:
        return
    draft.text = draft.text.replace(piece, "", 1)
    draft.attachments = [pk for pk in draft.attachments if pk not in more.attachments]
    _save(draft)


def _save(draft: Draft) -> None:
    draft.version, draft.saved_at = draft.version + 1, now()
    draft.save(update_fields=["text", "attachments", "fields", "version", "saved_at"])


def _html(text: str) -> str:
    return text if text.lstrip().startswith("<") else text_to_html(text)
