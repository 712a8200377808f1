"""The places of tickets in the rail."""

from django.utils.translation import gettext_lazy as _

from otklik.accounts.policies import can
from otklik.core.menu import MenuItem, register_menu

register_menu(
    MenuItem(
        key="saved_replies",
        label=_("Saved replies"),
        icon="template",
        url_name="tickets:saved-replies",
        order=5,
        group="foot",
        visible=lambda actor: can(actor, "tickets.reply"),
    )
)
register_menu(
    MenuItem(
        key="channels",
        label=_("Calls and visits"),
        icon="phone",
        url_name="tickets:channels",
        order=15,
        group="settings",
        visible=lambda actor: can(actor, "settings.edit"),
    )
)
register_menu(
    MenuItem(
        key="statuses",
        label=_("Statuses"),
        icon="route",
        url_name="tickets:statuses",
        order=12,
        group="settings",
        visible=lambda actor: can(actor, "settings.edit"),
    )
)
register_menu(
    MenuItem(
        key="types",
        label=_("Request types"),
        icon="stack",
        url_name="tickets:types",
        order=13,
        group="settings",
        visible=lambda actor: can(actor, "settings.edit"),
    )
)
register_menu(
    MenuItem(
        key="spam_senders",
        label=_("Spam senders"),
        icon="spam",
        url_name="tickets:spam-senders",
        order=17,
        group="settings",
        visible=lambda actor: can(actor, "tickets.spam"),
    )
)
