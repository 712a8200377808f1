"""Directories a workspace edits: channels, statuses in categories, request types, tags."""

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from otklik.core.db.fields import KeyField


class Category(models.TextChoices):
    """What a status means to the desk, whatever it is called."""

    NEW = "new", _("New")
    OPEN = "open", _("Open")
    PENDING = "pending", _("Waiting for the customer")
    ON_HOLD = "on_hold", _("Waiting for others")
    SOLVED = "solved", _("Solved")
    CLOSED = "closed", _("Closed")


class ChannelKind(models.TextChoices):
    """The kinds a workspace has from the start; adapters may register more."""

    EMAIL = "email", _("E-mail")
    CALL = "call", _("Call")
    VISIT = "visit", _("Visit")
    API = "api", _("API")


class Channel(models.Model):
    """A way requests come by: a mailbox, but also calls and visits entered by hand."""

    kind = models.CharField(max_length=16)
    name = models.CharField(max_length=120)
    address = models.CharField(max_length=320, blank=True)
    team = models.ForeignKey("accounts.Team", on_delete=models.SET_NULL, null=True, blank=True)
    language = models.CharField(max_length=8, default="ru")
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["address"], condition=~models.Q(address=""), name="one_channel_per_address")
        ]

    def __str__(self) -> str:
        """Return the channel's name."""
        return self.name


class DirectoryEntry(models.Model):
    """An entry of a directory that people read in their own language.

    One that is not ``in_use`` is offered no more; tickets that have it keep it. ``version`` counts its changes.
    """

    name_ru = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60)
    key = models.SlugField(max_length=32, unique=True)
    position = models.PositiveSmallIntegerField(default=0)
    in_use = models.BooleanField(default=True, db_default=True)
    version = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        abstract = True
        ordering = ["position", "id"]

    def __str__(self) -> str:
        """Return the name in the active language."""
        return self.name_ru if (get_language() or "ru").startswith("ru") else self.name_en


class Status(DirectoryEntry):
    """A state of a ticket; the built-in ones carry the key of their category and are always in use.

    Its category never changes: tickets carry a copy of it.
    """

    category = models.CharField(max_length=8, choices=Category.choices)

    @property
    def is_built_in(self) -> bool:
        """Whether the desk itself sets this status, so that it cannot be put out of use."""
        return self.key == self.category


class TicketType(DirectoryEntry):
    """What kind of request a ticket is: incident, question, maintenance …"""


class Tag(models.Model):
    """A free word on tickets; equal words in another case are one tag.

    One that ``is_leaving`` is being taken off its tickets, with ``merged_into`` in its place: nobody is given it any
    more, and the row goes with its last ticket.
    """

    name = models.CharField(max_length=40)
    name_key = KeyField(max_length=40, unique=True)
    is_leaving = models.BooleanField(default=False, db_default=False)
    merged_into = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        """Return the word as first written."""
        return self.name


class PinnedTag(models.Model):
    """A tag that a person has among the folders of his rail."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "tag"], name="tag_pinned_once")]

    def __str__(self) -> str:
        """Return whose it is and which."""
        return f"{self.tag_id} of {self.user_id}"
