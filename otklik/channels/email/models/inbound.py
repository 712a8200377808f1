"""Mail that came in: the raw message with its way, what the IMAP server holds, what a mail said of itself."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from otklik.core.blobs import Blob, BlobMissing
from otklik.tickets.models import Channel, Message, Ticket

SHORT = 200
ID_LENGTH = 400


class InboundState(models.TextChoices):
    """Where a received mail stands; all but the first are ends."""

    WAITING = "waiting", _("In work")
    TICKET = "ticket", _("New request")
    MESSAGE = "message", _("Into a request")
    IGNORED = "ignored", _("Ignored")
    QUARANTINED = "quarantined", _("Quarantine")
    FAILED = "failed", _("Error")


class Source(models.TextChoices):
    """The door a mail came in by."""

    SMTP = "smtp", _("SMTP")
    IMAP = "imap", _("IMAP")
    PIPE = "pipe", _("Pipe")
    FILE = "file", _("File")


class Inbound(models.Model):
    """One mail received by one channel, raw, and where it ended.

    The row is committed before the sender hears that the mail was taken. ``dedupe`` is the digest that makes a second
    delivery of the same mail count on ``copies`` instead of becoming a row. ``run_at`` is not-before, back-off and end
    of lease at once. ``steps`` keeps the way as ``[code, facts, at]``, worded when shown. A quarantined mail names in
    ``ticket`` the request it wanted to join. ``blob`` holds the raw bytes until the retention of raw mail takes
    them away (``raw_removed_at``); row, digest and size stay.
    """

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+")
    dedupe = models.CharField(max_length=64)
    source = models.CharField(max_length=8, choices=Source.choices)
    received_at = models.DateTimeField()
    envelope = models.JSONField(default=dict)  # {"from", "to": [...], "peer", "tls"}; from files and IMAP what is known
    size = models.PositiveBigIntegerField()
    blob = models.ForeignKey("core.Blob", on_delete=models.PROTECT, related_name="+", null=True)
    raw_removed_at = models.DateTimeField(null=True)
    copies = models.PositiveIntegerField(default=0)

    mail_id = models.CharField(max_length=ID_LENGTH, blank=True)  # the Message-ID header, in its brackets
    in_reply_to = models.CharField(max_length=ID_LENGTH, blank=True)
    from_address = models.CharField(max_length=320, blank=True)
    from_name = models.CharField(max_length=SHORT, blank=True)
    subject = models.CharField(max_length=300, blank=True)

    state = models.CharField(max_length=12, choices=InboundState.choices, default=InboundState.WAITING)
    reason = models.CharField(max_length=40, blank=True)
    ticket = models.ForeignKey(Ticket, on_delete=models.SET_NULL, null=True, related_name="+")
    ticket_purged = models.BooleanField(default=False, db_default=False)  # it had one, which was deleted for ever
    message = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, related_name="+")
    steps = models.JSONField(default=list)
    finished_at = models.DateTimeField(null=True)

    run_at = models.DateTimeField()
    worker = models.CharField(max_length=80, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "dedupe"], name="one_mail_once_per_channel"),
        ]
        indexes = [
            # with the state in front, though all have the same: else SQLite takes the index of states, and sorts
            models.Index(fields=["state", "run_at", "id"], name="mail_waiting", condition=models.Q(state="waiting")),
            models.Index(fields=["state", "-id"], name="mail_by_state"),
            models.Index(fields=["channel", "mail_id"], name="mail_by_message_id"),
            models.Index(fields=["channel", "in_reply_to"], name="mail_by_in_reply_to"),
            models.Index(fields=["from_address", "received_at"], name="mail_by_sender"),
            models.Index(fields=["received_at", "state", "copies"], name="mail_by_time"),
            models.Index(fields=["ticket", "id"], name="mail_held_on_ticket", condition=models.Q(state="quarantined")),
        ]

    def __str__(self) -> str:
        """Return id and subject."""
        return f"mail {self.pk} {self.subject}"

    @property
    def raw(self) -> Blob:
        """Return where the raw bytes lie; raises ``BlobMissing`` when they were removed after their time."""
        if self.blob is None:
            raise BlobMissing
        return self.blob


class ImapMessage(models.Model):
    """A message seen on an IMAP server: progress is the difference between its UIDs and these rows.

    ``state``: stored (ours, ``inbound`` names it), refused (too large), broken (the server could not give it, or ended
    the connection with it in hand, ``attempts`` times). ``after_done`` tells that what the settings want on the server
    has been done, or is not wanted.
    """

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    folder = models.CharField(max_length=255)
    uidvalidity = models.BigIntegerField()
    uid = models.BigIntegerField()
    state = models.CharField(max_length=8)
    inbound = models.ForeignKey(Inbound, on_delete=models.SET_NULL, null=True, related_name="+")
    size = models.PositiveBigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    seen_at = models.DateTimeField()
    after_done = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "folder", "uidvalidity", "uid"], name="one_row_per_imap_message")
        ]

    def __str__(self) -> str:
        """Return the server's name of the message."""
        return f"{self.folder}/{self.uidvalidity}/{self.uid}"


