"""What a person can be told of, by which ways, and what a fresh account is told. Pure but for the words."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

DESK, MAIL, PUSH = "desk", "mail", "push"
WAYS: Final = (DESK, MAIL, PUSH)
WAY_NAMES: Final = {DESK: _("In the desk"), MAIL: _("By mail"), PUSH: _("Push")}
NEW: Final = "new"
PLANNED: Final = "planned"
REACH: Final = ("none", "mine", "teams", "all")
"""Which new tickets: each word includes those before it."""
REACH_NAMES: Final = {
    "none": pgettext_lazy("new tickets", "None"),
    "mine": pgettext_lazy("new tickets", "Mine"),
    "teams": pgettext_lazy("new tickets", "Of my teams"),
    "all": pgettext_lazy("new tickets", "All visible"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """A kind of change: its key, its words, and by which ways a fresh account hears of it."""

    key: str
    label: Any
    ways: frozenset[str] = frozenset()


_BOTH: Final = frozenset({DESK, MAIL, PUSH})
_HERE: Final = frozenset({DESK, PUSH})
_FEW: Final = frozenset({DESK})
CHANGES: Final[Mapping[str, Change]] = MappingProxyType(
    {
        change.key: change
        for change in (
            Change("assigned", _("A ticket is given to me"), _BOTH),
            Change("message_mine", _("The customer writes on a ticket of mine"), _BOTH),
            Change("message_followed", _("The customer writes on a ticket I follow"), _HERE),
            Change("message_teams", _("The customer writes on a ticket of my teams")),
            Change("said_followed", _("A colleague replies or leaves a note on a ticket I follow"), _FEW),
            Change("given_team", _("A ticket is given to a team of mine")),
            Change("side_mine", _("A third party answers about a ticket of mine"), _BOTH),
            Change("mention", _("A colleague calls me in a note"), _BOTH),
            Change("note_mine", _("A note on a ticket of mine"), _HERE),
            Change("status", _("The status of a ticket I have or follow changes"), _FEW),
            Change("woken", _("A ticket comes back from snooze"), _HERE),
            Change(PLANNED, _("A planned reply of mine is overtaken or not sent"), _BOTH),
            Change("failed", _("A mail on a ticket of mine does not arrive"), _BOTH),
        )
    }
)
NEW_BY_DEFAULT: Final[Mapping[str, str]] = MappingProxyType({DESK: "mine", MAIL: "mine", PUSH: "mine"})
WEIGHT: Final = (
    "mention", "failed", PLANNED, "assigned", "message_mine", "side_mine", "note_mine", "woken", "message_followed",
    "said_followed", "status", NEW, "given_team", "message_teams",
)  # fmt: skip
"""When one event concerns a person in several ways, the first of these is told."""
DIGESTS: Final = {
    "": _("At once"),
    "hour": _("Once an hour"),
    "day": _("Once a day"),
}
