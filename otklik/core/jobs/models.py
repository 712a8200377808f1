"""The table of jobs: work that has no row of its own, claimed with a lease."""

from django.db import models


class JobState(models.IntegerChoices):
    """Where a job stands. A running job is a waiting one whose lease has not run out."""

    WAITING = 0, "waiting"
    DONE = 1, "done"
    FAILED = 2, "failed"


class Job(models.Model):
    """One call of a task. ``run_at`` is not-before, back-off and end of the lease in one."""

    task = models.CharField(max_length=200)
    queue = models.CharField(max_length=40, default="default")
    priority = models.SmallIntegerField(default=0)
    args = models.JSONField(default=list)
    kwargs = models.JSONField(default=dict)
    key = models.CharField(max_length=160, null=True, unique=True)
    keeps_key = models.BooleanField(default=False)
    state = models.PositiveSmallIntegerField(choices=JobState.choices, default=JobState.WAITING)
    run_at = models.DateTimeField()
    worker = models.CharField(max_length=120, default="")
    attempts = models.PositiveIntegerField(default=0)
    max_attempts = models.PositiveIntegerField(default=5)
    enqueued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    last_attempted_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    workers = models.JSONField(default=list)
    errors = models.JSONField(default=list)
    result = models.JSONField(null=True)

    class Meta:
        indexes = [
            models.Index(models.F("priority").desc(), "run_at", "id", name="core_job_due", condition=models.Q(state=0)),
            models.Index(
                fields=["finished_at"], name="core_job_finished", condition=models.Q(finished_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        """Return number and task."""
        return f"{self.pk} {self.task}"
