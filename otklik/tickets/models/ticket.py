"""The ticket: one request and the state of the work on it.

What lists show and sort by stands on the row itself, kept by the actions in the same transaction as the change.
"""

from datetime import UTC, datetime
from typing import Any, Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from otklik.core.text import short_token
from otklik.tickets.models.directories import Category, Channel, Status, Tag, TicketType

FAR_FUTURE: Final = datetime(9999, 1, 1, tzinfo=UTC)  # stands for "no deadline" in sorting keys, which are never null
OPEN_CATEGORIES: Final = frozenset({Category.NEW, Category.OPEN, Category.PENDING, Category.ON_HOLD})


class Priority(models.IntegerChoices):
    """How much a ticket matters; keys of the API stand in ``key``."""

    LOW = 1, _("Low")
    NORMAL = 2, _("Normal")
    HIGH = 3, _("High")
    URGENT = 4, _("Urgent")

    @property
    def key(self) -> str:
        """Return the word the API uses."""
        return self.name.lower()


class Ticket(models.Model):
    """A request. Its primary key is the short number people say; ``token`` is for links without sign-in."""

    sides_kept: "list[Any]"  # where one card shows its side conversations twice

    token = models.CharField(max_length=32, unique=True, default=short_token)
    subject = models.CharField(max_length=300)
    subject_key = models.CharField(max_length=300)
    language = models.CharField(max_length=8, default="ru")

    status = models.ForeignKey(Status, on_delete=models.PROTECT)
    category = models.CharField(max_length=8)
    is_open = models.BooleanField(default=True)
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    type = models.ForeignKey(TicketType, on_delete=models.SET_NULL, null=True)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT)

    requester = models.ForeignKey("contacts.Contact", on_delete=models.PROTECT, related_name="tickets")
    organization = models.ForeignKey(
        "contacts.Organization", on_delete=models.SET_NULL, null=True, related_name="tickets"
    )
    team = models.ForeignKey("accounts.Team", on_delete=models.SET_NULL, null=True, related_name="tickets")
    assignee = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="tickets")
    previous = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")
    merged_into = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")
    link_count = models.PositiveSmallIntegerField(null=True)  # both directions; None or 0: nothing is asked for

    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    activity_at = models.DateTimeField()  # of the last message or opening: what lists are sorted by
    last_message_at = models.DateTimeField()
    last_author_kind = models.CharField(max_length=8, default="contact")
    last_author_name = models.CharField(max_length=200, blank=True)
    preview = models.CharField(max_length=200, blank=True)
    message_count = models.PositiveIntegerField(default=0)
    spent_seconds = models.PositiveIntegerField(null=True)  # the sum of what its messages cost
    awaits_us = models.BooleanField(default=True)  # the customer spoke last
    due_sort = models.DateTimeField(default=FAR_FUTURE)

    side_count = models.PositiveSmallIntegerField(null=True)  # side conversations; None or 0: nothing is asked for
    side_unread = models.PositiveSmallIntegerField(null=True)  # those with an answer that nobody has looked at
    reply_due_at = models.DateTimeField(null=True)  # an answer of ours waits for this moment
    snoozed_until = models.DateTimeField(null=True)
    woke_at = models.DateTimeField(null=True)  # a snooze ran out and nobody has touched the ticket since
    shelf = models.CharField(max_length=4, null=True)
    shelved_at = models.DateTimeField(null=True)
    shelved_status = models.BigIntegerField(null=True)  # the status to restore
    solved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    tags = models.ManyToManyField(Tag, through="TicketTag", related_name="tickets")
    tags_shown = models.JSONField(default=list)
    people = models.JSONField(default=list)  # participants besides the requester, as shown
    followers_shown = models.JSONField(null=True)  # [{"id", "name"}], None when nobody follows
    fields = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(fields=["-activity_at", "-id"], name="ticket_activity"),
            models.Index(fields=["-activity_at", "-id"], name="ticket_open", condition=Q(is_open=True)),
            models.Index(fields=["team", "-activity_at", "-id"], name="ticket_team"),
            models.Index(fields=["assignee", "-activity_at", "-id"], name="ticket_assignee"),
            # of indexes that promise the same SQLite takes the newest: those of open tickets stand behind those of all
            models.Index(fields=["team", "-activity_at", "-id"], name="ticket_team_open", condition=Q(is_open=True)),
            models.Index(
                fields=["assignee", "-activity_at", "-id"], name="ticket_assignee_open", condition=Q(is_open=True)
            ),
            models.Index(fields=["category", "-activity_at", "-id"], name="ticket_category"),
            models.Index(fields=["status", "-activity_at", "-id"], name="ticket_status"),
            models.Index(fields=["channel", "-activity_at", "-id"], name="ticket_channel"),
            models.Index(fields=["requester", "-activity_at", "-id"], name="ticket_requester"),
            models.Index(fields=["organization", "-activity_at", "-id"], name="ticket_organization"),
            models.Index(fields=["organization", "team", "assignee"], name="ticket_organization_team"),
            models.Index(
                fields=["-activity_at", "-id"], name="ticket_snoozed", condition=Q(snoozed_until__isnull=False)
            ),
            models.Index(
                fields=["shelf", "-activity_at", "-id"], name="ticket_shelved", condition=Q(shelf__isnull=False)
            ),
            models.Index(fields=["-activity_at", "-id"], name="ticket_sides", condition=Q(side_count__gt=0)),
            models.Index(fields=["-activity_at", "-id"], name="ticket_side_unread", condition=Q(side_unread__gt=0)),
        ]

    def __str__(self) -> str:
        """Return number and subject."""
        return f"{self.pk} {self.subject}"

    @property
    def number(self) -> int:
        """Return the short number."""
        return self.pk

    @property
    def is_waiting(self) -> bool:
        """Tell whether the ticket waits for the customer or for somebody else."""
        return self.category in {Category.PENDING, Category.ON_HOLD}


class TicketTag(models.Model):
    """A tag on a ticket; ``is_open`` is the ticket's, so that the open ones of a tag are counted from one index."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE)
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE)
    is_open = models.BooleanField(default=True, db_default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "tag"], name="one_tag_once_per_ticket")]
        indexes = [
            models.Index(fields=["tag", "ticket"], name="tickets_of_tag"),
            models.Index(fields=["tag", "ticket"], name="open_tickets_of_tag", condition=Q(is_open=True)),
        ]
