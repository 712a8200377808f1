"""Who walks through which folder, what he has had, and what he skipped and why."""

from django.db import models
from django.utils.translation import get_language

from otklik.accounts.models import User
from otklik.tickets.models import Ticket


class SkipReason(models.Model):
    """Why a ticket is skipped, as people choose it; one that is no longer in use stays for what was said before."""

    name_ru = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField(default=0)
    enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        """Return the name in the active language."""
        return self.name_ru if (get_language() or "ru").startswith("ru") else self.name_en


class Walk(models.Model):
    """A person goes through a folder. He holds ``ticket`` until ``until``; nobody else is handed it.

    ``numbers`` are what he goes through when it is no folder but what a search had found when he began, in its order.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="+")
    folder = models.CharField(max_length=60)
    numbers = models.JSONField(null=True)
    ticket = models.OneToOneField(Ticket, on_delete=models.SET_NULL, null=True, related_name="+")
    until = models.DateTimeField()
    had = models.PositiveIntegerField(default=0)
    began_at = models.DateTimeField()

    def __str__(self) -> str:
        """Return who walks where."""
        return f"{self.user_id} in {self.folder}"


class Passed(models.Model):
    """A person has had a ticket as it stood then; until it changes or ``until`` it is not handed to him again."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()
    message_count = models.PositiveIntegerField()
    until = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "ticket"], name="passed_once_a_person")]

    def __str__(self) -> str:
        """Return who has had what."""
        return f"{self.user_id} had {self.ticket_id}"


class Skip(models.Model):
    """A person left a ticket to others, and why. ``folder`` is where he walked."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    reason = models.ForeignKey(SkipReason, on_delete=models.PROTECT, related_name="+")
    words = models.CharField(max_length=300, blank=True)
    folder = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["at", "id"], name="skip_by_time"),
            models.Index(fields=["ticket", "id"], name="skip_of_ticket"),
        ]

    def __str__(self) -> str:
        """Return who skipped what."""
        return f"{self.user_id} skipped {self.ticket_id}"
