"""The place of the directory of channels in the settings."""

from django.utils.translation import gettext_lazy as _

from otklik.accounts.policies import can
from otklik.core.menu import MenuItem, register_menu

register_menu(
    MenuItem(
        key="connections",
        label=_("All channels"),
        icon="inbox",
        url_name="channels:directory",
        order=30,
        group="settings",
        visible=lambda actor: can(actor, "settings.edit"),
    )
)
