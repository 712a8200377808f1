"""The place of webhooks in the settings."""

from django.utils.translation import gettext_lazy as _

from otklik.accounts.policies import can
from otklik.core.menu import MenuItem, register_menu

register_menu(
    MenuItem(
        key="webhooks",
        label=_("Webhooks"),
        icon="api",
        url_name="webhooks:list",
        order=40,
        group="settings",
        visible=lambda actor: can(actor, "settings.edit"),
    )
)
