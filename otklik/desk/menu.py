"""The places of the shell in the settings."""

from django.utils.translation import gettext_lazy as _

from otklik.accounts.policies import can
from otklik.core.actor import Actor
from otklik.core.menu import MenuItem, register_menu


def _may_look(actor: Actor) -> bool:
    return can(actor, "settings.view")


register_menu(
    MenuItem(
        key="desk-settings",
        label=_("Rules of the desk"),
        icon="settings",
        url_name="desk:settings",
        order=40,
        group="settings",
        visible=_may_look,
    )
)
register_menu(
    MenuItem(
        key="audit",
        label=_("Change log"),
        icon="clock",
        url_name="desk:audit",
        order=90,
        group="settings",
        visible=_may_look,
    )
)
