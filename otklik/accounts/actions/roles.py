"""Makes, changes and removes roles that consist of single rights."""

from collections.abc import Collection
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from otklik.accounts import events, policies
from otklik.accounts.actions.checks import check
from otklik.accounts.models import CustomRole, Role, User, new_stamp
from otklik.accounts.queries import forget_tokens
from otklik.core.actor import Actor
from otklik.core.cached import forget
from otklik.core.errors import Conflict, Forbidden, Invalid
from otklik.core.events import record


def _cleaned(name: str, base: str, rights: Collection[str], by: Actor) -> tuple[str, list[str]]:
    """Return name and rights as they are kept; raises ``Invalid`` with every field that cannot be used."""
    shown = " ".join(name.split())[:60]
    problems: list[tuple[str, object]] = []
    if not shown:
        problems.append(("name", _("Enter a name.")))
    if base not in Role.values:
        problems.append(("base", _("There is no such role.")))
    if set(rights) - policies.PERMISSIONS.keys():
        problems.append(("rights", _("There is no such right.")))
    elif "tickets.view" not in rights:
        problems.append(("rights", _("Without the right to see tickets nobody can work at the desk.")))
    if problems:
        raise Invalid(problems[0][1], field=problems[0][0], errors=problems)
    if not policies.may_grant(by, frozenset(rights)):
        raise Forbidden(_("This role holds more rights than you do: you can neither give nor take it."))
    return shown, sorted(set(rights))


def add_role(*, name: str, base: str, rights: Collection[str], second_factor: bool = False, by: Actor) -> CustomRole:
    """Make a role of single rights; ``base`` says which tickets its holders see.

    With ``second_factor`` its holders need one, whatever the base needs.

    Raises ``Invalid`` naming the fields, ``Conflict`` when the name is taken, ``Forbidden`` for rights one lacks.
    """
    check("users.manage", by)
    shown, kept = _cleaned(name, base, rights, by)
    try:
        with transaction.atomic():
            role = CustomRole.objects.create(name=shown, base=base, rights=kept, second_factor=second_factor)
            record(events.RoleAdded(subject_id=role.pk, name=shown, base=base, rights=kept), by=by)
    except IntegrityError as error:
        raise Conflict(_("There is a role of this name already.")) from error
    return role


def change_role(
    role: CustomRole,
    *,
    name: str,
    base: str,
    rights: Collection[str],
    version: int,
    by: Actor,
    second_factor: bool | None = None,
) -> list[str]:
    """Change a role for all who hold it, from their next request on. Returns the names of the fields that changed.

    ``second_factor`` says whether they need one, whatever the base needs; nothing leaves it as it is.

    Raises as ``add_role`` does, and ``Conflict`` when somebody changed it after ``version`` was read.
    """
    check("users.manage", by)
    shown, kept = _cleaned(name, base, rights, by)
    try:
        with transaction.atomic():
            held = CustomRole.objects.select_for_update().get(pk=role.pk)
            if held.version != version:
                raise Conflict
            if not policies.may_grant(by, frozenset(held.rights).intersection(policies.PERMISSIONS)):
                raise Forbidden(_("This role holds more rights than you do: you can neither give nor take it."))
            wanted: dict[str, Any] = {"name": shown, "base": base, "rights": kept}
            if second_factor is not None:
                wanted["second_factor"] = second_factor
            changes = {key: [getattr(held, key), value] for key, value in wanted.items() if getattr(held, key) != value}
            if not changes:
                return []
            CustomRole.objects.filter(pk=role.pk).update(**wanted, version=version + 1)
            _reach_holders(role.pk, base)
            record(events.RoleChanged(subject_id=role.pk, name=held.name, changes=changes), by=by)
            transaction.on_commit(_forget)
    except IntegrityError as error:
        raise Conflict(_("There is a role of this name already.")) from error
    role.refresh_from_db()
    return sorted(changes)


def _reach_holders(role_id: int, base: str) -> None:
    for user_id in User.objects.filter(custom_role_id=role_id).order_by("pk").values_list("pk", flat=True):
        User.objects.filter(pk=user_id).update(role=base, access_stamp=new_stamp())


def _forget() -> None:
    forget("directories")
    forget_tokens()


def remove_role(role: CustomRole, *, by: Actor) -> bool:
    """Remove a role that nobody holds; again changes nothing. Raises ``Conflict`` while somebody holds it."""
    check("users.manage", by)
    with transaction.atomic():
        held = CustomRole.objects.select_for_update().filter(pk=role.pk).first()
        if held is None:
            return False
        if User.objects.filter(custom_role=held).exists():
            raise Conflict(_("Somebody still has this role. Give them another one first."))
        held.delete()
        record(events.RoleRemoved(subject_id=role.pk, name=held.name), by=by)
    return True
