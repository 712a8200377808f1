"""The directory of tags: who has which on his rail; renaming, merging and removing them for everybody."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.accounts import policies as rights
from otklik.core.actor import Actor
from otklik.core.errors import Conflict, Forbidden, Invalid
from otklik.core.events import DomainEvent, record
from otklik.core.text import normal_form
from otklik.tickets import events
from otklik.tickets.actions.bulk_runs import begin_run
from otklik.tickets.actions.retagging import RETAG, forget_pins, move_places, pins_before
from otklik.tickets.actions.tagging import clean_tags, ensure_tags
from otklik.tickets.models import BulkRun, PinnedTag, Tag, TicketTag
from otklik.tickets.queries.folders import TAG
from otklik.tickets.queries.tagged import MOST_PINNED, get_tag


def pin_tag(tag: Tag, *, by: Actor) -> bool:
    """Put a tag on the actor's rail; false when it is there. It is nobody else's business, so nothing is recorded.

    Raises ``Invalid`` for more than there is room for.
    """
    if by.kind != "user" or by.id is None or not rights.can(by, "tickets.view"):
        raise Forbidden(_("You have no right to do this."))
    with transaction.atomic():
        pins = PinnedTag.objects.filter(user_id=by.id)
        if pins.filter(tag=tag).exists():
            return False
        if pins.count() >= MOST_PINNED:
            raise Invalid(_("The menu has room for 12 tags. Take one off first."), field="tag")
        PinnedTag.objects.bulk_create([PinnedTag(user_id=by.id, tag=tag)], ignore_conflicts=True)
        transaction.on_commit(forget_pins)
    return True


def unpin_tag(tag: Tag, *, by: Actor) -> bool:
    """Take a tag off the actor's rail; false when it is not there."""
    with transaction.atomic():
        gone = by.kind == "user" and PinnedTag.objects.filter(user_id=by.id or 0, tag=tag).delete()[0] > 0
        transaction.on_commit(forget_pins)
    return gone


def rename_tag(tag: Tag, *, name: str, by: Actor) -> BulkRun | None:
    """Give a tag another name; a run brings it to its tickets. Nothing for the name it has.

    Records ``tag.renamed``. Raises ``Forbidden`` without the right, ``Invalid`` for a name that cannot be or that
    another tag has, ``Conflict`` while the tag is being changed or another run of the actor goes on.
    """
    _allowed(by)
    new = _clean(name)
    key = normal_form(new)
    with transaction.atomic():
        current = _locked(tag)
        if current.name == new:
            return None
        old = current.name
        other = Tag.objects.filter(name_key=key).exclude(pk=current.pk).first()
        if other is not None:
            raise Invalid(_("There is the tag “%(tag)s” already: merge them.") % {"tag": other.name}, field="name")
        told = events.TagRenamed(subject_id=current.pk, name=old, new_name=new)
        if key == current.name_key:  # the same word, written in another way
            Tag.objects.filter(pk=current.pk).update(name=new)
            return _begin(current, old, told, name=new, by=by)
        (target,) = ensure_tags({key: new})
        _take_over(current, target)
        return _begin(current, old, told, name=new, by=by)


def merge_tags(tag: Tag, *, into: Tag, by: Actor) -> BulkRun:
    """Let another tag stand where this one does; a run does it, ticket by ticket, and then this one is gone.

    Records ``tag.merged``. Raises as ``rename_tag``.
    """
    _allowed(by)
    with transaction.atomic():
        current, target = _locked(tag, also=into), get_tag(into.pk)
        if current.pk == target.pk:
            raise Invalid(_("Choose another tag."), field="into")
        pins = pins_before(current, target)
        _take_over(current, target)
        told = events.TagMerged(subject_id=current.pk, name=current.name, into=target.name)
        return _begin(current, current.name, told, by=by, **pins)


def remove_tag(tag: Tag, *, by: Actor) -> BulkRun:
    """Take a tag off all tickets; a run does it, and then the tag is gone. Records ``tag.removed``.

    Raises as ``rename_tag``.
    """
    _allowed(by)
    with transaction.atomic():
        current = _locked(tag)
        pins = pins_before(current)
        _leave(current, None)
        told = events.TagRemoved(subject_id=current.pk, name=current.name)
        return _begin(current, current.name, told, by=by, **pins)


def _allowed(by: Actor) -> None:
    if by.kind != "user" or not rights.can(by, "tickets.tags"):
        raise Forbidden(_("You have no right to do this."))


def _clean(name: str) -> str:
    names = list(clean_tags([name]).values())
    if not names:
        raise Invalid(_("Name a tag."), field="name")
    return names[0]


def _locked(tag: Tag, *, also: Tag | None = None) -> Tag:
    """Return a tag as it is now; it and the other one are locked in one order."""
    wanted = {tag.pk, also.pk if also else tag.pk}
    rows = {row.pk: row for row in Tag.objects.select_for_update().filter(pk__in=wanted).order_by("pk")}
    current = rows.get(tag.pk)
    if current is None or any(row.is_leaving for row in rows.values()):
        raise Conflict(_("This tag is being changed already."))
    return current


def _take_over(source: Tag, target: Tag) -> None:
    """Let a tag have another's places: on rails, in remembered lists, and where yet another was to become it."""
    move_places(source, target)
    _leave(source, target)


def _leave(source: Tag, target: Tag | None) -> None:
    Tag.objects.filter(merged_into=source).update(merged_into=target)
    Tag.objects.filter(pk=source.pk).update(is_leaving=True, merged_into=target)


def _begin(tag: Tag, old: str, told: DomainEvent, *, by: Actor, **undoing: Any) -> BulkRun:
    """Begin the run; ``undoing`` is what ``end_taking_back`` has to know besides."""
    record(told, by=by)
    total = TicketTag.objects.filter(tag=tag).count()
    transaction.on_commit(forget_pins)
    facts = {"tag": tag.pk, "old": old, **undoing}
    return begin_run(folder=f"{TAG}{tag.name_key}", act=RETAG, value=facts, total=total, top_id=0, by=by)
