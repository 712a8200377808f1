"""What follows when second factors come and go."""

from allauth.mfa.models import Authenticator
from django.db import transaction

from otklik.accounts import events
from otklik.accounts.actions.checks import check, check_grant
from otklik.accounts.models import User, new_stamp
from otklik.core.actor import Actor
from otklik.core.events import record


def note_second_factor(user: User, *, kind: str, added: bool, by: Actor) -> None:
    """Record that a factor was added or removed; the person's sessions look anew at what they may."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(access_stamp=new_stamp())
        told = events.SecondFactorAdded if added else events.SecondFactorRemoved
        record(told(subject_id=user.pk, factor=kind), by=by)


def reset_second_factor(user: User, *, by: Actor) -> bool:
    """Take all second factors of a person away, who has lost them; false when there are none.

    Raises ``Forbidden`` without the rights.
    """
    check("users.manage", by)
    check_grant(by, user.role, user.custom_role)
    with transaction.atomic():
        removed, _rows = Authenticator.objects.filter(user_id=user.pk).delete()
        if not removed:
            return False
        User.objects.filter(pk=user.pk).update(access_stamp=new_stamp())
        record(events.SecondFactorReset(subject_id=user.pk, name=user.name), by=by)
    return True
