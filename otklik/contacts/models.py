"""Facts about the people who write to us: contacts with their addresses, and organisations with their mail domains."""

from django.db import models

from otklik.core.db.fields import KeyField


class Organization(models.Model):
    """A customer company; new senders from one of its domains join it."""

    name = models.CharField(max_length=200)
    name_key = KeyField(max_length=200)
    note = models.TextField(blank=True)
    # how the customer's own desk names its requests: [{"system": …, "pattern": …, "url": …}]
    reference_patterns = models.JSONField(default=list)
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(fields=["name_key", "id"], name="organization_by_name"),
            # few number their requests, and whether anybody does is asked every few seconds while mail comes in
            models.Index(fields=["id"], name="organization_with_numbers", condition=~models.Q(reference_patterns=[])),
        ]

    def __str__(self) -> str:
        """Return the organisation's name."""
        return self.name


class OrganizationDomain(models.Model):
    """A mail domain of an organisation; a domain belongs to one only."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="domains")
    domain = models.CharField(max_length=253, unique=True)

    def __str__(self) -> str:
        """Return the domain."""
        return self.domain


class Contact(models.Model):
    """A person who writes to the desk."""

    name = models.CharField(max_length=200)
    name_key = KeyField(max_length=200)
    organization = models.ForeignKey(
        Organization, on_delete=models.SET_NULL, null=True, blank=True, related_name="contacts"
    )
    position = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=8, blank=True)
    phone = KeyField(max_length=32, blank=True)
    note = models.TextField(blank=True)
    is_blocked = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    merged_into = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")
    erased_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["name_key", "id"], name="contact_by_name"),
            models.Index(fields=["phone", "id"], name="contact_by_phone", condition=~models.Q(phone="")),
        ]

    def __str__(self) -> str:
        """Return the person's name."""
        return self.name

    @property
    def initials(self) -> str:
        """Return up to two letters for the avatar."""
        return "".join(part[0] for part in self.name.split()[:2] if part[0].isalpha()).upper() or "?"


class ContactAddress(models.Model):
    """An address that mail from and to a person goes by: unique in its normal form, kept as the person writes it."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="addresses")
    address = KeyField(max_length=320, unique=True)
    shown = models.CharField(max_length=320)
    is_primary = models.BooleanField(default=False)
    bounced_at = models.DateTimeField(null=True)
    bounce_reason = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        """Return the address as written."""
        return self.shown


class ContactMerge(models.Model):
    """One person taken for the same as another: ``source`` went into ``target``, which stays.

    ``data`` holds what undoing needs: ``addresses`` that went over (id → whether it was the main one), the facts of the
    target ``before`` and ``after``, and the ``event`` that other rooms remember their own moves by.
    """

    source = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    target = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    data = models.JSONField(default=dict)
    made_at = models.DateTimeField()
    by_name = models.CharField(max_length=200)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source"], condition=models.Q(undone_at__isnull=True), name="one_merge_of_a_contact"
            )
        ]

    def __str__(self) -> str:
        """Return both numbers."""
        return f"{self.source_id} into {self.target_id}"


class DataExport(models.Model):
    """All data of a person as one file, while it is being made and for a day after."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    by_name = models.CharField(max_length=200)
    language = models.CharField(max_length=8)
    made_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True)
    until = models.DateTimeField()
    blob = models.ForeignKey("core.Blob", on_delete=models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        """Return whose data it is."""
        return f"data of {self.contact_id}"


class Erasure(models.Model):
    """The erasing of a person: what is looked for, and how far it is.

    ``subject`` holds his ids, addresses, phones and names until the end, when nothing but the ids is left of it.
    ``stage`` is the room that is at work, ``after`` the last number it has done; both move with each slice.
    """

    contact = models.OneToOneField(Contact, on_delete=models.CASCADE, related_name="erasure")
    subject = models.JSONField()
    by_name = models.CharField(max_length=200)
    begun_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    stage = models.CharField(max_length=40, blank=True)
    after = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        """Return who is erased."""
        return f"erasure of {self.contact_id}"


class ImportState(models.TextChoices):
    """Where an import stands. ``stopped``: whoever began it may not change people any more."""

    DRAFT = "draft"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"


class ContactImport(models.Model):
    """People from a file: looked at first, then taken over line by line (``ImportLine``).

    ``columns`` says which column is what, ``key`` by what people are known again (``email`` or ``phone``). Each choice
    of columns is another ``version``, whose lines are looked at anew: ``looked`` of them are behind, and the ``will_``
    sums say what would happen. ``done`` is the place from which lines are still to be taken over.
    """

    file_name = models.CharField(max_length=200)
    by_id = models.BigIntegerField()
    by_name = models.CharField(max_length=200)
    language = models.CharField(max_length=8)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, choices=ImportState.choices, default=ImportState.DRAFT)
    header = models.JSONField()
    columns = models.JSONField(default=dict)
    key = models.CharField(max_length=8)
    total = models.PositiveIntegerField()
    version = models.PositiveIntegerField(default=1)
    looked = models.PositiveIntegerField(default=0)
    will_add = models.PositiveIntegerField(default=0)
    will_change = models.PositiveIntegerField(default=0)
    will_keep = models.PositiveIntegerField(default=0)
    will_refuse = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        """Return the name of the file."""
        return self.file_name


class Outcome(models.TextChoices):
    """What a line does, or did: unknown until somebody looked."""

    UNKNOWN = ""
    ADDED = "added"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


class ImportLine(models.Model):
    """A line of a file: until it is taken over, or, refused, for a month, so that it can be corrected and sent again.

    ``changes`` holds what the line changes of a known person: field, old value, new value.
    """

    owner = models.ForeignKey(ContactImport, on_delete=models.CASCADE, related_name="lines")
    place = models.PositiveIntegerField()
    cells = models.JSONField(default=list)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.UNKNOWN, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    changes = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "place"], name="one_line_a_place")]
        indexes = [models.Index(fields=["owner", "outcome", "place"], name="lines_by_outcome")]

    def __str__(self) -> str:
        """Return the number of the line in its file, where the heading is the first."""
        return str(self.place + 2)
