"""Named leases: only one process does a thing at a time, and nobody has to clean up after one that died."""

from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType

from django.db import models, transaction
from django.db.models import Q

from otklik.core.claims import worker_name
from otklik.core.clock import now
from otklik.core.text import short_token


class Lease(models.Model):
    """Who holds a name, and until when."""

    name = models.CharField(max_length=120, primary_key=True)
    holder = models.CharField(max_length=120)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        """Return the name."""
        return self.name


@dataclass(slots=True)
class Hold:
    """The answer to ``hold``: true when the lease is ours. As a context manager it gives the lease back at the end."""

    name: str
    ttl: timedelta
    holder: str
    held: bool = field(default=False)

    def __bool__(self) -> bool:
        """Tell whether the lease was ours at the last look."""
        return self.held

    def renew(self) -> bool:
        """Push the end on by the full time; false when somebody else has taken the lease meanwhile."""
        self.held = self.held and bool(
            Lease.objects.filter(name=self.name, holder=self.holder).update(expires_at=now() + self.ttl)
        )
        return self.held

    def release(self) -> None:
        """Give the lease back at once, so that the next need not wait for its end."""
        if self.held:
            Lease.objects.filter(name=self.name, holder=self.holder).delete()
            self.held = False

    def __enter__(self) -> "Hold":
        """Return the hold; ask it whether it is held."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the lease back."""
        self.release()


def hold(name: str, ttl: timedelta | float, holder: str | None = None) -> Hold:
    """Try to take the lease ``name`` for ``ttl`` (seconds or timedelta). Never waits.

    ``holder`` names who holds it; the same holder gets his own lease again (and with it a fresh end). Without it every
    call is a holder of its own.
    """
    span = ttl if isinstance(ttl, timedelta) else timedelta(seconds=ttl)
    who = holder or f"{worker_name()}:{short_token()[:8]}"
    answer = Hold(name=name, ttl=span, holder=who)
    at = now()
    free = Q(expires_at__lte=at) | Q(holder=who)
    with transaction.atomic():
        if Lease.objects.filter(free, name=name).update(holder=who, expires_at=at + span):
            answer.held = True
        else:
            fresh = Lease(name=name, holder=who, expires_at=at + span)
            Lease.objects.bulk_create([fresh], ignore_conflicts=True)
            answer.held = Lease.objects.filter(name=name, holder=who).exists()
    return answer
