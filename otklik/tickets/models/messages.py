"""What is said on a ticket: messages, notes, and the files that come with them."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from otklik.core.blobs import Blob
from otklik.core.errors import Gone
from otklik.core.text import short_token
from otklik.tickets.models.directories import Channel
from otklik.tickets.models.sides import SideConversation
from otklik.tickets.models.ticket import Ticket


class MessageKind(models.TextChoices):
    """Who speaks to whom."""

    INCOMING = "incoming", _("From the customer")
    REPLY = "reply", _("To the customer")
    NOTE = "note", _("Internal note")
    SYSTEM = "system", _("From Otklik")
    SIDE_OUT = "side_out", _("To a third party")
    SIDE_IN = "side_in", _("From a third party")


SIDE_KINDS: Final = (MessageKind.SIDE_OUT, MessageKind.SIDE_IN)


class Message(models.Model):
    """One thing said. ``body_html`` is clean HTML; ``visible_text`` leaves out what ``folded`` tells is folded away."""

    files_shown: "list[Attachment]"  # where the query brought the files along: the card

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="messages")
    kind = models.CharField(max_length=8, choices=MessageKind.choices)
    author_kind = models.CharField(max_length=8)
    author_id = models.BigIntegerField(null=True)
    author_name = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    body_text = models.TextField(blank=True)
    body_html = models.TextField(blank=True)
    visible_text = models.TextField(blank=True)
    folded = models.JSONField(default=list)
    recipients = models.JSONField(default=list)  # of a reply: [{"role": "to" | "cc", "name", "address", "contact_id"}]
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, null=True)
    is_automatic = models.BooleanField(default=False)
    sender_checked = models.BooleanField(null=True)  # what a trusted server said of the sender; null: nobody checked
    token = models.CharField(max_length=32, unique=True, default=short_token)
    origin_number = models.BigIntegerField(null=True)  # the ticket it was said on, when it was moved
    edited_at = models.DateTimeField(null=True)  # a note whose author changed it; what it said stands in its versions
    removed_at = models.DateTimeField(null=True)  # a note whose author took it away; its text stands in its versions
    spent_seconds = models.PositiveIntegerField(null=True)  # how long its author worked on it, as he says
    recorded = models.JSONField(null=True)  # a customer's words that a colleague wrote down: {"by", "channel", "kind"}
    side = models.ForeignKey(  # set for what third parties write and read, and never for anything else
        SideConversation, on_delete=models.CASCADE, null=True, related_name="messages", db_index=False
    )

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["ticket", "id"], name="message_of_ticket"),
            models.Index(fields=["side", "id"], name="message_of_side", condition=models.Q(side__isnull=False)),
        ]


class MessageVersion(models.Model):
    """What a note said before it was changed or taken away; supervisors may read it."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="versions")
    body_html = models.TextField(blank=True)
    body_text = models.TextField(blank=True)
    until = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        """Return the message and the time until which it said this."""
        return f"{self.message_id} until {self.until}"


class FileRemoved(Gone):
    """The bytes of a file were removed by the rule of retention."""

    code = "file-removed"
    default = _("This file was removed by the retention rule.")


class Attachment(models.Model):
    """A file of a message; until a message takes it, it belongs to the one who uploaded it.

    The bytes of a file of a ticket closed long ago may be removed by the rule of retention: then there is no ``blob``,
    ``removed_at`` says since when and ``sha256`` what was there. Name and size stay.
    """

    message = models.ForeignKey(Message, on_delete=models.CASCADE, null=True, related_name="attachments")
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, null=True, related_name="attachments")
    blob = models.ForeignKey("core.Blob", on_delete=models.PROTECT, null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    removed_at = models.DateTimeField(null=True)
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=120)
    size = models.PositiveBigIntegerField()
    inline = models.BooleanField(default=False)
    cid = models.CharField(max_length=255, blank=True)
    token = models.CharField(max_length=32, unique=True, default=short_token)
    uploaded_by = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        """Return the file's shown name."""
        return self.name

    @property
    def content(self) -> Blob:
        """Return where the bytes lie; raises ``FileRemoved`` when the rule of retention took them."""
        if self.blob is None:
            raise FileRemoved
        return self.blob

    @property
    def kept_id(self) -> int:
        """Return the id of the blob without asking for it; raises ``FileRemoved``."""
        if self.blob_id is None:
            raise FileRemoved
        return int(self.blob_id)
