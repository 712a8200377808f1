"""The place of people, teams and roles in the settings."""

from django.utils.translation import gettext_lazy as _

from otklik.accounts.policies import can
from otklik.core.menu import MenuItem, register_menu

register_menu(
    MenuItem(
        key="people",
        label=_("People and teams"),
        icon="users",
        url_name="people:people",
        order=20,
        group="settings",
        visible=lambda actor: can(actor, "users.manage"),
    )
)
register_menu(
    MenuItem(
        key="provider",
        label=_("Sign-in through a provider"),
        icon="key",
        url_name="people:provider",
        order=25,
        group="settings",
        visible=lambda actor: can(actor, "settings.edit"),
    )
)
