"""One mail on its way through intake, and what the house knows that bears on it. No database here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from otklik.accounts.models import User
from otklik.channels.email.doors import Door
from otklik.channels.email.models import Inbound, InboundState, SenderState
from otklik.channels.email.parse.model import Mailbox, ParsedMail
from otklik.channels.email.reading import Reading
from otklik.contacts.models import Contact
from otklik.core.blobs import Prepared
from otklik.tickets.models import Channel, SideConversation, Ticket


@dataclass(frozen=True, slots=True)
class Stop:
    """A step ends the way of a mail: the state, the reason, and the request it concerns."""

    state: InboundState
    reason: str
    ticket: Ticket | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """The request a mail seems to belong to, and by what it was found."""

    ticket: Ticket
    by: str


@dataclass(frozen=True, slots=True)
class MailboxRules:
    """What the settings of a channel say to intake."""

    trusted_authserv: frozenset[str] = frozenset()
    confirmation: bool = False
    confirmation_subject: str = ""
    confirmation_text: str = ""


@dataclass(slots=True)
class Facts:
    """What a group of mails needs from the database, fetched in few statements before the steps."""

    now: datetime
    own_addresses: frozenset[str]
    thread_key: bytes
    loop_id: str
    rules: Mapping[int, MailboxRules]
    trusted_relays: Sequence[Any] = ()
    trusted_sources: frozenset[str] = frozenset()
    spam_domains: frozenset[str] = frozenset()
    contacts: dict[str, Contact] = field(default_factory=dict)
    looked_up: frozenset[str] = frozenset()  # addresses whose contacts are known, or known to be missing
    organizations: dict[str, Any] = field(default_factory=dict)  # by mail domain
    agents: dict[str, User] = field(default_factory=dict)
    tickets: dict[int, Ticket] = field(default_factory=dict)
    known_ids: dict[tuple[int, str], int] = field(default_factory=dict)  # (channel, Message-ID) -> ticket
    children: dict[tuple[int, str], int] = field(default_factory=dict)  # (channel, In-Reply-To) -> ticket
    references: dict[tuple[int, str, str], int] = field(default_factory=dict)  # (organization, system, number key)
    sides: dict[int, SideConversation] = field(default_factory=dict)  # only when a mail bears a token of one
    side_people: dict[int, frozenset[str]] = field(default_factory=dict)  # the addresses of those who take part
    reported: frozenset[int] = frozenset()  # ids of mails whose reports in prose are about mail of ours
    doors: dict[int, Door] = field(default_factory=dict)  # only when a mail went to the address of one
    recent: dict[str, int] = field(default_factory=dict)  # mails of a sender in the last hour
    repeats: dict[tuple[str, str], int] = field(default_factory=dict)  # the same with equal subject


@dataclass(slots=True)
class Case:
    """One mail: what it says, what the steps found out, and how it goes on."""

    row: Inbound
    channel: Channel
    reading: Reading
    files: Sequence[Prepared] = ()  # of the parts, in their order, safe on the disk
    author: Mailbox | None = None
    author_by: str = "from"
    sender_state: SenderState = SenderState.UNCHECKED
    agent: User | None = None
    match: Match | None = None
    previous: Ticket | None = None
    quiet: bool = False
    forwarded_by: User | None = None
    forward_waits: bool = False  # it looks forwarded as much as answered: which thread it names decides
    people: list[Mailbox] = field(default_factory=list)
    foreign_refs: list[tuple[str, str, str | None]] = field(default_factory=list)
    subject: str = ""
    text: str = ""
    html: str = ""
    note: str = ""
    candidates: list[tuple[str, int]] = field(default_factory=list)  # (found by, number of a request), best first
    sides: list[int] = field(default_factory=list)  # side conversations whose signed names the mail bears
    side: SideConversation | None = None  # the one it belongs to: then it belongs to no request
    outer_ids: list[str] = field(default_factory=list)  # Message-IDs of others that this mail answers, nearest first
    doors: list[int] = field(default_factory=list)  # numbers behind the addresses of doors that the mail went to
    door: Door | None = None  # the one it entered: the answer of a colleague to a mail of ours
    report: str = ""  # bounce, receipt or complaint
    way: list[list[Any]] = field(default_factory=list)
    stop: Stop | None = None
    by_hand: bool = False  # a person made a request of it

    @property
    def mail(self) -> ParsedMail:
        """What the parser read."""
        return self.reading.mail

    def tell(self, code: str, **facts: Any) -> None:
        """Add a step to the way that the ledger shows: a short code and its facts; the time is set at the end."""
        self.way.append([code, facts])

    @property
    def author_claimed(self) -> bool:
        """Tell whether the author is only claimed: by another header than From, or as one of several of them.

        No verdict of a server is about him, so he joins nothing by himself.
        """
        return self.author_by not in {"from", "forward"} or self.mail.multi_from

    @property
    def author_address(self) -> str:
        """The normal address of the author, or nothing."""
        return self.author.address.lower() if self.author else ""
