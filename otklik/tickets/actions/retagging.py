"""How the tickets of a tag follow it when it is renamed, merged or removed: what a run does to each of them."""

from typing import Any, Final

from django.db import transaction

from otklik.accounts.models import User
from otklik.core.actor import Actor
from otklik.core.cached import forget
from otklik.core.events import record
from otklik.core.text import normal_form
from otklik.tickets import events
from otklik.tickets.actions.base import copy_state, locked, touch
from otklik.tickets.actions.bulk import Act
from otklik.tickets.actions.tagging import ensure_tags, set_tags
from otklik.tickets.models import BulkRun, ListLayout, PinnedTag, Tag, Ticket, TicketTag
from otklik.tickets.queries.folders import TAG
from otklik.tickets.queries.tagged import PINS

RETAG: Final = "retag"


def _retag(ticket: Ticket, value: dict[str, Any], _seen: object, by: Actor) -> bool:
    """Put what the tag ``value["tag"]`` became in its place on a ticket. Records ``ticket.tagged``."""
    with transaction.atomic():
        current = locked(ticket, shelved=True)
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
        changed = _write(current, shown, by=by)
    copy_state(current, ticket)
    return changed


def _put_back(ticket: Ticket, tags: Any, by: Actor) -> bool:
    """Give a ticket the tags it had; where they only were written in another way, that way. Records as ``set_tags``."""
    with transaction.atomic():
        if set_tags(ticket, tags=tags, by=by):
            return True
        current = locked(ticket, shelved=True)
        changed = _write(current, [str(name) for name in tags], by=by)
    copy_state(current, ticket)
    return changed


def _write(ticket: Ticket, shown: list[str], *, by: Actor) -> bool:
    """Write these words on a locked ticket; false when they stand there. Records ``ticket.tagged``."""
    if shown == ticket.tags_shown:
        return False
    added = [name for name in shown if name not in ticket.tags_shown]
    removed = [name for name in ticket.tags_shown if name not in shown]
    ticket.tags_shown = shown
    touch(ticket, "tags_shown")
    record(events.TicketTagged(subject_id=ticket.pk, team_id=ticket.team_id, added=added, removed=removed), by=by)
    return True


def _renamed(shown: list[str], old_key: str, name: str) -> list[str]:
    """Return the words on a ticket with another one in the place of one; no word stands there twice."""
    words: dict[str, str] = {}
    for word in shown:
        said = name if normal_form(word) == old_key else word
        if said:
            words.setdefault(normal_form(said), said)
    return list(words.values())


RETAGGING: Final = Act(_retag, lambda ticket: list(ticket.tags_shown), _put_back)


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


def end_taking_back(run: BulkRun, *, by: Actor) -> None:
    """Give a tag its places again whose run was taken back, and its name where that was changed."""
    assert isinstance(run.value, dict)
    old, name = str(run.value["old"]), str(run.value.get("name", ""))
    if name:
        _name_again(old, name, by=by)
    else:
        _pin_again(old, run.value)


def pins_before(tag: Tag, target: Tag | None = None) -> dict[str, Any]:
    """Return who has a tag on his rail before it goes, and for whom another tag will come there in its place."""
    holders = set(PinnedTag.objects.filter(tag=tag).values_list("user_id", flat=True))
    if target is None:
        return {"pinned": sorted(holders)}
    moved = holders.difference(PinnedTag.objects.filter(tag=target).values_list("user_id", flat=True))
    return {"pinned": sorted(holders), "moved": sorted(moved), "into": target.pk}


def _pin_again(old: str, facts: dict[str, Any]) -> None:
    """Put a tag that was merged or removed on the rails where it was; who wanted the other one there keeps that."""
    if not facts.get("pinned"):
        return
    with transaction.atomic():
        tags = ensure_tags({normal_form(old): old})
        if not tags:  # the name is being removed anew
            return
        here = User.objects.filter(pk__in=facts["pinned"]).values_list("pk", flat=True)
        pins = [PinnedTag(user_id=user, tag=tags[0]) for user in here]
        PinnedTag.objects.bulk_create(pins, ignore_conflicts=True)
        if "into" in facts and facts["into"] != tags[0].pk:
            PinnedTag.objects.filter(tag_id=facts["into"], user_id__in=facts["moved"]).delete()
        transaction.on_commit(forget_pins)


def _name_again(old: str, name: str, *, by: Actor) -> None:
    """Give a renamed tag its name, and its places on rails and in remembered lists.

    The new name goes, unless tickets have it all the same or a tag is being merged into it. Records ``tag.renamed``.
    """
    with transaction.atomic():
        new = Tag.objects.select_for_update().filter(name=name, name_key=normal_form(name), is_leaving=False).first()
        if new is None or old == name:
            return
        told = events.TagRenamed(subject_id=new.pk, name=name, new_name=old)
        if normal_form(old) == new.name_key:  # the same word, written in another way
            Tag.objects.filter(pk=new.pk).update(name=old)
        elif TicketTag.objects.filter(tag=new).exists() or Tag.objects.filter(merged_into=new).exists():
            return
        elif tags := ensure_tags({normal_form(old): old}):
            move_places(new, tags[0])
            new.delete()
        else:  # the old name is being removed meanwhile
            return
        record(told, by=by)
        transaction.on_commit(forget_pins)


def move_places(source: Tag, target: Tag) -> None:
    """Let a tag have another's places on rails and in remembered lists, where it has none of its own."""
    held = set(PinnedTag.objects.filter(tag=target).values_list("user_id", flat=True))
    PinnedTag.objects.filter(tag=source).exclude(user_id__in=held).update(tag=target)
    layouts = ListLayout.objects.filter(folder=f"{TAG}{source.name_key}")
    kept = set(ListLayout.objects.filter(folder=f"{TAG}{target.name_key}").values_list("user_id", flat=True))
    layouts.exclude(user_id__in=kept).update(folder=f"{TAG}{target.name_key}")


def forget_pins() -> None:
    """Let every process read anew who has which tag on his rail."""
    forget(PINS)
