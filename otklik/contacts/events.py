"""What happened to contacts and organisations."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from otklik.accounts.events import SUBJECT_USER
from otklik.core.events import DomainEvent

SUBJECT_CONTACT = 2
SUBJECT_ORGANIZATION = 3


@dataclass(frozen=True, kw_only=True)
class ContactAdded(DomainEvent):
    """A person was seen or entered for the first time."""

    kind: ClassVar[str] = "contact.added"
    subject_kind: ClassVar[int] = SUBJECT_CONTACT
    name: str
    organization_id: int | None = None

    def describe(self) -> str:
        """Word the event."""
        return _("added the contact %(name)s") % {"name": self.name}

    @classmethod
    def scrub(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Blank the person's name."""
        return {**data, "name": ""}


@dataclass(frozen=True, kw_only=True)
class ContactChanged(DomainEvent):
    """Facts of a person were changed; only the names of the fields are kept."""

    kind: ClassVar[str] = "contact.changed"
    subject_kind: ClassVar[int] = SUBJECT_CONTACT
    fields: list[str]

    def describe(self) -> str:
        """Word the event."""
        return _("changed the contact")


@dataclass(frozen=True, kw_only=True)
class AddressBounced(DomainEvent):
    """Mail to one of the person's addresses came back for good."""

    kind: ClassVar[str] = "contact.address_bounced"
    subject_kind: ClassVar[int] = SUBJECT_CONTACT
    reason: str

    def describe(self) -> str:
        """Word the event."""
        return _("mail to the address comes back: %(reason)s") % {"reason": self.reason}

    @classmethod
    def scrub(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Blank what the server said: it names the address."""
        return {**data, "reason": ""}


@dataclass(frozen=True, kw_only=True)
class ContactMerged(DomainEvent):
    """The person turned out to be another one, who stays."""

    kind: ClassVar[str] = "contact.merged"
    subject_kind: ClassVar[int] = SUBJECT_CONTACT
    into: int

    def describe(self) -> str:
        """Word the event."""
        return _("merged the contact into another one")


@dataclass(frozen=True, kw_only=True)
class ContactAbsorbed(DomainEvent):
    """Another contact, of the same person, was taken into this one."""

    kind: ClassVar[str] = "contact.absorbed"
    subject_kind: ClassVar[int] = SUBJECT_CONTACT
    contact_id: int
    name: str

    def describe(self) -> str:
        """Word the event."""
        return _("took in the contact %(name)s") % {"name": self.name}

    @classmethod
    def scrub(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Blank the person's name."""
        return {**data, "name": ""}


@dataclass(frozen=True, kw_only=True)
class ContactMergeUndone(DomainEvent):
    """A merge of contacts was taken back; on the one that stayed ``undoes`` names the event of the merge, else 0."""

    kind: ClassVar[str] = "contact.merge_undone"
    subject_kind: ClassVar[int] = SUBJECT_CONTACT
    contact_id: int
    undoes: int = 0

    def describe(self) -> str:
        """Word the event."""
        return _("parted the contacts again")


@dataclass(frozen=True, kw_only=True)
class ContactExported(DomainEvent):
    """All data of the person were put into a file."""

    kind: ClassVar[str] = "contact.exported"
    subject_kind: ClassVar[int] = SUBJECT_CONTACT

    def describe(self) -> str:
        """Word the event."""
        return _("exported all data of the contact")


@dataclass(frozen=True, kw_only=True)
class ContactErased(DomainEvent):
    """The data of the person were erased for ever."""

    kind: ClassVar[str] = "contact.erased"
    subject_kind: ClassVar[int] = SUBJECT_CONTACT

    def describe(self) -> str:
        """Word the event."""
        return _("erased the data of the contact")


@dataclass(frozen=True, kw_only=True)
class OrganizationAdded(DomainEvent):
    """An organisation was entered."""

    kind: ClassVar[str] = "organization.added"
    subject_kind: ClassVar[int] = SUBJECT_ORGANIZATION
    name: str

    def describe(self) -> str:
        """Word the event."""
        return _("added the organisation %(name)s") % {"name": self.name}


@dataclass(frozen=True, kw_only=True)
class OrganizationChanged(DomainEvent):
    """Facts of an organisation were changed."""

    kind: ClassVar[str] = "organization.changed"
    subject_kind: ClassVar[int] = SUBJECT_ORGANIZATION
    fields: list[str]

    def describe(self) -> str:
        """Word the event."""
        return _("changed the organisation")


@dataclass(frozen=True, kw_only=True)
class ContactsImported(DomainEvent):
    """A colleague brought people from a file; the subject is the colleague."""

    kind: ClassVar[str] = "contacts.imported"
    subject_kind: ClassVar[int] = SUBJECT_USER
    file: str
    added: int
    changed: int
    refused: int

    def describe(self) -> str:
        """Word the event."""
        return _("brought people from the file “%(file)s”: %(added)s new, %(changed)s changed, %(refused)s refused") % {
            "file": self.file, "added": self.added, "changed": self.changed, "refused": self.refused,
        }  # fmt: skip
