"""Notifications, what each person wants to be told, his box, his browsers, and the mails that can be answered."""

from datetime import time
from typing import Final

from django.db import models
from django.db.models import Q

from otklik.accounts.models import User
from otklik.core.text import short_token
from otklik.tickets.models import Ticket

WAITING: Final = "waiting"
SENT: Final = "sent"
DROPPED: Final = "dropped"


class Wishes(models.Model):
    """What a person chose; who never chose has no row and is told what a fresh account is told.

    ``chosen`` maps a kind of change to a list of ways, and ``new`` to ``{way: reach}``; what is missing is as for a
    fresh account. ``quiet_from`` to ``quiet_to`` in his time zone nothing leaves by mail or push. ``digest``: "" sends
    mail at once, ``hour`` and ``day`` gather it, the latter until ``digest_at``.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="+")
    chosen = models.JSONField(default=dict)
    quiet = models.BooleanField(default=False)
    quiet_from = models.TimeField(default=time(20, 0))
    quiet_to = models.TimeField(default=time(8, 0))
    digest = models.CharField(max_length=4, blank=True)
    digest_at = models.TimeField(default=time(9, 0))
    version = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        """Return whose wishes these are."""
        return f"wishes of {self.user_id}"


class Box(models.Model):
    """What is kept of a person: how many notifications he has not read (never counted on a page), when mail and push
    are due, and how many mails he got in the hour that began at ``hour_at``."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="+")
    unread = models.PositiveIntegerField(default=0)
    mail_at = models.DateTimeField(null=True)
    push_at = models.DateTimeField(null=True)
    hour_at = models.DateTimeField(null=True)
    hour_mails = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["user", "unread"], name="box_unread", condition=Q(unread__gt=0))]

    def __str__(self) -> str:
        """Return owner and number."""
        return f"{self.user_id}: {self.unread}"


class Notification(models.Model):
    """One event told to one person. ``why`` is a key of ``kinds``; ``in_place_of`` is the one who is away.

    ``mail`` and ``push`` say where the way stands: not asked for, waiting, sent, or dropped because it was read before.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    event_id = models.BigIntegerField()
    why = models.CharField(max_length=20)
    who = models.CharField(max_length=200, blank=True)
    detail = models.CharField(max_length=200, blank=True)
    message_id = models.BigIntegerField(null=True)
    in_place_of = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    made_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    in_desk = models.BooleanField(default=True)
    mail = models.CharField(max_length=8, blank=True)
    push = models.CharField(max_length=8, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "event_id"], name="one_notification_per_event")]
        indexes = [
            models.Index(fields=["user", "-id"], name="notification_of_user", condition=Q(in_desk=True)),
            models.Index(fields=["user", "ticket"], name="notification_unread", condition=Q(read_at__isnull=True)),
            models.Index(fields=["user"], name="notification_to_mail", condition=Q(mail=WAITING)),
            models.Index(fields=["user"], name="notification_to_push", condition=Q(push=WAITING)),
            models.Index(fields=["made_at"], name="notification_age"),
        ]

    def __str__(self) -> str:
        """Return who hears of what."""
        return f"{self.user_id} {self.why} {self.ticket_id}"


class AnswerDoor(models.Model):
    """A notification mail that can be answered: who may, on which ticket, and what the answer becomes.

    ``newest_id`` is the newest message of the ticket when it was written: what comes later its reader has not seen.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    as_note = models.BooleanField(default=True)
    newest_id = models.BigIntegerField(null=True)
    made_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        """Return who may answer where."""
        return f"{self.user_id} on {self.ticket_id}"


class Browser(models.Model):
    """A browser that takes push messages; ``endpoint`` is where its maker's server takes them."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    token = models.CharField(max_length=32, unique=True, default=short_token)
    endpoint = models.CharField(max_length=1000)
    endpoint_key = models.CharField(max_length=64, unique=True)
    p256dh = models.CharField(max_length=120)
    auth = models.CharField(max_length=60)
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    last_ok_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        """Return its name."""
        return self.name
