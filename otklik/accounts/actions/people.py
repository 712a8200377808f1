"""Adds, changes, blocks and lets in the people of the desk, and ends their sessions."""

from collections.abc import Iterable

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from otklik.accounts import events
from otklik.accounts.actions.absences import end_absences_with, people_in_absences
from otklik.accounts.actions.checks import check, check_admin_left, check_grant, lock_person, role_of
from otklik.accounts.models import ApiToken, Membership, Role, Session, Team, User, new_stamp
from otklik.accounts.queries import forget_tokens
from otklik.core.actor import Actor
from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.core.errors import Conflict, Invalid
from otklik.core.events import record
from otklik.core.locality import desk_language
from otklik.core.text import normal_address

LONGEST_SIGNATURE = 4000


def add_user(
    email: str,
    *,
    name: str,
    role: str,
    password: str | None,
    by: Actor,
    teams: Iterable[Team] = (),
    language: str | None = None,
    signature: str = "",
    check_password: bool = True,
) -> User:
    """Add a user with a role and teams; without a password he sets one by an invitation or the reset link.

    Without a ``language`` he reads that of the desk, as he reads its time zone until he chooses another.

    Raises ``Invalid`` naming the fields, ``Conflict`` when the address is taken, ``Forbidden`` without the right.
    """
    check("users.manage", by)
    address, language = normal_address(email), desk_language() if language is None else language
    problems = list(_problems({"email": address, "language": language, "signature": signature}))
    if problems:
        raise Invalid(problems[0][1], field=problems[0][0], errors=problems)
    base, custom = role_of(role)
    check_grant(by, base, custom)
    shown = " ".join(name.split()) or address.partition("@")[0]
    user = User(
        email=address, name=shown[:120], role=base, custom_role=custom, language=language, signature=signature,
        created_at=now(), hue=sum(address.encode()) % 6 + 1,
    )  # fmt: skip
    if password is not None and check_password:
        valid_password(password, user)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            Membership.objects.bulk_create([Membership(user=user, team=team) for team in teams])
            record(events.UserAdded(subject_id=user.pk, name=user.name, role=role), by=by)
            transaction.on_commit(lambda: forget("directories"))
    except IntegrityError as error:
        raise Conflict(_("A user with this address exists already.")) from error
    return user


def valid_password(password: str, user: User) -> None:
    """Raise ``Invalid`` for a password that is too easy."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field="password") from error


def _problems(values: dict[str, str]) -> Iterable[tuple[str, str]]:
    """Yield what is wrong with the facts of a person that are given."""
    try:
        if "email" in values:
            validate_email(values["email"])
    except ValidationError:
        yield "email", _("This is not an e-mail address.")
    if "name" in values and not values["name"]:
        yield "name", _("Enter a name.")
    if values.get("language", "ru") not in {"ru", "en"}:
        yield "language", _("Choose Russian or English.")
    if len(values.get("signature", "")) > LONGEST_SIGNATURE:
        yield "signature", _("The signature is longer than 4,000 characters.")


def change_user(
    user: User,
    *,
    by: Actor,
    name: str | None = None,
    email: str | None = None,
    role: str | None = None,
    teams: Iterable[Team] | None = None,
    language: str | None = None,
    signature: str | None = None,
) -> list[str]:
    """Change what an administrator may of a person; what is not given stays. Returns the fields that changed.

    A change of role or teams counts from the person's next request on and begins his live streams anew; a change of
    the address ends his sessions and invitations. Raises ``Invalid`` with every field that cannot be used,
    ``Conflict`` when the address is taken or the last administrator would go, ``Forbidden`` without the rights.
    """
    check("users.manage", by)
    given = {"email": email, "name": name, "language": language, "signature": signature}
    wanted: dict[str, str] = {key: value for key, value in given.items() if value is not None}
    if "email" in wanted:
        wanted["email"] = normal_address(wanted["email"])
    if "name" in wanted:
        wanted["name"] = " ".join(wanted["name"].split())[:120]
    problems = list(_problems(wanted))
    if problems:
        raise Invalid(problems[0][1], field=problems[0][0], errors=problems)
    try:
        with transaction.atomic():
            held = lock_person(user.pk)
            check_grant(by, held.role, held.custom_role)
            changed = _change_facts(held, wanted, by)
            access = _change_role(held, role, by) | _change_teams(held, teams)
            if access:
                User.objects.filter(pk=held.pk).update(access_stamp=new_stamp())
                record(events.UserAccessChanged(subject_id=held.pk, name=held.name, changes=access), by=by)
            if changed or access:
                transaction.on_commit(_forget)
    except IntegrityError as error:
        raise Conflict(_("A user with this address exists already.")) from error
    user.refresh_from_db()
    return sorted({*changed, *access})


def _forget() -> None:
    forget("directories")
    forget_tokens()


def _change_facts(held: User, wanted: dict[str, str], by: Actor) -> list[str]:
    old = {key: getattr(held, key) for key, value in wanted.items() if getattr(held, key) != value}
    if not old:
        return []
    for key in old:
        setattr(held, key, wanted[key])
    fields = [*old]
    if "email" in old:
        held.security_stamp = new_stamp()
        fields.append("security_stamp")
    held.save(update_fields=fields)
    shown = {key: [value, wanted[key]] for key, value in old.items() if key != "signature"}
    record(events.UserChanged(subject_id=held.pk, fields=sorted(old), changes=shown), by=by)
    return sorted(old)


def _change_role(held: User, role: str | None, by: Actor) -> dict[str, list[object]]:
    if role is None:
        return {}
    base, custom = role_of(role)
    if (base, custom and custom.pk) == (held.role, held.custom_role_id):
        return {}
    check_grant(by, base, custom)
    before = role_name(held)
    if held.role == Role.ADMIN and held.custom_role_id is None and held.is_active:
        check_admin_left(held)
    held.role, held.custom_role = base, custom
    held.save(update_fields=["role", "custom_role"])
    return {"role": [before, role_name(held)]}


def _change_teams(held: User, teams: Iterable[Team] | None) -> dict[str, list[object]]:
    if teams is None:
        return {}
    wanted = {team.pk: team.name for team in teams}
    before = dict(Membership.objects.filter(user=held).values_list("team_id", "team__name"))
    if before.keys() == wanted.keys():
        return {}
    Membership.objects.filter(user=held, team_id__in=before.keys() - wanted.keys()).delete()
    Membership.objects.bulk_create([Membership(user=held, team_id=pk) for pk in wanted.keys() - before.keys()])
    return {"teams": [sorted(before.values()), sorted(wanted.values())]}


def role_name(user: User) -> str:
    """Return what a person's role is kept as in the history: the key of a built-in one, the name of a custom one."""
    return user.role if user.custom_role is None else user.custom_role.name


