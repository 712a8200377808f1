"""The places of mail in the rail and in the settings."""

from django.utils.translation import gettext_lazy as _

from otklik.accounts.policies import can
from otklik.channels.email.queries import needing_somebody
from otklik.core.menu import MenuItem, register_menu

register_menu(
    MenuItem(
        key="ledger",
        label=_("Mail ledger"),
        icon="book",
        url_name="email:ledger",
        order=10,
        group="foot",
        visible=lambda actor: can(actor, "mail.ledger"),
        count=needing_somebody,
    )
)
register_menu(
    MenuItem(
        key="outbox",
        label=_("Outbox"),
        icon="send",
        url_name="email:outbox",
        order=20,
        group="foot",
        visible=lambda actor: can(actor, "outbox.view"),
    )
)
register_menu(
    MenuItem(
        key="mailboxes",
        label=_("Mailboxes"),
        icon="mail",
        url_name="email:mailboxes",
        order=10,
        group="settings",
        visible=lambda actor: can(actor, "settings.edit"),
    )
)
