"""Idempotent requests: the same key of the same principal gets the same answer, and the work is done once.

The first request enters its key and commits; then the work and its answer commit together. A repeat finds the answer;
a repeat that comes too early is told to wait; the same key with another request is an error. What a crash left
unfinished is done anew after a minute, as nothing of it was kept.
"""

import hashlib
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from otklik.core.clock import now
from otklik.core.errors import Conflict, Invalid
from otklik.core.text import short_token

KEEP_FOR = timedelta(days=7)
_RUNNING_FOR = timedelta(seconds=60)
_LONGEST_KEY = 200


class IdempotencyKey(models.Model):
    """A key that a principal used, the fingerprint of his request, and the answer he got."""

    principal = models.CharField(max_length=120)
    key = models.CharField(max_length=_LONGEST_KEY)
    fingerprint = models.CharField(max_length=64)
    token = models.CharField(max_length=32)
    created_at = models.DateTimeField(db_index=True)
    run_until = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["principal", "key"], name="core_idempotency_once")]

    def __str__(self) -> str:
        """Return whose key it is."""
        return f"{self.principal} {self.key}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back, and sent again for every repeat."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    replayed: bool = False


class StillRunning(Conflict):
    """The first request with this key has not ended yet."""

    code = "still-running"
    default = _("The same request is being worked on.")


class KeyReused(Invalid):
    """The key was used for another request."""

    code = "key-reused"
    default = _("This idempotency key was used for another request.")


class _Lost(Exception):
    """The key was taken over by a later request: what this one did is undone."""


def fingerprint(*parts: str | bytes) -> str:
    """Return the hash of what makes a request: method, path, body."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.hexdigest()


def run_once(principal: str, key: str, request: str, work: Callable[[], Answer], *, together: bool = True) -> Answer:
    """Do ``work`` once for this principal and key, and return its answer; a repeat returns the kept one.

    ``request`` is the ``fingerprint`` of the request. ``work`` runs in a transaction together with the keeping of its
    answer, so it must do nothing but write to the database. When it raises, nothing is kept and the key is free again.
    With ``together=False`` it has transactions of its own, for slow work whose repeat is harmless: its answer is kept
    right after. Must be called outside a transaction. Raises ``StillRunning`` and ``KeyReused``.
    """
    if not 1 <= len(key) <= _LONGEST_KEY or not key.isprintable():
        raise Invalid(_("An idempotency key has between 1 and 200 characters."), field="Idempotency-Key")
    row = _enter(principal, key, request)
    if row.status is not None:
        return Answer(status=row.status, body=bytes(row.body or b""), headers=row.headers, replayed=True)
    mine = IdempotencyKey.objects.filter(pk=row.pk, token=row.token)
    try:
        with transaction.atomic() if together else nullcontext():
            answer = work()
            if not mine.update(status=answer.status, body=answer.body, headers=answer.headers) and together:
                raise _Lost
    except _Lost:
        raise StillRunning from None
    except BaseException:
        mine.filter(status__isnull=True).delete()
        raise
    return answer


def _enter(principal: str, key: str, request: str) -> IdempotencyKey:
    at = now()
    token = short_token()
    row = IdempotencyKey(
        principal=principal, key=key, fingerprint=request, token=token, created_at=at, run_until=at + _RUNNING_FOR
    )
    with transaction.atomic():
        IdempotencyKey.objects.bulk_create([row], ignore_conflicts=True)
        held = IdempotencyKey.objects.select_for_update().get(principal=principal, key=key)
        if held.token == token:
            return held
        if held.created_at < at - KEEP_FOR:
            IdempotencyKey.objects.filter(pk=held.pk).update(
                fingerprint=request, token=token, created_at=at, run_until=row.run_until, status=None, body=None
            )
            held.status, held.token = None, token
            return held
        if held.fingerprint != request:
            raise KeyReused(field="Idempotency-Key")
        if held.status is None:
            if held.run_until > at:
                raise StillRunning
            IdempotencyKey.objects.filter(pk=held.pk).update(token=token, run_until=row.run_until)
            held.token = token
    return held


def prune_keys() -> int:
    """Forget keys older than a week; return how many."""
    gone, _rows = IdempotencyKey.objects.filter(created_at__lt=now() - KEEP_FOR).delete()
    return gone
