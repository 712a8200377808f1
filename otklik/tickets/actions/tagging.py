"""Tags of a ticket."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.core.actor import Actor
from otklik.core.errors import Invalid
from otklik.core.events import record
from otklik.core.text import normal_form, printable
from otklik.tickets import events, policies
from otklik.tickets.actions.base import allowed, copy_state, locked, touch
from otklik.tickets.models import Tag, Ticket, TicketTag

MOST = 30
LONGEST = 40


def set_tags(ticket: Ticket, *, tags: Iterable[str], seen: Iterable[str] | None = None, by: Actor) -> bool:
    """Make these the ticket's tags; equal words in another case are one. Return false when nothing changes.

    With ``seen``, the tags that the author saw, only what he added and took off is done, so that a colleague's tag
    that came meanwhile stays. Records ``ticket.tagged`` with what was added and removed. Raises ``Invalid`` for more
    than 30 or too long ones.
    """
    wanted = clean_tags(tags)
    before = None if seen is None else clean_tags(seen)
    allowed(policies.can_edit, ticket, by)
    with transaction.atomic():
        current = locked(ticket)
        if before is not None:
            present = clean_tags(current.tags_shown)
            theirs = {key: name for key, name in present.items() if key not in before}
            gone = before.keys() - present.keys()
            wanted = {key: name for key, name in wanted.items() if key not in gone} | theirs
        changed = apply_tags(current, wanted, by=by)
    copy_state(current, ticket)
    return changed


def clean_tags(tags: Iterable[str]) -> dict[str, str]:
    """Return tags as they are written, keyed by their normal form; raises ``Invalid`` naming the field."""
    wanted: dict[str, str] = {}
    for raw in tags:
        name = " ".join(printable(str(raw)).replace(",", " ").split()).lstrip("#")
        if not name:
            continue
        if len(name) > LONGEST:
            raise Invalid(_("A tag has at most 40 characters."), field="tags")
        wanted.setdefault(normal_form(name), name)
    if len(wanted) > MOST:
        raise Invalid(_("A ticket has at most 30 tags."), field="tags")
    return wanted


def ensure_tags(wanted: dict[str, str]) -> list[Tag]:
    """Return the tags with these keys, adding those that are new; two that add at once end with one row.

    For one that is being merged there is the one it is merged into, for one that is being removed none.
    """
    known = _known(wanted)
    fresh = [Tag(name=name, name_key=key) for key, name in wanted.items() if key not in known]
    if fresh:
        Tag.objects.bulk_create(fresh, ignore_conflicts=True)
        known = _known(wanted)
    staying = (known[key].merged_into if known[key].is_leaving else known[key] for key in wanted)
    return list(dict.fromkeys(tag for tag in staying if tag is not None))


def _known(wanted: dict[str, str]) -> dict[str, Tag]:
    rows = Tag.objects.filter(name_key__in=wanted).select_related("merged_into")
    return {tag.name_key: tag for tag in rows}


def apply_tags(ticket: Ticket, wanted: dict[str, str], *, by: Actor) -> bool:
    """Change the tags of a locked ticket inside the caller's transaction; return false when nothing changes."""
    rows = {row.tag_id: row for row in TicketTag.objects.filter(ticket=ticket).select_related("tag")}
    tags = ensure_tags(wanted) if wanted else []
    keep = {tag.pk for tag in tags}
    added = [tag for tag in tags if tag.pk not in rows]
    removed = [row.tag for tag_id, row in rows.items() if tag_id not in keep]
    if not added and not removed:
        return False
    TicketTag.objects.filter(ticket=ticket, tag__in=removed).delete()
    fresh = [TicketTag(ticket=ticket, tag=tag, is_open=ticket.is_open) for tag in added]
    TicketTag.objects.bulk_create(fresh, ignore_conflicts=True)
    ticket.tags_shown = [tag.name for tag in tags]
    touch(ticket, "tags_shown")
    record(
        events.TicketTagged(
            subject_id=ticket.pk,
            team_id=ticket.team_id,
            added=[tag.name for tag in added],
            removed=[tag.name for tag in removed],
        ),
        by=by,
    )
    return True
