"""Business settings of the desk as a whole."""

from django.utils.translation import gettext_lazy as _

from otklik.core.settings_store import Setting, declare

FIRST_STEPS = "first_steps"

declare(
    Setting(
        key=FIRST_STEPS,
        type=bool,
        default=False,
        label=_("Show the first steps above the list of tickets"),
        help=_("Administrators see what is left to be set up; it goes away by itself when all is done."),
        group="company",
    ),
)
