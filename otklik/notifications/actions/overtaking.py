"""The mail to somebody whose answer by mail was overtaken: what came, his own words, and an address to answer anew."""

from django.utils import timezone, translation

from otklik.accounts.models import User
from otklik.accounts.queries import team_ids_of
from otklik.channels.email.outbound import answer_address, enqueue
from otklik.core.clock import now
from otklik.core.events import StoredEvent
from otklik.core.settings_store import get
from otklik.notifications import letters
from otklik.notifications.actions.mailing import draft_to, newest_on, root_of, sender_for
from otklik.notifications.app_settings import MAIL_TEXTS
from otklik.notifications.models import AnswerDoor
from otklik.notifications.queries import wishes_of
from otklik.notifications.rules import person_of
from otklik.tickets.models import Message, Ticket
from otklik.tickets.queries import messages_visible_to

_MOST = 10


def tell_overtaken(event: StoredEvent) -> None:
    """Mail a colleague that his answer became a draft, inside the transaction that keeps it; at once, as he waits.

    It can be answered like the notification that he answered: then it counts what this mail has shown as read.
    """
    user = User.objects.select_related("custom_role").filter(pk=event.data["user_id"], is_active=True).first()
    ticket = Ticket.objects.select_related("channel").filter(pk=event.subject_id).first()
    if user is None or ticket is None:
        return
    person, sender, at = person_of(user, team_ids_of(user), wishes_of(user.pk)), sender_for(ticket), now()
    came = messages_visible_to(person.actor).filter(
        ticket=ticket, pk__gt=event.data["seen"], side__isnull=True, removed_at__isnull=True
    )
    rows: list[Message] = list(came.exclude(author_kind="user", author_id=user.pk).order_by("-pk")[:_MOST])[::-1]
    door = AnswerDoor.objects.create(user=user, ticket=ticket, as_note=False, made_at=at, newest_id=newest_on(ticket))
    with translation.override(user.language), timezone.override(person.zone):
        letter = letters.overtaken(ticket, rows, with_texts=bool(get(MAIL_TEXTS)))
        address = answer_address(door.pk, sender.address)
        enqueue([draft_to(user, sender, letter, reply_to=address, root=root_of(user, ticket))], at=at)
