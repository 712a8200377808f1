"""Mail that goes out: the frozen mail, its files, and one delivery for every recipient."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from otklik.core.blobs.models import Blob
from otklik.tickets.models import Channel, Message, Ticket


class OutgoingKind(models.TextChoices):
    """Why a mail is sent."""

    REPLY = "reply", _("Answer")
    CONFIRMATION = "confirmation", _("Confirmation of receipt")
    ACCOUNT = "account", _("Account")
    NOTICE = "notice", _("Notice")
    SIDE = "side", _("To a third party")


class DeliveryState(models.TextChoices):
    """Where the mail to one recipient stands."""

    QUEUED = "queued", _("Waiting")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    UNCERTAIN = "uncertain", _("Not certain")
    DELIVERED = "delivered", _("Delivered")
    BOUNCED = "bounced", _("Came back")
    FAILED = "failed", _("Not sent")


# from bad to good: the first that any recipient is in stands for the whole message
WORST_FIRST: Final = (
    DeliveryState.FAILED,
    DeliveryState.BOUNCED,
    DeliveryState.UNCERTAIN,
    DeliveryState.QUEUED,
    DeliveryState.SENDING,
    DeliveryState.SENT,
    DeliveryState.DELIVERED,
)


class Outgoing(models.Model):
    """One mail as it was when somebody decided to send it; nothing of it changes afterwards.

    ``message_id`` is that of the mail, in brackets; ``ticket_message`` is the message of the ticket it carries.
    ``created_at`` is the Date of the mail. An empty ``envelope_from`` is the null
    sender. ``to`` and ``cc`` are lists of ``[name, address]``. The body of an account mail is wiped once it is out,
    because it may hold a link that signs in.
    """

    message_id = models.CharField(max_length=400, unique=True)
    kind = models.CharField(max_length=12, choices=OutgoingKind.choices)
    is_automatic = models.BooleanField(default=False)
    to_stranger = models.BooleanField(default=False)  # an automatic answer to somebody no person has answered yet
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, null=True, related_name="+")
    ticket = models.ForeignKey(Ticket, on_delete=models.SET_NULL, null=True, related_name="+")
    ticket_message = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, related_name="+")
    envelope_from = models.CharField(max_length=320, blank=True)
    from_name = models.CharField(max_length=200, blank=True)
    from_address = models.CharField(max_length=320)
    reply_to = models.CharField(max_length=320, blank=True)
    to = models.JSONField(default=list)
    cc = models.JSONField(default=list)
    subject = models.CharField(max_length=400, blank=True)
    in_reply_to = models.CharField(max_length=500, blank=True)
    references = models.JSONField(default=list)
    headers = models.JSONField(default=list)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["channel", "created_at"], name="outgoing_to_strangers", condition=models.Q(to_stranger=True)
            ),
        ]

    def __str__(self) -> str:
        """Return the Message-ID."""
        return self.message_id


class OutgoingFile(models.Model):
    """A file that goes along with a mail; with a content id it is a picture inside the HTML.

    The rule of retention takes the bytes of mails that left long ago: then there is no ``blob``.
    """

    outgoing = models.ForeignKey(Outgoing, on_delete=models.CASCADE, related_name="files")
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+", null=True)
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=120)
    cid = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        """Return the name of the file."""
        return self.name


class Delivery(models.Model):
    """The mail to one recipient.

    ``run_at`` is not-before, back-off and end of the lease in one; null when nothing is to be done: the mail is
    out, or a person has to decide. ``doubts`` counts the attempts whose outcome nobody knows. ``settled`` takes a
    failed delivery off the outbox page once somebody has seen to it.
    """

    outgoing = models.ForeignKey(Outgoing, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=12, choices=OutgoingKind.choices)
    recipient = models.CharField(max_length=320)
    address_key = models.CharField(max_length=320)
    role = models.CharField(max_length=3, default="to")
    state = models.CharField(max_length=9, choices=DeliveryState.choices, default=DeliveryState.QUEUED)
    run_at = models.DateTimeField(null=True)
    worker = models.CharField(max_length=80, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    doubts = models.PositiveSmallIntegerField(default=0)
    first_queued_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=40, blank=True)
    response = models.CharField(max_length=500, blank=True)
    settled = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["outgoing", "address_key"], name="one_delivery_per_recipient"),
        ]
        indexes = [
            models.Index(fields=["run_at", "id"], name="delivery_due", condition=models.Q(run_at__isnull=False)),
            models.Index(fields=["state", "settled", "-id"], name="delivery_by_state"),
            models.Index(fields=["address_key", "kind", "first_queued_at"], name="delivery_to_address"),
        ]

    def __str__(self) -> str:
        """Return recipient and state."""
        return f"{self.recipient}: {self.state}"

    @property
    def is_final(self) -> bool:
        """Tell whether nothing will be done with it by itself."""
        return self.run_at is None


class MailboxCheck(models.Model):
    """The last connection test of a mailbox, kept so that its page can show it (see ``probe.report``)."""

    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    report = models.JSONField(default=dict)

    def __str__(self) -> str:
        """Return the channel and the time."""
        return f"channel {self.channel_id} at {self.at}"
