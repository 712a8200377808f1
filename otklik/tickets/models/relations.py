"""How tickets belong together: merges that can be undone, and links."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from otklik.tickets.models.ticket import Ticket


class Merge(models.Model):
    """One ticket taken into another: which messages went over, and how both stood before."""

    source = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    target = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    data = models.JSONField(default=dict)
    made_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source"], condition=models.Q(undone_at__isnull=True), name="one_merge_of_a_ticket"
            )
        ]

    def __str__(self) -> str:
        """Return both numbers."""
        return f"{self.source_id} into {self.target_id}"


class LinkKind(models.TextChoices):
    """How one ticket belongs to another; the words name what the other one is."""

    PARENT = "parent", _("Parent ticket")
    RELATED = "related", _("Related ticket")
    CAUSE = "caused_by", _("Caused by")


class TicketLink(models.Model):
    """``ticket`` has ``other`` as its parent, its cause, or beside it (then the smaller number stands first)."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=LinkKind.choices)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "other", "kind"], name="one_link_once"),
            models.UniqueConstraint(
                fields=["ticket"], condition=models.Q(kind="parent"), name="one_parent_of_a_ticket"
            ),
        ]
        indexes = [models.Index(fields=["other", "kind"], name="linked_by_other")]

    def __str__(self) -> str:
        """Return kind and numbers."""
        return f"{self.ticket_id} {self.kind} {self.other_id}"


class SpamDomain(models.Model):
    """A mail domain, or one address, from which nothing is taken in any more; where it was learned, and by whom.

    Of an address whose person was erased only a keyed mark is left, which still keeps it out.
    """

    domain = models.CharField(max_length=320, unique=True)
    added_at = models.DateTimeField()
    number = models.BigIntegerField(null=True)  # the ticket that taught it; none for what was entered by hand
    added_by = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        """Return the domain or address."""
        return self.domain

    @property
    def is_erased(self) -> bool:
        """Tell whether nobody can say any more which address it is."""
        return self.domain.startswith("erased:")
