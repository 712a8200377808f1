"""Which saved replies an actor sees and may change."""

from django.db.models import Q, QuerySet

from otklik.accounts import policies as rights
from otklik.core.actor import Actor
from otklik.core.errors import NotFound
from otklik.core.text import normal_form
from otklik.search.words import other_layout
from otklik.tickets.models import SavedReply, Sharing


def saved_visible_to(actor: Actor | None) -> QuerySet[SavedReply]:
    """Return the saved replies an actor may use: his own, his teams', everybody's; heads see those of all teams."""
    if actor is None or actor.kind != "user" or not rights.can(actor, "tickets.reply"):
        return SavedReply.objects.none()
    rows = SavedReply.objects.filter(removed_at__isnull=True).select_related("owner", "team")
    shared = Q(sharing=Sharing.ALL) | Q(sharing=Sharing.OWN, owner_id=actor.id)
    if rights.can(actor, "replies.share"):
        return rows.filter(shared | Q(sharing=Sharing.TEAM))
    return rows.filter(shared | Q(sharing=Sharing.TEAM, team_id__in=sorted(actor.team_ids)))


def may_change(actor: Actor, row: SavedReply) -> bool:
    """Tell whether the actor may change a saved reply: his own, his team's, anything for heads."""
    if not rights.can(actor, "tickets.reply"):
        return False
    if row.sharing == Sharing.OWN:
        return row.owner_id == actor.id
    if rights.can(actor, "replies.share"):
        return True
    return row.sharing == Sharing.TEAM and row.team_id in actor.team_ids


def find_saved(actor: Actor, words: str) -> QuerySet[SavedReply]:
    """Return the saved replies whose title, folder or text hold all the words, by folder and title."""
    rows = saved_visible_to(actor)
    for word in normal_form(words).split()[:8]:
        rows = rows.filter(search_key__contains=word)
    return rows


def first_saved(actor: Actor, words: str, most: int) -> list[SavedReply]:
    """Return the first saved replies that hold all the words; where none does, what the same keys write in the other
    keyboard layout."""
    rows = list(find_saved(actor, words)[:most])
    other = "" if rows else other_layout(words)
    return list(find_saved(actor, other)[:most]) if other else rows


def get_saved(actor: Actor, saved_id: int) -> SavedReply:
    """Return a visible saved reply, or raise ``NotFound``."""
    row = saved_visible_to(actor).filter(pk=saved_id).first() if 0 < saved_id < 2**63 else None
    if row is None:
        raise NotFound
    return row
