"""Models of the mail channel: what came in, and what goes out."""

from otklik.channels.email.models.imports import ArchiveState, MailArchive
from otklik.channels.email.models.inbound import (
    EmailFact,
    Flood,
    FolderCount,
    ImapMessage,
    Inbound,
    InboundState,
    SenderState,
    Source,
)
from otklik.channels.email.models.outgoing import (
    WORST_FIRST,
    Delivery,
    DeliveryState,
    MailboxCheck,
    Outgoing,
    OutgoingFile,
    OutgoingKind,
)

__all__ = [
    "WORST_FIRST",
    "ArchiveState",
    "Delivery",
    "DeliveryState",
    "EmailFact",
    "Flood",
    "FolderCount",
    "ImapMessage",
    "Inbound",
    "InboundState",
    "MailArchive",
    "MailboxCheck",
    "Outgoing",
    "OutgoingFile",
    "OutgoingKind",
    "SenderState",
    "Source",
]
