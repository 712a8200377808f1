"""How the tickets of a tag follow it when it is renamed, merged or removed: what a run does to each of them."""

from typing import Any, Final

from django.db import transaction

from otklik.core.actor import Actor
from otklik.core.events import record
from otklik.core.text import normal_form
from otklik.tickets import events
from otklik.tickets.actions.base import copy_state, locked, touch
from otklik.tickets.actions.bulk import Act
from otklik.tickets.actions.tagging import set_tags
from otklik.tickets.models import BulkRun, Tag, Ticket, TicketTag

RETAG: Final = "retag"


def _retag(ticket: Ticket, value: dict[str, Any], by: Actor) -> bool:
    """Put what the tag ``value["tag"]`` became in its place on a ticket. Records ``ticket.tagged``."""
    with transaction.atomic():
        current = locked(ticket)
        source = Tag.objects.select_related("merged_into").filter(pk=value["tag"]).first()
        if source is None:
            return False
        target = source.merged_into if source.is_leaving else source
        shown = _renamed(current.tags_shown, normal_form(str(value["old"])), target.name if target else "")
        if target is None or target.pk != source.pk:
            TicketTag.objects.filter(ticket=current, tag=source).delete()
        if target is not None:
            row = TicketTag(ticket=current, tag=target, is_open=current.is_open)
            TicketTag.objects.bulk_create([row], ignore_conflicts=True)
        if shown == current.tags_shown:
            return False
        added = [name for name in shown if name not in current.tags_shown]
        removed = [name for name in current.tags_shown if name not in shown]
        current.tags_shown = shown
        touch(current, "tags_shown")
        record(events.TicketTagged(subject_id=current.pk, team_id=current.team_id, added=added, removed=removed), by=by)
    copy_state(current, ticket)
    return True


def _renamed(shown: list[str], old_key: str, name: str) -> list[str]:
    """Return the words on a ticket with another one in the place of one; no word stands there twice."""
    words: dict[str, str] = {}
    for word in shown:
        said = name if normal_form(word) == old_key else word
        if said:
            words.setdefault(normal_form(said), said)
    return list(words.values())


RETAGGING: Final = Act(
    _retag, lambda ticket: list(ticket.tags_shown), lambda ticket, tags, by: set_tags(ticket, tags=tags, by=by)
)


def _tag_id(run: BulkRun) -> int:
    assert isinstance(run.value, dict)
    return int(run.value["tag"])


def with_tag(run: BulkRun, limit: int) -> list[int]:
    """Return the next tickets on which the run's tag hangs."""
    rows = TicketTag.objects.filter(tag_id=_tag_id(run), ticket_id__gt=run.last_id)
    return list(rows.order_by("ticket_id").values_list("ticket_id", flat=True)[:limit])


def end_retagging(run: BulkRun) -> bool:
    """Let a tag go that is on no ticket any more; false when somebody gave it meanwhile and the run begins again."""
    with transaction.atomic():
        tag = Tag.objects.select_for_update().filter(pk=_tag_id(run), is_leaving=True).first()
        if tag is None:
            return True
        if TicketTag.objects.filter(tag=tag).exists():
            BulkRun.objects.filter(pk=run.pk).update(last_id=0)
            return False
        tag.delete()
    return True


def give_up_retagging(run: BulkRun) -> None:
    """Let a tag be in use again whose run was stopped or is taken back."""
    Tag.objects.filter(pk=_tag_id(run)).update(is_leaving=False, merged_into=None)
