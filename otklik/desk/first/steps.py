"""What is left to be done before a desk works: looked at when an administrator sees the list."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from otklik.accounts.queries import visible_to
from otklik.channels.email.models import Delivery, DeliveryState, Inbound, Source
from otklik.channels.models import Connection
from otklik.core.actor import Actor
from otklik.core.menu import menu
from otklik.tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Step:
    """One step; ``url`` leads to where it is done."""

    key: str
    label: str
    done: bool
    url: str = ""


def steps() -> list[Step]:
    """Return the steps in the order in which one takes them; five statements."""
    users = menu.get("users") or menu.get("people")
    return [
        Step(
            "mailbox",
            _("Connect the mailbox that customers write to"),
            _mail_comes(),
            reverse("email:mailboxes"),
        ),
        Step("request", _("Look at a first request"), Ticket.objects.exists()),
        Step(
            "answer",
            _("Answer it, and see that the mail leaves"),
            Delivery.objects.filter(state__in=(DeliveryState.SENT, DeliveryState.DELIVERED)).exists(),
            reverse("email:outbox"),
        ),
        Step(
            "people",
            _("Add a colleague"),
            visible_to(Actor.system()).count() > 1,
            reverse(users.url_name) if users else "",
        ),
    ]


def _mail_comes() -> bool:
    """Tell whether a mailbox in use has answered well or mail has arrived; old mail read from files proves neither."""
    answered = Connection.objects.filter(channel__kind="email", enabled=True, last_ok_at__isnull=False)
    return answered.exists() or Inbound.objects.exclude(source=Source.FILE).exists()
