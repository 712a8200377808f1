"""Business settings of tickets."""

from django.utils.translation import gettext_lazy as _

from otklik.core.settings_store import Setting, declare

AGENTS_SEE = "agents_see"
CLOSE_AFTER_DAYS = "close_after_days"
UNDO_SEND_SECONDS = "undo_send_seconds"
FILES_DAYS = "files_days"
HOLD_OVERTAKEN = "hold_overtaken"

declare(
    Setting(
        key=AGENTS_SEE,
        type=str,
        default="all",
        choices=(("all", _("All tickets")), ("teams", _("Tickets of their teams"))),
        label=_("Agents see"),
        help=_(
            "Limited agents see tickets of their teams, without a team, and those assigned to or followed by them, and"
            " the people of these tickets."
        ),
        group="tickets",
        grants=True,
    ),
    Setting(
        key=CLOSE_AFTER_DAYS,
        type=int,
        default=14,
        minimum=0,
        maximum=3650,
        label=_("Close solved tickets after, days"),
        help=_("An answer to a solved ticket reopens it; an answer to a closed one opens a new ticket that names it."),
        group="tickets",
    ),
    Setting(
        key=UNDO_SEND_SECONDS,
        type=int,
        default=10,
        minimum=0,
        maximum=120,
        label=_("Seconds to take a reply back"),
        help=_("A reply written at the desk waits so long before it leaves. 0 sends it at once."),
        group="tickets",
    ),
    Setting(
        key=HOLD_OVERTAKEN,
        type=bool,
        default=True,
        label=_("Hold a planned reply back when the customer has written"),
        help=_(
            "A reply that waits for its time does not leave after the customer wrote: it is its author's draft again,"
            " and he is told. Off sends it all the same."
        ),
        group="tickets",
    ),
    Setting(
        key=FILES_DAYS,
        type=int,
        default=0,
        minimum=0,
        maximum=36500,
        label=_("Keep files of closed tickets, days"),
        help=_(
            "So many days after a ticket was closed its files are removed for good; their names, sizes and digests"
            " stay. 0 keeps them for ever."
        ),
        group="tickets",
        preview="tickets:files-preview",
    ),
)
