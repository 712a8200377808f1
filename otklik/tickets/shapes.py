"""What the REST API answers about tickets; made in ``public``, with the blocks of other rooms in it."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from otklik.accounts.shapes import KeyedOut, NamedOut, PageOf, Shape


class StatusOut(KeyedOut):
    """A status and the category it belongs to."""

    category: str


class EntryOut(KeyedOut):
    """A request type as its directory keeps it: both names, whether it is offered, its place in the list."""

    names: dict[str, str]
    in_use: bool
    position: int
    version: int


class StatusEntryOut(EntryOut):
    """A status as its directory keeps it; a built-in one is always in use."""

    category: str
    built_in: bool


class ViewOut(KeyedOut):
    """A standing view and how many tickets it holds: 100 is that many or more, null is not counted."""

    count: int | None


class ViaOut(Shape):
    """The channel by which something came: its kind and address or name."""

    kind: str
    name: str


class ChannelOut(NamedOut):
    """An enabled channel."""

    kind: str
    address: str | None
    team: int | None


class ManagedChannelOut(ChannelOut):
    """A channel that people enter requests of by hand; one that is not enabled is offered no longer."""

    enabled: bool


class RequesterOut(NamedOut):
    """Who asks."""

    email: str | None
    phone: str | None


class PersonOut(Shape):
    """Somebody who takes part beside the requester."""

    id: int | None
    name: str
    email: str | None


class ReferenceOut(Shape):
    """A number that another desk gave to the request."""

    system: str
    number: str
    url: str | None


class TicketOut(Shape):
    """A ticket with everything about it but its messages. ``shelf`` is where it was put aside, ``merged_into`` the
    ticket that goes on in its place, ``spent_seconds`` what its messages cost together."""

    number: int
    subject: str
    status: StatusOut
    type: KeyedOut | None
    priority: str
    channel: ViaOut | None
    requester: RequesterOut
    organization: NamedOut | None
    site: dict[str, Any] | None
    team: NamedOut | None
    assignee: NamedOut | None
    followers: list[NamedOut]
    people: list[PersonOut]
    tags: list[str]
    foreign_refs: list[ReferenceOut]
    fields: dict[str, Any]
    snoozed_until: datetime | None
    previous: int | None
    merged_into: int | None
    shelf: Literal["bin", "spam"] | None
    spent_seconds: int
    version: int
    sla: list[dict[str, Any]]
    created_at: datetime
    updated_at: datetime
    last_message_at: datetime | None
    url: str


class TicketsOut(PageOf[TicketOut]):
    """A page of tickets; ``corrected`` is what was looked for when the words seemed mistyped."""

    corrected: str = ""


class AttachmentOut(Shape):
    """A file; its bytes are at ``/api/v1/attachments/{id}`` unless the retention rule removed them."""

    id: int
    name: str
    size: int
    content_type: str
    inline: bool
    removed_at: str | None


class AuthorOut(Shape):
    """Who wrote or did something: a user, a contact or the desk itself."""

    kind: str
    id: int | None
    name: str


class DeliveryOut(Shape):
    """What became of a mail to one recipient."""

    id: int
    recipient: str
    state: str
    attempts: int
    next_at: datetime | None
    error: str | None


class MailAddressOut(Shape):
    """An address of a mail, with the name beside it."""

    name: str
    address: str


class BouncedOut(Shape):
    """One recipient whom a mail did not reach."""

    address: str
    status: str
    action: str
    reason: str


class BounceOut(Shape):
    """What a report of a mail server says: whom our mail did not reach, and which mail it was."""

    recipients: list[BouncedOut]
    original_message_id: str | None


class MailOut(Shape):
    """What the mail behind a message said of itself; ``sender`` tells whether a trusted server vouches for ``from``."""

    message_id: str
    in_reply_to: str | None
    references: list[str]
    author: MailAddressOut | None = Field(alias="from")
    reply_to: list[MailAddressOut]
    to: list[MailAddressOut]
    cc: list[MailAddressOut]
    auto_reply: bool
    is_list: bool = Field(alias="list")
    bounce: BounceOut | None
    sender: Literal["verified", "failed", "unchecked"]
    problems: list[str]


class MessageOut(Shape):
    """A message or note. ``edited_at`` and ``removed`` are of notes that their authors changed or took away;
    ``recorded_by`` names the colleague who wrote down what a customer said by a call, a visit or a messenger."""

    id: int
    kind: str
    author: AuthorOut
    created_at: datetime
    body_text: str
    body_html: str
    visible_text: str
    attachments: list[AttachmentOut]
    channel: ViaOut | None
    delivery_state: str | None
    deliveries: list[DeliveryOut]
    email: MailOut | None
    spent_seconds: int | None
    recorded_by: str | None
    edited_at: datetime | None
    removed: bool


class EventOut(Shape):
    """Something that happened, worded in the reader's language."""

    id: int
    at: datetime
    event: str
    actor: AuthorOut
    text: str
    data: dict[str, Any]


class LinkOut(Shape):
    """A ticket that another one is linked with."""

    id: int
    kind: str
    ticket: int
    subject: str


class ScheduledOut(Shape):
    """An answer that waits for its time."""

    id: int
    author: NamedOut
    send_at: datetime
    created_at: datetime
    body_text: str
    body_html: str
    attachments: list[int]
    to: list[str] | None
    cc: list[str] | None
    channel: int | None
    status: str | None
    spent_seconds: int | None


class RetentionOut(Shape):
    """What would be removed of the files of tickets that were closed so many days ago; 0 removes none."""

    days: int
    files: int
    bytes: int


class SpamSenderOut(Shape):
    """An address or mail domain from which nothing is taken in, and the ticket that taught it.

    Of an address whose person was erased nobody knows any more which it is: ``sender`` is empty.
    """

    id: int
    sender: str
    is_erased: bool
    ticket: int | None
    added_by: str | None
    added_at: datetime


class RemovedOut(Shape):
    """What is gone."""

    id: int
    removed: bool


class SavedOut(Shape):
    """A saved reply."""

    id: int
    title: str
    folder: str
    body_html: str
    sharing: str
    team: int | None
    owner: int | None
    version: int