def block_user(user: User, *, by: Actor) -> bool:
    """Shut a person out at once: sessions end, tokens are taken back, invitations die. Again changes nothing.

    Raises ``Conflict`` for oneself and for the last administrator, ``Forbidden`` without the rights.
    """
    check("users.manage", by)
    check_grant(by, user.role, user.custom_role)
    if by.kind == "user" and by.id == user.pk:
        raise Conflict(_("You cannot block yourself."))
    with transaction.atomic():
        held = lock_person(user.pk, also=people_in_absences())
        if not held.is_active:
            return False
        if held.role == Role.ADMIN and held.custom_role_id is None:
            check_admin_left(held)
        stamps = {"security_stamp": new_stamp(), "access_stamp": new_stamp()}
        User.objects.filter(pk=held.pk).update(is_active=False, **stamps)
        Session.objects.filter(user_id=held.pk).delete()
        ApiToken.objects.filter(user_id=held.pk, revoked_at__isnull=True).update(revoked_at=now())
        record(events.UserBlocked(subject_id=held.pk, name=held.name), by=by)
        end_absences_with(held, by=by)
        transaction.on_commit(_forget)
    user.refresh_from_db()
    return True


def unblock_user(user: User, *, by: Actor) -> bool:
    """Let a person in again, with the password he had; again changes nothing."""
    check("users.manage", by)
    check_grant(by, user.role, user.custom_role)
    with transaction.atomic():
        if not User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
            return False
        record(events.UserUnblocked(subject_id=user.pk, name=user.name), by=by)
        transaction.on_commit(_forget)
    user.refresh_from_db()
    return True


def _check_own_or_managed(user: User, by: Actor) -> None:
    if by.kind == "user" and by.id == user.pk and by.scopes is None:
        return
    check("users.manage", by)
    check_grant(by, user.role, user.custom_role)


def end_session(user: User, *, key: str, by: Actor) -> bool:
    """End one session of a person, by himself or by an administrator; one that is gone changes nothing."""
    _check_own_or_managed(user, by)
    with transaction.atomic():
        ended, _rows = Session.objects.filter(user_id=user.pk, session_key=key).delete()
        if not ended:
            return False
        record(events.SessionsEnded(subject_id=user.pk, number=1), by=by)
    return True


def end_sessions(user: User, *, by: Actor, but: str = "") -> int:
    """End all sessions of a person, except the one with the key ``but``; returns how many ended."""
    _check_own_or_managed(user, by)
    with transaction.atomic():
        ended, _rows = Session.objects.filter(user_id=user.pk).exclude(session_key=but).delete()
        if ended:
            record(events.SessionsEnded(subject_id=user.pk, number=ended), by=by)
    return ended
