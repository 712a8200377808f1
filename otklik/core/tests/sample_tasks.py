"""Tasks of the tests of jobs."""

from typing import Any

from otklik.core.clock import now
from otklik.core.jobs import keep_alive, task
from otklik.core.leases import Lease

ran: list[Any] = []


@task(priority=5)
def note(value: Any) -> dict[str, Any]:
    """Remember the call."""
    ran.append(value)
    return {"value": value}


@task(max_attempts=3, backoff=10)
def fail(text: str) -> None:
    """Fail every time."""
    ran.append(text)
    raise ValueError(text)


@task(atomic=True, max_attempts=2)
def half_way(name: str) -> None:
    """Write, then fail: the writing must be undone."""
    Lease.objects.create(name=name, holder="job", expires_at=now())
    raise ValueError(name)


@task(takes_context=True)
def with_context(context: Any, word: str) -> str:
    """Tell the attempt."""
    keep_alive(120)
    return f"{word} {context.attempt}"


@task(key="rebuild")
def rebuild() -> None:
    """Run once for many requests."""
    ran.append("rebuild")


@task()
async def in_the_loop(word: str) -> str:
    """A task that is a coroutine."""
    return word.upper()
