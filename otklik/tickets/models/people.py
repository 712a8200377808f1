"""Who takes part in a ticket besides its requester, who watches it, and how the customer's own desk numbers it."""

from django.db import models

from otklik.core.db.fields import KeyField
from otklik.tickets.models.ticket import Ticket


class Participant(models.Model):
    """A person who gets copies of replies and may write on the ticket."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="participants")
    contact = models.ForeignKey("contacts.Contact", on_delete=models.CASCADE)
    address = models.CharField(max_length=320)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "contact"], name="one_participant_once")]


class Follower(models.Model):
    """A colleague who watches a ticket."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="followers")
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "user"], name="one_follower_once")]
        indexes = [models.Index(fields=["user", "ticket"], name="followed_by_user")]


class ForeignReference(models.Model):
    """The number another desk gave to this request; a key of threads within the organisation."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="references")
    organization = models.ForeignKey("contacts.Organization", on_delete=models.SET_NULL, null=True)
    system = models.CharField(max_length=80, blank=True)
    number = models.CharField(max_length=64)
    number_key = KeyField(max_length=64)
    url = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "system", "number_key"], name="one_reference_once_per_ticket")
        ]
        indexes = [
            models.Index(fields=["number_key", "ticket"], name="reference_by_number"),
            models.Index(fields=["organization", "number_key"], name="reference_in_organization"),
        ]

    def __str__(self) -> str:
        """Return the number as written."""
        return self.number