class FolderCount(models.Model):
    """What an IMAP server counted in a mailbox's folder, beside what became of it here, at one moment.

    ``there`` is the server's count. Of these ``received`` stand in the ledger, ``left`` were left there on purpose (too
    large) and ``unfetched`` could not be had yet. ``vanished`` were received and are gone from the folder although
    nothing of ours took them away.
    """

    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, related_name="+", primary_key=True)
    at = models.DateTimeField()
    folder = models.CharField(max_length=255)
    there = models.PositiveIntegerField()
    received = models.PositiveIntegerField()
    left = models.PositiveIntegerField()
    unfetched = models.PositiveIntegerField()
    vanished = models.PositiveIntegerField()

    def __str__(self) -> str:
        """Return folder and count."""
        return f"{self.folder}: {self.there}"


class Flood(models.Model):
    """A time in which far more mail came than usual: to one channel, or from one sender (``sender``).

    It lasts as long as the watch finds it again (``last_at``); ``count`` is the most it found in one window.
    """

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    sender = models.CharField(max_length=320, blank=True)
    began_at = models.DateTimeField()
    last_at = models.DateTimeField()
    count = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["last_at", "id"], name="mail_flood_by_end")]

    def __str__(self) -> str:
        """Return who floods."""
        return f"{self.sender or self.channel_id}: {self.count}"


class SenderState(models.TextChoices):
    """What is known of the sender of a mail."""

    VERIFIED = "verified", _("Sender verified")
    FAILED = "failed", _("Sender check failed")
    UNCHECKED = "unchecked", _("Sender not checked")


class EmailFact(models.Model):
    """What a mail said of itself, kept beside the message it became."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="email_fact")
    inbound = models.ForeignKey(Inbound, on_delete=models.SET_NULL, null=True, related_name="+")
    mail_id = models.CharField(max_length=ID_LENGTH, blank=True)  # the Message-ID header, in its brackets
    in_reply_to = models.CharField(max_length=ID_LENGTH, blank=True)
    references = models.JSONField(default=list)
    sender = models.JSONField(default=dict)  # {"name", "address"}, as are the lists
    reply_to = models.JSONField(default=list)
    to = models.JSONField(default=list)
    cc = models.JSONField(default=list)
    auto_reply = models.BooleanField(default=False)
    is_list = models.BooleanField(default=False)
    bounce = models.JSONField(null=True)
    sender_state = models.CharField(max_length=12, choices=SenderState.choices, default=SenderState.UNCHECKED)
    auth = models.JSONField(default=dict)
    headers = models.JSONField(default=dict)  # Thread-Index and Thread-Topic, for Outlook's grouping of our answer
    problems = models.JSONField(default=list)
    sent_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        """Return the Message-ID."""
        return self.mail_id
