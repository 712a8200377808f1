"""Invites people by mail to set their first password, and takes them in."""

from typing import Final

from django.core import signing
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from otklik.accounts import events
from otklik.accounts.actions.checks import check, check_grant
from otklik.accounts.actions.people import valid_password
from otklik.accounts.models import User, new_stamp
from otklik.accounts.queries import actor_for
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict, NotFound
from otklik.core.events import record
from otklik.core.locality import desk_name

LASTS: Final = 7 * 24 * 60 * 60
"""Seconds for which a link can be used."""
_SALT: Final = "otklik.accounts.invitation"


def invitation_path(user: User) -> str:
    """Return the address under which an invited person sets his password; it dies with use, block or a newer one."""
    token = signing.dumps([user.pk, user.security_stamp], salt=_SALT)
    return reverse("account_invitation", args=[token])


def invited(token: str) -> User | None:
    """Return whom a token invites; nobody when it was used, replaced, is too old or no token at all."""
    try:
        held = signing.loads(token, salt=_SALT, max_age=LASTS)
        user_id, stamp = int(held[0]), str(held[1])
    except (signing.BadSignature, TypeError, ValueError, IndexError):
        return None
    waiting = User.objects.filter(pk=user_id, security_stamp=stamp, is_active=True, invited_at__isnull=False)
    return waiting.first()


def invite(user: User, *, by: Actor, base: str) -> None:
    """Send a person the link that sets his first password; a newer link replaces the older ones.

    ``base`` is the address of the desk, without a slash at its end. The mail leaves as a delivery; without a sending
    server it waits in the outbox. Raises ``Conflict`` for somebody who is blocked or has been in already.
    """
    check("users.manage", by)
    check_grant(by, user.role, user.custom_role)
    with transaction.atomic():
        held = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
        if not held.is_active or (held.has_usable_password() and held.invited_at is None):
            raise Conflict(_("Only somebody who has never been here can be invited."))
        held.security_stamp, held.invited_at = new_stamp(), now()
        held.save(update_fields=["security_stamp", "invited_at"])
        record(events.UserInvited(subject_id=held.pk, name=held.name), by=by)
        _send(held, by=by, link=base + invitation_path(held))
    user.refresh_from_db()


def _send(user: User, *, by: Actor, link: str) -> None:
    with translation.override(user.language):
        lines = [
            _("Hello, %(name)s!") % {"name": user.name},
            _("%(inviter)s invites you to “%(desk)s”. Set your password here; the link works for seven days:")
            % {"inviter": by.name, "desk": desk_name()},
            link,
            _("You will sign in with the address %(address)s.") % {"address": user.email},
        ]
        subject = _("Invitation to “%(desk)s”") % {"desk": desk_name()}
    EmailMessage(subject, "\n\n".join(lines) + "\n", to=[user.email]).send()


def accept_invitation(token: str, *, password: str) -> User:
    """Set the first password of whom the token invites, and let him in; the token works once.

    Raises ``NotFound`` for a token that no longer works, ``Invalid`` for a password that is too easy.
    """
    user = invited(token)
    if user is None:
        raise NotFound(_("The link no longer works."))
    valid_password(password, user)
    stamp = user.security_stamp
    user.set_password(password)
    with transaction.atomic():
        waiting = User.objects.filter(pk=user.pk, security_stamp=stamp, is_active=True, invited_at__isnull=False)
        if not waiting.update(password=user.password, security_stamp=new_stamp(), invited_at=None):
            raise NotFound(_("The link no longer works."))
        record(events.InvitationAccepted(subject_id=user.pk), by=actor_for(user))
    user.refresh_from_db()
    return user
