"""Reading mail: raw bytes in, plain values out. Pure: no Django, no settings, no clock, no network.

``parse(raw)`` never raises. In the running desk it is called in a child process (``sandbox``), because its input is
written by strangers.
"""

from otklik.channels.email.parse.jsonline import to_json
from otklik.channels.email.parse.model import (
    AttachedMessage,
    AuthResult,
    Bounce,
    BounceRecipient,
    Calendar,
    ListFacts,
    Mailbox,
    ParsedMail,
    Part,
    Problem,
)
from otklik.channels.email.parse.reader import parse

__all__ = [
    "AttachedMessage",
    "AuthResult",
    "Bounce",
    "BounceRecipient",
    "Calendar",
    "ListFacts",
    "Mailbox",
    "ParsedMail",
    "Part",
    "Problem",
    "parse",
    "to_json",
]
