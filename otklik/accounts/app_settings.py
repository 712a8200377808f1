"""Business settings of sign-in."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from otklik.accounts.models import Role
from otklik.core.errors import Invalid
from otklik.core.settings_store import Setting, declare

SECOND_FACTOR_ROLES = "second_factor_roles"


def _roles(value: Any) -> None:
    if set(value) - set(Role.values):
        raise Invalid(_("There is no such role."), field=SECOND_FACTOR_ROLES)


declare(
    Setting(
        key=SECOND_FACTOR_ROLES,
        type=list,
        default=[],
        check=_roles,
        label=_("Roles that need a second factor"),
        help=_(
            "Keys of built-in roles, one a line: admin, supervisor, agent, technician, observer. Custom roles follow "
            "their base. Whoever has no second factor sets it up right after signing in."
        ),
        group="security",
    )
)
