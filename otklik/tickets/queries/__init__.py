"""Selections of tickets and what belongs to them; every one starts at ``visible_to``."""

from otklik.tickets.queries.access import (
    attachments_visible_to,
    get_attachment,
    get_attachment_by_id,
    get_visible,
    has_earlier_messages,
    messages_visible_to,
    visible_numbers,
    visible_to,
)
from otklik.tickets.queries.cards import CARD_RELATED, card, history_of, messages_of, messages_on
from otklik.tickets.queries.directories import (
    active_channels,
    channel_by_address,
    default_channel,
    priorities,
    status_by_key,
    statuses,
    types,
)
from otklik.tickets.queries.finding import find
from otklik.tickets.queries.folders import (
    COUNT_CAP,
    FOLDERS,
    Folder,
    counters,
    counters_of_many,
    first_rows,
    folder_by_key,
    in_folder,
    next_in_folder,
)

__all__ = [
    "CARD_RELATED",
    "COUNT_CAP",
    "FOLDERS",
    "Folder",
    "active_channels",
    "attachments_visible_to",
    "card",
    "channel_by_address",
    "counters",
    "counters_of_many",
    "default_channel",
    "find",
    "first_rows",
    "folder_by_key",
    "get_attachment",
    "get_attachment_by_id",
    "get_visible",
    "has_earlier_messages",
    "history_of",
    "in_folder",
    "messages_of",
    "messages_on",
    "messages_visible_to",
    "next_in_folder",
    "priorities",
    "status_by_key",
    "statuses",
    "types",
    "visible_numbers",
    "visible_to",
]
