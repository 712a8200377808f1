"""Webhooks, what is to be told to them, and each attempt to do so."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from otklik.core.text import short_token
from otklik.tickets.events import SUBJECT_TICKET


class Webhook(models.Model):
    """An address that wants to hear of some events.

    ``secret`` is sealed. ``off_reason`` says why it was switched off by itself. While ``paused_until`` lies ahead
    nothing is tried: the receiver did not answer. ``failing_since`` is the first failure after the last success.
    ``removed_at`` takes it off the page; it can be brought back for a day.
    """

    name = models.CharField(max_length=120)
    url = models.CharField(max_length=2048)
    secret = models.TextField()
    events = models.JSONField(default=list)
    with_bodies = models.BooleanField(default=False)
    enabled = models.BooleanField(default=True)
    off_reason = models.CharField(max_length=12, blank=True)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    last_ok_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        """Return its name."""
        return self.name


class DeliveryState(models.TextChoices):
    """Where a delivery stands."""

    QUEUED = "queued", _("Waiting")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Delivered")
    FAILED = "failed", _("Given up")
    CANCELLED = "cancelled", _("Not needed any more")


class Delivery(models.Model):
    """One fact for one webhook. ``key`` is its stable public id; ``run_at`` is not-before, back-off and lease in one.

    ``ticket_id`` is the number of what it tells of, a ticket or, by ``subject_kind``, a person or an organisation; no
    key, so that the order within it outlives it; 0 for a test. ``body`` is what is sent, made at the first attempt.
    """

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    key = models.CharField(max_length=32, unique=True, default=short_token)
    event_id = models.BigIntegerField(null=True)
    name = models.CharField(max_length=64)
    ticket_id = models.BigIntegerField()
    subject_kind = models.PositiveSmallIntegerField(default=SUBJECT_TICKET, db_default=SUBJECT_TICKET)
    state = models.CharField(max_length=9, choices=DeliveryState.choices, default=DeliveryState.QUEUED)
    run_at = models.DateTimeField(null=True)
    worker = models.CharField(max_length=80, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField()
    tries_until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["webhook", "event_id"], name="one_delivery_per_event")]
        indexes = [
            models.Index(fields=["run_at", "id"], name="webhook_due", condition=models.Q(run_at__isnull=False)),
            models.Index(
                fields=["webhook", "ticket_id", "id"], name="webhook_order", condition=models.Q(run_at__isnull=False)
            ),
            models.Index(fields=["webhook", "-id"], name="webhook_log"),
            models.Index(fields=["created_at"], name="webhook_age"),
        ]

    def __str__(self) -> str:
        """Return what it tells."""
        return f"{self.name} {self.ticket_id}"


class Attempt(models.Model):
    """One call: what the receiver answered, or why it came to nothing, and how long it took."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=20, blank=True)
    answer = models.CharField(max_length=200, blank=True)
    milliseconds = models.PositiveIntegerField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        """Return the outcome."""
        return self.error or str(self.status)
