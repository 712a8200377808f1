"""What people change of how they are told."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _

from otklik.accounts.events import UserEvent


@dataclass(frozen=True, kw_only=True)
class NotificationRulesChanged(UserEvent):
    """A person's notification rules were changed, by himself or by who manages people; ``fields`` names what.

    ``name`` is the person's where somebody else did it.
    """

    kind: ClassVar[str] = "user.notification_rules_changed"
    silent: ClassVar[bool] = True
    fields: list[str]
    name: str = ""

    def describe(self) -> str:
        """Word the event."""
        if self.name:
            return _("changed the notification rules of %(name)s") % {"name": self.name}
        return _("changed the notification rules")


@dataclass(frozen=True, kw_only=True)
class BrowserAdded(UserEvent):
    """A browser takes push messages from now on."""

    kind: ClassVar[str] = "browser.added"
    silent: ClassVar[bool] = True
    name: str

    def describe(self) -> str:
        """Word the event."""
        return _("lets the browser “%(name)s” show notifications") % {"name": self.name}


@dataclass(frozen=True, kw_only=True)
class BrowserRemoved(BrowserAdded):
    """A browser takes no push messages any more: taken out by hand, or its maker's server says it is gone."""

    kind: ClassVar[str] = "browser.removed"

    def describe(self) -> str:
        """Word the event."""
        return _("the browser “%(name)s” shows no notifications any more") % {"name": self.name}
