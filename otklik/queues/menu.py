"""The places of guided work in the settings."""

from django.utils.translation import gettext_lazy as _

from otklik.accounts.policies import can
from otklik.core.menu import MenuItem, register_menu

register_menu(
    MenuItem(
        key="skips",
        label=_("Skipped tickets"),
        icon="check-all",
        url_name="queues:skips",
        order=16,
        group="settings",
        visible=lambda actor: can(actor, "tickets.skips"),
    )
)
