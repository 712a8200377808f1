"""The same act on a whole folder: a run that goes on by itself, and what it did to each ticket."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RunState(models.TextChoices):
    """Where a run stands."""

    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    STOPPED = "stopped", _("Stopped")
    UNDOING = "undoing", _("Being taken back")
    UNDONE = "undone", _("Taken back")


class BulkRun(models.Model):
    """An act on what a folder holds. Tickets up to ``top_id`` are looked at in the order of their numbers.

    ``numbers`` are the only ones it is about where what is found changes by itself (a search, a tag); with ``capped``
    there were more of them at the start.

    ``last_id`` is the number up to which it went, so that a run that was cut off goes on where it was. ``total`` is how
    many there were at the start, ``done`` how many were looked at.
    """

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    folder = models.CharField(max_length=60)
    numbers = models.JSONField(null=True)
    capped = models.BooleanField(default=False, db_default=False)
    act = models.CharField(max_length=16)
    value = models.JSONField(null=True)
    state = models.CharField(max_length=8, choices=RunState.choices, default=RunState.RUNNING)
    total = models.PositiveIntegerField()
    top_id = models.BigIntegerField()
    last_id = models.BigIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["user", "-id"], name="bulk_run_of_user")]

    def __str__(self) -> str:
        """Return act and folder."""
        return f"{self.act} on {self.folder}"


class BulkItem(models.Model):
    """How a ticket of a run stood before and after, or why it was left as it was."""

    run = models.ForeignKey(BulkRun, on_delete=models.CASCADE, related_name="items")
    number = models.BigIntegerField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    refused = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="bulk_item_once")]

    def __str__(self) -> str:
        """Return run and ticket."""
        return f"{self.run_id}: {self.number}"


class ReplyPlan(models.Model):
    """One answer to many tickets, as far as it is not sent: what the others get, in their order, and what became of it.

    ``words`` is what all get, ``items`` the tickets with files and text of their own, ``results`` says of each that had
    its turn which step takes its answer back, or why it got none. Words and items go when all had it.
    """

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    words = models.JSONField(default=dict)
    items = models.JSONField(default=list)
    results = models.JSONField(default=list)
    is_open = models.BooleanField(default=True)
    made_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        """Return how far it is."""
        return f"{len(self.results)} of {len(self.items) or len(self.results)}"
