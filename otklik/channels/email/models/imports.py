"""An archive of mail that somebody uploaded to be taken in."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from otklik.tickets.models import Channel


class ArchiveState(models.TextChoices):
    """Where an archive stands; the last four are ends."""

    COUNTING = "counting", _("Being looked through")
    READY = "ready", _("Ready to start")
    RUNNING = "running", _("Being taken in")
    STOPPED = "stopped", _("Stopped")
    DONE = "done", _("Taken in")
    FAILED = "failed", _("Failed")
    DROPPED = "dropped", _("Dropped")


class MailArchive(models.Model):
    """An mbox, an .eml or a zip of a Maildir: what it holds, how far it is, what became of it.

    ``channel`` takes what names no mailbox of ours; without one such mails are refused. ``blob`` is let go at the end.
    ``position`` counts the messages that are behind us, so that a run which was cut off goes on there. ``problems``
    keeps the first refusals as ``[name, code]``. ``ends`` is how its conversations end (``old_mail.ENDS``).
    """

    channel = models.ForeignKey(Channel, on_delete=models.SET_NULL, null=True, related_name="+")
    blob = models.ForeignKey("core.Blob", on_delete=models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField()
    state = models.CharField(max_length=8, choices=ArchiveState.choices, default=ArchiveState.COUNTING)
    ends = models.CharField(max_length=8, default="auto", db_default="auto")
    error = models.CharField(max_length=20, blank=True)
    total = models.PositiveIntegerField(default=0)
    unplaced = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    position = models.PositiveIntegerField(default=0)
    taken = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list)
    user = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["made_at"], name="mail_archive_age")]

    def __str__(self) -> str:
        """Return the name of the file."""
        return self.name
