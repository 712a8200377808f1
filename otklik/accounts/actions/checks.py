"""What several actions ask before they write."""

from collections.abc import Collection
from typing import Final

from django.db.models import Q
from django.utils.translation import gettext as _

from otklik.accounts import policies
from otklik.accounts.models import CustomRole, Role, User
from otklik.core.actor import Actor
from otklik.core.errors import Conflict, Forbidden, Invalid

CUSTOM = "role-"
"""How the key of a custom role begins; its id follows."""


def check(permission: str, by: Actor) -> None:
    """Raise ``Forbidden`` without the right."""
    if not policies.can(by, permission):
        raise Forbidden(_("You have no right to do this."))


def role_of(key: str) -> tuple[str, CustomRole | None]:
    """Return the built-in role, and the custom one, that a key such as ``agent`` or ``role-7`` names."""
    if key in Role.values:
        return key, None
    number = key.removeprefix(CUSTOM)
    if key.startswith(CUSTOM) and number.isascii() and number.isdigit() and len(number) < 12:
        found = CustomRole.objects.filter(pk=int(number)).first()
        if found is not None:
            return found.base, found
    raise Invalid(_("There is no such role."), field="role")


def role_key(user: User) -> str:
    """Return the key of a person's role."""
    return user.role if user.custom_role_id is None else f"{CUSTOM}{user.custom_role_id}"


def rights_of(role: str, custom: CustomRole | None) -> frozenset[str]:
    """Return the rights that a role means."""
    return policies.rights_of(role) if custom is None else frozenset(custom.rights).intersection(policies.PERMISSIONS)


def check_grant(by: Actor, role: str, custom: CustomRole | None) -> None:
    """Raise ``Forbidden`` when the role holds more than the one who gives or takes it."""
    if not policies.may_grant(by, rights_of(role, custom)):
        raise Forbidden(_("This role holds more rights than you do: you can neither give nor take it."))


_ADMINS: Final = Q(role=Role.ADMIN, custom_role__isnull=True, is_active=True, invited_at__isnull=True)


def lock_person(user_id: int, also: Collection[int] = ()) -> User:
    """Return a person with his row, those of ``also`` and of all administrators locked. Only inside a transaction.

    Whoever changes access takes all these locks at once and in one order: two administrators who block each other at
    the same moment wait for one another, and the second finds what the first has left.
    """
    rows = User.objects.select_for_update(of=("self",)).select_related("custom_role")
    rows = rows.filter(_ADMINS | Q(pk__in={user_id, *also}))
    return {row.pk: row for row in rows.order_by("pk")}[user_id]


def check_admin_left(user: User) -> None:
    """Raise ``Conflict`` when nobody but this person, who was locked, could administer the desk."""
    if list(User.objects.filter(_ADMINS).values_list("pk", flat=True)) == [user.pk]:
        raise Conflict(_("This is the last administrator. Make somebody else administrator first."))
