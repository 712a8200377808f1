"""The people a demo instance offers on its sign-in page."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from otklik.accounts.models import User
from otklik.core.shown import initials

_DOMAIN: Final = "demo.otklik.test"
_ROLES: Final[tuple[tuple[str, str | Promise, str | Promise], ...]] = (
    ("agent", _("agent"), _("Answers customers, works on tickets all day")),
    ("supervisor", _("supervisor"), _("Sees everything: teams, load, the mail ledger")),
    ("technician", _("technician"), _("Only the tickets given to him")),
    ("observer", _("observer"), _("Reads, changes nothing")),
    ("admin", _("administrator"), _("Mailboxes, people, settings")),
)


@dataclass(frozen=True, slots=True)
class DemoRole:
    """One button of the sign-in page."""

    email: str
    title: str
    about: str
    initials: str
    hue: str


def demo_roles() -> list[DemoRole]:
    """Return the demo people that exist, in the order of the page (one statement)."""
    names = {f"{key}@{_DOMAIN}": (role, about) for key, role, about in _ROLES}
    users = {user.email: user for user in User.objects.filter(email__in=list(names), is_active=True)}
    return [
        DemoRole(email, f"{user.name}, {role}", str(about), initials(user.name), f"avatar--{user.hue}")
        for email, (role, about) in names.items()
        if (user := users.get(email)) is not None
    ]
