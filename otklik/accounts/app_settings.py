"""Business settings of sign-in."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from otklik.accounts.models import Role
from otklik.core.errors import Invalid
from otklik.core.settings_store import Setting, declare

SECOND_FACTOR_ROLES = "second_factor_roles"
ABSENCE_REASONS = "absence_reasons"


def _roles(value: Any) -> None:
    if set(value) - set(Role.values):
        raise Invalid(_("There is no such role."), field=SECOND_FACTOR_ROLES)


def _reasons(value: Any) -> None:
    if any(len(reason) > 80 for reason in value):
        raise Invalid(_("A reason is longer than 80 characters."), field=ABSENCE_REASONS)


declare(
    Setting(
        key=ABSENCE_REASONS,
        type=list,
        default=["Отпуск", "Болезнь", "Командировка", "Обучение", "Выходной"],
        check=_reasons,
        maximum=40,
        label=_("Reasons of absence"),
        help=_("What is offered when somebody enters an absence, one a line. Other words can be typed as well."),
        group="people",
    ),
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
    ),
)
