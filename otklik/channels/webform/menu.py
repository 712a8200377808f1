"""The place of forms in the settings."""

from django.utils.translation import gettext_lazy as _

from otklik.accounts.policies import can
from otklik.core.menu import MenuItem, register_menu

register_menu(
    MenuItem(
        key="web-forms",
        label=_("Web forms"),
        icon="globe",
        url_name="webform:forms",
        order=20,
        group="settings",
        visible=lambda actor: can(actor, "settings.edit"),
    )
)
