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


class ImportSumsOut(Shape):
    """How many lines did, or would do, what."""

    added: int
    changed: int
    same: int
    refused: int


class ImportOut(Shape):
    """People from a file: ``looking`` (without ``preview``), ``draft``, ``running`` or ``done``."""

    id: int
    file: str
    by: NamedOut
    state: str
    header: list[str]
    columns: dict[str, int]
    key: str
    total: int
    looked: int
    done: int
    preview: ImportSumsOut | None
    result: ImportSumsOut
    created_at: datetime
    finished_at: datetime | None


class ValueChangeOut(Shape):
    """What a field is and would become."""

    field: str
    old: str
    new: str


class ImportLineOut(Shape):
    """A line of a file: its number there, its cells, what it does, or why it was refused."""

    line: int
    cells: list[str]
    outcome: str | None
    reason: str | None
    changes: list[ValueChangeOut]


class ExportOut(Shape):
    """All data of a person as a file: being made until ``ready_at``, kept until ``until``."""

    id: int
    contact: int
    made_at: datetime
    ready_at: datetime | None
    until: datetime
    by_name: str


class ErasureOut(Shape):
    """The erasing of a person: begun at once, done in the background."""

    contact: int
    begun_at: datetime
    done_at: datetime | None
