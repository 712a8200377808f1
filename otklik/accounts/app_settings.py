"""Business settings of sign-in."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from otklik.accounts.models import Role
from otklik.accounts.provider import config as provider
from otklik.accounts.reasons import ABSENCE_REASONS, LONGEST, pairs
from otklik.core.errors import Invalid
from otklik.core.settings_store import Setting, declare

SECOND_FACTOR_ROLES = "second_factor_roles"
API_REQUESTS = "api_requests_a_minute"


def _roles(value: Any) -> None:
    if set(value) - set(Role.values):
        raise Invalid(_("There is no such role."), field=SECOND_FACTOR_ROLES)


def _reasons(value: Any) -> None:
    if any(len(words) > LONGEST for pair in pairs(value) for words in pair):
        raise Invalid(_("A reason is longer than 80 characters."), field=ABSENCE_REASONS)


_REASONS = [
    "Отпуск = Vacation", "Болезнь = Sick leave", "Командировка = Business trip", "Обучение = Training",
    "Выходной = Day off",
]  # fmt: skip

declare(
    Setting(
        key=ABSENCE_REASONS,
        type=list,
        default=_REASONS,
        check=_reasons,
        maximum=40,
        label=_("Reasons of absence"),
        help=_(
            "What is offered when somebody enters an absence, one a line: Russian = English. Everybody reads them in "
            "his own language. Other words can be typed as well."
        ),
        group="people",
    ),
    Setting(
        key=SECOND_FACTOR_ROLES,
        type=list,
        default=[],
        check=_roles,
        label=_("Roles that need a second factor"),
        help=_(
            "Keys of built-in roles, one a line: admin, supervisor, agent, technician, observer. A custom role follows "
            "its base and can need one by itself. Whoever has no second factor sets it up right after signing in."
        ),
        group="security",
        grants=True,
    ),
    Setting(
        key=API_REQUESTS,
        type=int,
        default=3000,
        minimum=0,
        maximum=1_000_000,
        label=_("Requests of a program in a minute"),
        help=_(
            "How many requests each token of the API may send to each web process; 0 is no limit. What is not used is "
            "saved up for ten minutes."
        ),
        group="security",
    ),
)

_GROUP = "sign_in"

declare(
    Setting(
        key=provider.ON, type=bool, default=False, label=_("Sign in through a provider"), group=_GROUP,
        help=_("A button on the sign-in page leads to the provider of your company (OpenID Connect)."),
    ),
    Setting(
        key=provider.ISSUER, type=str, default="", maximum=300, label=_("Address of the provider"), group=_GROUP,
        help=_("The issuer, as the provider shows it: https://… without /.well-known/ at its end."),
    ),
    Setting(
        key=provider.CLIENT, type=str, default="", maximum=300, label=_("Id of this desk at the provider"),
        help=_("Client ID."), group=_GROUP,
    ),
    Setting(
        key=provider.SECRET, type=str, default="", maximum=1000, secret=True, label=_("Secret"), group=_GROUP,
        help=_("Client secret."),
    ),
    Setting(
        key=provider.LABEL, type=str, default="", maximum=60, label=_("Name on the button"), group=_GROUP,
        help=_("Your company or the provider: the button reads “Sign in through …”."),
    ),
    Setting(
        key=provider.DOMAINS, type=list, default=[], maximum=100, label=_("Mail domains that may come in"),
        help=_("One a line; empty means any. The provider must have verified the address."), group=_GROUP,
    ),
    Setting(
        key=provider.UNKNOWN, type=str, default="refuse", label=_("People nobody has added"), group=_GROUP,
        choices=[("refuse", _("Refuse")), ("create", _("Add with the role below"))],
    ),
    Setting(
        key=provider.ROLE, type=str, default="agent", maximum=24, label=_("Role of new people"), group=_GROUP,
        help=_("The key of a role: agent, technician, observer, supervisor, or role-7 for a custom one."),
    ),
    Setting(
        key=provider.TEAM, type=str, default="", maximum=80, label=_("Team of new people"), group=_GROUP,
        help=_("The name of a team, or nothing."),
    ),
    Setting(
        key=provider.CLAIM, type=str, default="", maximum=100, label=_("Claim with the groups"), group=_GROUP,
        help=_("For example groups, or realm_access.roles. Empty: roles are given in the desk only."),
    ),
    Setting(
        key=provider.ROLES, type=list, default=[], maximum=100, label=_("Roles by group"), group=_GROUP,
        help=_("One a line: group = role. The first line that fits counts at each sign-in; none changes nothing."),
    ),
    Setting(
        key=provider.ONLY, type=bool, default=False, label=_("Only through the provider"), group=_GROUP,
        help=_("Passwords and passkeys then let in administrators only, for the day the provider is down."),
    ),
    Setting(
        key=provider.STRONG, type=bool, default=False, grants=True, label=_("The provider asks for the second factor"),
        help=_("Whoever comes through the provider is not asked for a second factor of the desk."), group=_GROUP,
    ),
    Setting(
        key=provider.LEAVE, type=bool, default=False, label=_("Sign out at the provider too"), group=_GROUP,
        help=_("Leaving the desk then also ends the session at the provider, where it offers that."),
    ),
)  # fmt: skip
