"""Who sees which tickets, messages and files: the one place."""

from collections.abc import Collection
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from otklik.accounts import policies as rights
from otklik.core.actor import Actor
from otklik.core.errors import NotFound
from otklik.core.settings_store import get as setting
from otklik.tickets.app_settings import AGENTS_SEE
from otklik.tickets.models import Attachment, Follower, Message, MessageKind, Participant, Ticket

LEAVES_SIGHT: Final = frozenset({"ticket.assigned", "ticket.unfollowed"})
"""The events after which a limited reader may no longer see a ticket that he saw before."""


def is_limited(actor: Actor) -> bool:
    """Tell whether an agent or observer sees only his teams' tickets by the setting ``agents_see``."""
    return actor.role in {"agent", "observer"} and setting(AGENTS_SEE) == "teams"


def _own_part(actor: Actor, prefix: str = "") -> Q:
    """Return the condition for tickets assigned to or followed by the actor or somebody he stands in for."""
    people = {"user_id__in": own_ids(actor)} if actor.stands_in_for else {"user_id": actor.id or 0}
    followed = Follower.objects.filter(**people, ticket_id=OuterRef(f"{prefix}pk" if prefix == "" else f"{prefix}id"))
    return assigned_to(actor, prefix) | Q(Exists(followed))


def own_ids(actor: Actor) -> list[int]:
    """Return the ids of the people whose work is the actor's: his own, and of the absent ones he stands in for."""
    return sorted({*actor.stands_in_for, actor.id or 0})


def assigned_to(actor: Actor, prefix: str = "") -> Q:
    """Return the condition for tickets that are the actor's, or of somebody he stands in for."""
    if actor.stands_in_for:
        return Q(**{f"{prefix}assignee_id__in": own_ids(actor)})
    return Q(**{f"{prefix}assignee_id": actor.id})


def visible_to(actor: Actor | None) -> QuerySet[Ticket]:
    """Return the tickets an actor may see.

    Administrators and supervisors: all. Agents and observers: all, or by setting those of their teams, without a team,
    assigned to or followed by them. Technicians: only assigned or followed. Whoever stands in for an absent person
    sees what is assigned to or followed by that one too. Customers: those they asked for or take part in. Strangers:
    none.
    """
    if actor is None or not (actor.kind == "contact" or rights.can(actor, "tickets.view")):
        return Ticket.objects.none()
    if sees_all(actor):
        return Ticket.objects.all()
    if actor.kind == "contact":
        takes_part = Participant.objects.filter(contact_id=actor.id or 0, ticket_id=OuterRef("pk"))
        return Ticket.objects.filter(Q(requester_id=actor.id) | Q(Exists(takes_part)))
    return Ticket.objects.filter(_limited_part(actor))


def _limited_part(actor: Actor) -> Q:
    """Return the condition for the tickets of a reader who does not see all."""
    if actor.role == "technician":
        return _own_part(actor)
    return Q(team_id__in=sorted(actor.team_ids)) | Q(team__isnull=True) | _own_part(actor)


def parts_in_sight(actor: Actor) -> list[Q]:
    """Return the condition of ``in_sight`` by its parts, each of which an index of other columns can answer with team
    or assignee; none for somebody who sees all."""
    if in_sight(actor) is None:
        return []
    followed = Follower.objects.filter(user_id__in=own_ids(actor)).values("ticket_id")
    parts = [assigned_to(actor), Q(pk__in=followed)]
    if actor.role == "technician":
        return parts
    return [Q(team_id__in=sorted(actor.team_ids)), Q(team__isnull=True), *parts]


def in_sight(actor: Actor) -> Q | None:
    """Return the condition for the tickets that somebody of the desk sees by role and teams, None for all of them.

    The scopes of a token say what it opens, not whose work its owner sees: they count for nothing here.
    """
    if actor.kind == "contact" or rights.sees_everything(actor):
        return None
    return _limited_part(actor) if actor.role == "technician" or is_limited(actor) else None


def sees_all(actor: Actor) -> bool:
    """Tell whether no ticket is hidden from an actor; what he asks for needs no condition then."""
    if actor.kind == "contact" or not rights.can(actor, "tickets.view"):
        return False
    return rights.sees_everything(actor) or not (actor.role == "technician" or is_limited(actor))


def visible_numbers(actors: Collection[Actor], numbers: Collection[int]) -> dict[Actor, set[int]]:
    """Return, for each actor, which of these tickets he may see: one statement for all from whom nothing is hidden,
    and one for each of the others."""
    if not numbers:
        return {actor: set() for actor in actors}
    found: dict[Actor, set[int]] = {}
    free: set[int] | None = None
    for actor in actors:
        everything = sees_all(actor)
        if everything and free is not None:
            found[actor] = free
            continue
        found[actor] = set(visible_to(actor).filter(pk__in=numbers).values_list("pk", flat=True))
        free = found[actor] if everything else free
    return found


def get_visible(actor: Actor | None, number: int, *, related: tuple[str, ...] = ()) -> Ticket:
    """Return a visible ticket by its number, or raise ``NotFound``."""
    rows = visible_to(actor).select_related(*related) if related else visible_to(actor)
    ticket = rows.filter(pk=number).first() if _is_id(number) else None
    if ticket is None:
        raise NotFound
    return ticket


def _is_id(number: int) -> bool:
    return 0 < number < 2**63  # larger numbers of an address line overflow the database's integers


def messages_visible_to(actor: Actor | None) -> QuerySet[Message]:
    """Return the messages an actor may read: of visible tickets; customers no notes and nothing of third parties."""
    if actor is None:
        return Message.objects.none()
    messages = Message.objects.all()
    if actor.kind == "contact":
        messages = messages.filter(kind__in=[MessageKind.INCOMING, MessageKind.REPLY])
    if rights.sees_everything(actor) and rights.can(actor, "tickets.view"):
        return messages
    return messages.filter(ticket__in=visible_to(actor))


def has_earlier_messages(message: Message) -> bool:
    """Whether the message answers something: others of its ticket came before it."""
    return Message.objects.filter(ticket_id=message.ticket_id, side=message.side_id, pk__lt=message.pk).exists()


def attachments_visible_to(actor: Actor | None) -> QuerySet[Attachment]:
    """Return the files an actor may fetch: of readable messages, and his own that no message has taken yet.

    The files of a note that was taken away are for those who may read what it said.
    """
    if actor is None:
        return Attachment.objects.none()
    taken = Q(message__in=messages_visible_to(actor))
    if not rights.sees_everything(actor):
        taken &= Q(message__removed_at__isnull=True)
    if actor.kind == "user":
        return Attachment.objects.filter(taken | Q(message__isnull=True, uploaded_by_id=actor.id))
    return Attachment.objects.filter(taken)


def get_attachment(actor: Actor | None, token: str) -> Attachment:
    """Return a file the actor may fetch, by its unguessable token, or raise ``NotFound``."""
    found = attachments_visible_to(actor).select_related("blob").filter(token=token).first()
    if found is None:
        raise NotFound
    return found


def get_attachment_by_id(actor: Actor | None, attachment_id: int) -> Attachment:
    """Return a file the actor may fetch by its id (for programs with a token), or raise ``NotFound``."""
    found = None
    if _is_id(attachment_id):
        found = attachments_visible_to(actor).select_related("blob").filter(pk=attachment_id).first()
    if found is None:
        raise NotFound
    return found
