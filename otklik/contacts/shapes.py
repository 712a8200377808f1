"""What the REST API answers about people and organisations."""

from datetime import datetime

from otklik.accounts.shapes import NamedOut, Shape


class AddressOut(Shape):
    """An address, and since when mail to it came back."""

    address: str
    bounced_at: datetime | None


class ContactOut(NamedOut):
    """A person with his addresses, the one we write to first."""

    addresses: list[AddressOut]
    phone: str | None
    organization: NamedOut | None
    position: str
    note: str
    language: str
    is_blocked: bool
    version: int
    created_at: datetime


class PatternOut(Shape):
    """How the customer's own desk numbers its requests."""

    system: str
    pattern: str
    url: str


class OrganizationOut(NamedOut):
    """An organisation."""

    domains: list[str]
    note: str
    reference_patterns: list[PatternOut]
    version: int
    created_at: datetime
