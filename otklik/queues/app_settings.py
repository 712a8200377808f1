"""Business settings of guided work."""

from django.utils.translation import gettext_lazy as _

from otklik.core.settings_store import Setting, declare

NEXT_ASSIGNS = "next_assigns"

declare(
    Setting(
        key=NEXT_ASSIGNS,
        type=bool,
        default=True,
        label=_("The next ticket becomes one’s own"),
        help=_("Who takes the next ticket of “Unassigned” is its assignee from then on."),
        group="tickets",
    ),
)
