"""Side conversations: letters to and from third parties about a ticket, which its customer never sees."""

from django.db import models

from otklik.core.text import short_token
from otklik.tickets.models.directories import Channel
from otklik.tickets.models.ticket import Ticket


class SideConversation(models.Model):
    """One exchange of letters with people outside: a supplier, a repair partner.

    Its messages are rows of ``Message`` with ``side`` set and kinds of their own. ``people`` repeats, as shown, who
    takes part (``SidePerson`` is what the right to write is judged by). ``about`` are the messages that were forwarded.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="sides")
    token = models.CharField(max_length=32, unique=True, default=short_token)
    subject = models.CharField(max_length=300)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, null=True, related_name="+")
    is_open = models.BooleanField(default=True)
    is_unread = models.BooleanField(default=False)  # an answer came that nobody has looked at
    people = models.JSONField(default=list)  # [{"role": "to" | "cc", "contact_id", "name", "address"}]
    about = models.JSONField(default=list)
    message_count = models.PositiveIntegerField(default=0)
    preview = models.CharField(max_length=200, blank=True)
    last_author_kind = models.CharField(max_length=8, default="user")
    last_author_name = models.CharField(max_length=200, blank=True)
    last_message_at = models.DateTimeField()
    origin_number = models.BigIntegerField(null=True)  # the ticket it was begun on, when it was moved
    begun_by = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        """Return ticket and subject."""
        return f"{self.ticket_id}: {self.subject}"


class SidePerson(models.Model):
    """Somebody outside who takes part in one side conversation, and in nothing else of the ticket."""

    side = models.ForeignKey(SideConversation, on_delete=models.CASCADE, related_name="members")
    contact = models.ForeignKey("contacts.Contact", on_delete=models.PROTECT, related_name="+")
    address = models.CharField(max_length=320)
    address_key = models.CharField(max_length=320)
    role = models.CharField(max_length=2, default="to")
    added_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["side", "address_key"], name="one_person_once_per_side")]

    def __str__(self) -> str:
        """Return the address."""
        return self.address
