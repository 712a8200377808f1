"""Makes and takes back tokens of the API."""

import secrets
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.accounts import events
from otklik.accounts.actions.checks import check, check_grant
from otklik.accounts.models import ApiToken, User
from otklik.accounts.queries import TOKEN_PREFIX, forget_tokens, token_digest
from otklik.accounts.scopes import RESOURCES, ROOMS, SCOPES
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Invalid
from otklik.core.events import record

SCOPE_ROOMS = (*ROOMS, *RESOURCES)


def _check_own_or_managed(user: User, by: Actor) -> None:
    if by.kind == "user" and by.id == user.pk and by.scopes is None:
        return
    check("users.manage", by)
    check_grant(by, user.role, user.custom_role)


def create_token(
    user: User, *, name: str, scopes: Iterable[str], by: Actor, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """Make an API token for a user; return its row and the plain token, which is shown this once only.

    Raises ``Invalid`` for an unknown scope and ``Forbidden`` for somebody who is neither the user nor manages him: the
    token of a person who holds more rights than the actor would let him do what he may not.
    """
    _check_own_or_managed(user, by)
    wanted = sorted(set(scopes)) or ["read", "write"]
    if unknown := [scope for scope in wanted if scope not in SCOPES]:
        raise Invalid(_("There is no scope “%(scope)s”.") % {"scope": unknown[0]}, field="scopes")
    plain = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        user=user,
        name=" ".join(name.split())[:80] or "API",
        prefix=plain[:10],
        digest=token_digest(plain),
        scopes=wanted,
        created_at=now(),
        expires_at=expires_at,
    )
    with transaction.atomic():
        token.save(force_insert=True)
        record(events.TokenCreated(subject_id=user.pk, name=token.name, prefix=token.prefix, scopes=wanted), by=by)
    return token, plain


def revoke_token(token: ApiToken, *, by: Actor) -> bool:
    """Take a token back; a second time changes nothing and returns false.

    Raises ``Forbidden`` for somebody who neither owns it nor manages its owner.
    """
    _check_own_or_managed(token.user, by)
    with transaction.atomic():
        if not ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=now()):
            return False
        record(events.TokenRevoked(subject_id=token.user_id, name=token.name, prefix=token.prefix), by=by)
        transaction.on_commit(forget_tokens)
    return True
