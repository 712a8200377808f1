"""The place of people and organisations in the rail."""

from django.utils.translation import gettext_lazy as _

from otklik.accounts.policies import can
from otklik.core.menu import MenuItem, register_menu

register_menu(
    MenuItem(
        key="contacts",
        label=_("Customers"),
        icon="users",
        url_name="contacts:people",
        order=5,
        group="foot",
        visible=lambda actor: can(actor, "contacts.view"),
    )
)
