"""Facts of tickets, by subject: directories, the ticket, what is said on it, who takes part."""

from otklik.tickets.models.directories import (
    Category,
    Channel,
    ChannelKind,
    DirectoryEntry,
    PinnedTag,
    Status,
    Tag,
    TicketType,
)
from otklik.tickets.models.messages import SIDE_KINDS, Attachment, Message, MessageKind, MessageVersion
from otklik.tickets.models.people import Follower, ForeignReference, Participant
from otklik.tickets.models.relations import LinkKind, Merge, SpamDomain, TicketLink
from otklik.tickets.models.runs import BulkItem, BulkRun, ReplyPlan, RunState
from otklik.tickets.models.saved import SavedReply, Sharing
from otklik.tickets.models.sides import SideConversation, SidePerson
from otklik.tickets.models.ticket import FAR_FUTURE, OPEN_CATEGORIES, Priority, Ticket, TicketTag
from otklik.tickets.models.writing import Draft, ListLayout, ScheduledReply, Step

__all__ = [
    "FAR_FUTURE",
    "OPEN_CATEGORIES",
    "SIDE_KINDS",
    "Attachment",
    "BulkItem",
    "BulkRun",
    "Category",
    "Channel",
    "ChannelKind",
    "DirectoryEntry",
    "Draft",
    "Follower",
    "ForeignReference",
    "LinkKind",
    "ListLayout",
    "Merge",
    "Message",
    "MessageKind",
    "MessageVersion",
    "Participant",
    "PinnedTag",
    "Priority",
    "ReplyPlan",
    "RunState",
    "SavedReply",
    "ScheduledReply",
    "Sharing",
    "SideConversation",
    "SidePerson",
    "SpamDomain",
    "Status",
    "Step",
    "Tag",
    "Ticket",
    "TicketLink",
    "TicketTag",
    "TicketType",
]
