"""Who has which ticket open: a fact of the next minute."""

from django.db import models

from otklik.accounts.models import User
from otklik.tickets.models import Ticket


class Writing(models.TextChoices):
    """What a person is writing on a ticket."""

    NOTHING = "", "nothing"
    REPLY = "reply", "a reply"
    NOTE = "note", "a note"
    INCOMING = "incoming", "what the customer said"


class Looking(models.Model):
    """A person has a ticket open until ``until``, and writes until ``writing_until``. ``tab`` said so last."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    tab = models.CharField(max_length=16)
    until = models.DateTimeField(db_index=True)
    writing = models.CharField(max_length=8, choices=Writing.choices, blank=True)
    writing_until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "user"], name="presence_once_a_ticket")]

    def __str__(self) -> str:
        """Return who looks at what."""
        return f"{self.user_id} at {self.ticket_id}"
