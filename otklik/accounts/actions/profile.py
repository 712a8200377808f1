"""What a person changes of himself."""

from zoneinfo import available_timezones

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.accounts import events
from otklik.accounts.models import Theme, User, new_stamp
from otklik.core.actor import Actor
from otklik.core.errors import Forbidden, Invalid
from otklik.core.events import record


def change_profile(
    user: User, *, by: Actor, name: str, language: str, theme: str, time_zone: str, signature: str
) -> list[str]:
    """Change a person's own settings; return the names of the fields that changed.

    Raises ``Invalid`` with every field that cannot be used, ``Forbidden`` for anyone but the person himself.
    """
    if by.kind != "user" or by.id != user.pk:
        raise Forbidden(_("You have no right to do this."))
    shown = " ".join(name.split())[:120]
    problems = []
    if not shown:
        problems.append(("name", _("Enter your name.")))
    if language not in {"ru", "en"}:
        problems.append(("language", _("Choose Russian or English.")))
    if theme not in Theme.values:
        problems.append(("theme", _("There is no such theme.")))
    if time_zone and time_zone not in available_timezones():
        problems.append(("time_zone", _("There is no such time zone.")))
    if len(signature) > 4000:
        problems.append(("signature", _("The signature is longer than 4,000 characters.")))
    if problems:
        raise Invalid(problems[0][1], errors=problems)
    wanted = {"name": shown, "language": language, "theme": theme, "time_zone": time_zone, "signature": signature}
    changed = [field for field, value in wanted.items() if getattr(user, field) != value]
    if not changed:
        return []
    for field in changed:
        setattr(user, field, wanted[field])
    with transaction.atomic():
        user.save(update_fields=changed)
        record(events.ProfileChanged(subject_id=user.pk, fields=changed), by=by)
    return changed


def note_password_change(user: User, *, by: Actor) -> None:
    """Record that a password was set, and renew the stamp so that every other session ends."""
    with transaction.atomic():
        user.security_stamp = new_stamp()
        user.save(update_fields=["security_stamp"])
        record(events.PasswordChanged(subject_id=user.pk), by=by)
