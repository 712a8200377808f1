"""The values that reading a mail yields: frozen, complete, free of anything PostgreSQL or a page would choke on.

Every text in these classes is valid UTF-8 without NUL; every name, subject and file name is one line. Attachments carry
their bytes. Nothing here is trusted: a mail says what its sender wants it to say.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A display name and an address; the domain is in lower case and in its ASCII form."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about the mail that was not as it should be: a stable code and an English sentence."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class AttachedMessage:
    """What the head and the text of a message attached to the mail say (a forward "as attachment")."""

    from_: Mailbox | None = None
    to: tuple[Mailbox, ...] = ()
    subject: str = ""
    date: datetime | None = None
    message_id: str | None = None
    body_text: str = ""
    body_html: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the mail. ``name`` is cleaned; ``inline`` means that the HTML shows it; ``cid`` has no brackets."""

    name: str
    content_type: str
    data: bytes
    inline: bool = False
    cid: str = ""
    location: str = ""
    message: AttachedMessage | None = None

    @property
    def size(self) -> int:
        """Length of the decoded content in bytes."""
        return len(self.data)


@dataclass(frozen=True, slots=True)
class BounceRecipient:
    """The fate of one recipient. ``address`` is the one we wrote to, ``final_address`` the one it led to."""

    address: str
    status: str = ""
    action: str = ""
    reason: str = ""
    final_address: str = ""


@dataclass(frozen=True, slots=True)
class Bounce:
    """A report about the delivery of a mail of ours. Mind ``action``: a delay is no failure.

    ``prose`` says that only words make it one, and of a sender who may be a person: it counts when it is about a mail
    that we sent.
    """

    recipients: tuple[BounceRecipient, ...] = ()
    original_message_id: str | None = None
    prose: bool = False

    @property
    def failed(self) -> bool:
        """Whether at least one recipient will not get the mail."""
        return any(item.action == "failed" for item in self.recipients)


@dataclass(frozen=True, slots=True)
class AuthResult:
    """One Authentication-Results header; ``authserv_id`` is empty where the server (Exchange Online) names none."""

    authserv_id: str = ""
    spf: str = ""
    dkim: str = ""
    dmarc: str = ""
    from_domain: str = ""
    spf_domain: str = ""
    dkim_domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListFacts:
    """What says that the mail came through a mailing list."""

    id: str = ""
    post: str = ""
    unsubscribe: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """An invitation; times as written in the part (``2026-11-20 10:00``, zone in brackets when given)."""

    method: str = ""
    summary: str = ""
    starts: str = ""
    ends: str = ""
    location: str = ""
    organizer: str = ""
    description: str = ""

    def line(self) -> str:
        """Say the invitation in one line for the conversation."""
        times = " – ".join(item for item in (self.starts, self.ends) if item)
        return ", ".join(item for item in (self.summary, times, self.location) if item)


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """All that Otklik understands of one mail before it looks into its database.

    ``body_html`` is decoded but **not** cleaned: ``otklik.channels.email.text.clean_html`` does that, last.
    ``kind`` is normal, auto, bounce, receipt or complaint; ``quiet`` means that no automatic answer may follow,
    which is more than ``auto_reply``: a person may write through a list or from behind a suppressing header.
    ``spam`` is the verdict of a filter on the way; everybody can write such a header, but only against himself.
    """

    from_: Mailbox | None = None
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    reply_to: Mailbox | None = None
    subject: str = ""
    date: datetime | None = None
    message_id: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    body_text: str = ""
    body_html: str = ""
    attachments: tuple[Part, ...] = ()
    auto_reply: bool = False
    list: ListFacts | None = None
    bounce: Bounce | None = None
    problems: tuple[Problem, ...] = ()
    kind: str = "normal"
    kind_signs: tuple[str, ...] = ()
    quiet: bool = False
    spam: bool = False
    sender: Mailbox | None = None
    from_all: tuple[Mailbox, ...] = ()
    multi_from: bool = False
    reply_to_all: tuple[Mailbox, ...] = ()
    original_from: Mailbox | None = None
    resent_from: Mailbox | None = None
    return_path: str | None = None
    delivered_to: tuple[str, ...] = ()
    x_original_to: tuple[str, ...] = ()
    message_id_raw: str = ""
    in_reply_to_all: tuple[str, ...] = ()
    reported_id: str | None = None
    thread_index: str = ""
    thread_topic: str = ""
    received: int = 0
    auth: tuple[AuthResult, ...] = ()
    loop_ids: tuple[str, ...] = ()
    language: str = ""
    signed: str = ""
    encrypted: str = ""
    calendar: Calendar | None = None
    tnef: bool = False
    charset_declared: str = ""
    charset_used: str = ""

    @property
    def inline_images(self) -> tuple[Part, ...]:
        """The files that the HTML shows in its text."""
        return tuple(part for part in self.attachments if part.inline)

    @property
    def attached_messages(self) -> tuple[Part, ...]:
        """Messages that hang on the mail, with what their heads say."""
        return tuple(part for part in self.attachments if part.message is not None)
