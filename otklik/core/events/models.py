"""The tables of events: the log itself, what is still to be told, what a subscriber failed on, the live stream."""

from django.db import models

from otklik.core.actor import Actor
from otklik.core.events.base import StoredEvent


class Event(models.Model):
    """One fact, written once and never changed: history, source of every figure, and what subscribers are told."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    kind = models.CharField(max_length=64)
    version = models.PositiveSmallIntegerField(default=1)
    actor_kind = models.CharField(max_length=8)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    subject_kind = models.SmallIntegerField()
    subject_id = models.BigIntegerField()
    cause_id = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "id"], name="core_event_timeline"),
            models.Index(fields=["kind", "id"], name="core_event_kind"),
        ]

    def __str__(self) -> str:
        """Return number and kind."""
        return f"{self.pk} {self.kind}"

    @property
    def actor(self) -> Actor:
        """Who did it, as known then."""
        return Actor(kind=self.actor_kind, id=self.actor_id, name=self.actor_name)  # type: ignore[arg-type]

    def stored(self) -> StoredEvent:
        """Return the row as the value that subscribers and readers get."""
        return StoredEvent(
            id=self.pk,
            at=self.at,
            kind=self.kind,
            actor=self.actor,
            subject_kind=self.subject_kind,
            subject_id=self.subject_id,
            data=self.data,
            version=self.version,
            cause_id=self.cause_id,
        )


class Outbox(models.Model):
    """An event that the dispatcher has not told yet; the row goes when it has."""

    event = models.OneToOneField(
        Event, on_delete=models.CASCADE, primary_key=True, related_name="+", db_constraint=False
    )

    def __str__(self) -> str:
        """Return the number of the event."""
        return str(self.pk)


class Failure(models.Model):
    """One subscriber failed on one event: tried again with growing pauses, shown until it succeeds or is let go."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="+")
    subscriber = models.CharField(max_length=80)
    attempts = models.PositiveIntegerField(default=1)
    run_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=1000)
    first_failed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "subscriber"], name="core_failure_once")]
        indexes = [
            models.Index(fields=["run_at"], name="core_failure_due", condition=models.Q(run_at__isnull=False)),
        ]

    def __str__(self) -> str:
        """Return who failed on what."""
        return f"{self.subscriber} on {self.event_id}"


class Live(models.Model):
    """One line of the live stream: that something changed, not what. ``seq`` follows the order of commits."""

    seq = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    topic = models.CharField(max_length=64)
    subject_kind = models.SmallIntegerField()
    subject_id = models.BigIntegerField()
    team_id = models.BigIntegerField(null=True)
    event_id = models.BigIntegerField()

    def __str__(self) -> str:
        """Return place and topic."""
        return f"{self.seq} {self.topic}"
