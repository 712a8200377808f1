"""What is being written: drafts of each agent, answers that wait for their time, and steps that can be taken back."""

from django.db import models

from otklik.tickets.models.ticket import Ticket


class Draft(models.Model):
    """What an agent has begun to write: one row for his reply on a ticket, one for his note, one for
    the customer's words, each letter to a third
    party and each note that he changes; without a ticket, one for a new ticket.

    ``attachments`` are ids of files he uploaded, ``fields`` what else the form holds. ``version`` goes up with every
    change, so that a second tab or machine that has not seen the newest text is told instead of overwriting it.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, null=True, related_name="+")
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    mode = models.CharField(max_length=24)
    text = models.TextField(blank=True)
    attachments = models.JSONField(default=list)
    fields = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "user", "mode"], name="one_draft_per_agent"),
            models.UniqueConstraint(
                fields=["user", "mode"], condition=models.Q(ticket__isnull=True), name="one_draft_without_ticket"
            ),
        ]

    def __str__(self) -> str:
        """Return mode and ticket."""
        return f"{self.mode} on {self.ticket_id}"


class ScheduledReply(models.Model):
    """An answer that leaves at ``send_at``: nothing is said and nothing is frozen before, so it threads as of then.

    ``to``, ``cc`` and ``channel`` are as for an answer that is sent at once; None means the usual people and mailbox.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="scheduled_replies")
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    body_html = models.TextField(blank=True)
    body_text = models.TextField(blank=True)
    attachments = models.JSONField(default=list)
    to = models.JSONField(null=True)
    cc = models.JSONField(null=True)
    channel = models.ForeignKey("tickets.Channel", on_delete=models.SET_NULL, null=True, related_name="+")
    status = models.CharField(max_length=32, blank=True)
    spent_seconds = models.PositiveIntegerField(null=True)
    send_at = models.DateTimeField()
    created_at = models.DateTimeField()
    newest_id = models.BigIntegerField(null=True)  # the newest message of its ticket when it was scheduled, 0 for none

    class Meta:
        ordering = ["send_at", "id"]

    def __str__(self) -> str:
        """Return the ticket and the time."""
        return f"{self.ticket_id} at {self.send_at}"


class Step(models.Model):
    """Something an agent did that he may still take back: what was there before, until when, and whether he did.

    ``kind`` says which action can undo it; ``data`` is that action's own.
    """

    kind = models.CharField(max_length=16)
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    data = models.JSONField(default=dict)
    made_at = models.DateTimeField()
    until = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["until"], name="step_until")]

    def __str__(self) -> str:
        """Return the kind and the time."""
        return f"{self.kind} at {self.made_at}"


class ListLayout(models.Model):
    """How a person wants the list: ``columns`` are pairs of key and width in their order, ``sort`` names the order.

    ``folder`` is the folder it is for; the one without is for all the others.
    """

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    folder = models.CharField(max_length=60, blank=True)
    columns = models.JSONField(default=list)
    sort = models.CharField(max_length=16)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "folder"], name="one_layout_of_a_folder")]

    def __str__(self) -> str:
        """Return whose it is and where."""
        return f"{self.user_id} in {self.folder or 'all'}"
