"""A process for the kill test: forks an engine that receives mail and dies by itself at a chosen point.

Run as ``python -m otklik.channels.email.tests.receiver_process [at-once]``. With the word, an engine takes lone mails
at once although others died before it. Answers ``ready``; to ``go POINT COUNT`` the
process id of an engine that kills itself when it comes to the point for the COUNT-th time (``never`` lives until the
mail is done); ``report`` gives one line of JSON about all mails.
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

POINTS = ("store_begins", "store_ends", "stored", "read", "write_begins", "closing", "closed", "done")
POINTS_AT_ONCE = ("at_once_begins", "at_once_stored", "at_once_written", "write_begins", "closing", "closed")
"""The way of a lone mail, whose copy and outcome share a commit."""


def prepare() -> None:
    """Make the database, with one mailbox."""
    from django.core.management import call_command
    from django.db import connections

    from otklik.core.clock import now
    from otklik.tickets.models import Channel

    call_command("migrate", verbosity=0)
    Channel.objects.create(kind="email", name="Поддержка", address="support@desk.example", created_at=now())
    connections.close_all()


def mine(point: str, count: int) -> None:
    """Lay the mine of a point."""
    from otklik.channels.email import at_once, backlog, loop, store
    from otklik.channels.email.actions import finishing

    places: dict[str, tuple[Any, str, bool]] = {
        "store_begins": (store, "store_in", False),
        "store_ends": (store, "store_in", True),
        "stored": (store, "_hand_on", False),
        "read": (loop, "read", True),
        "write_begins": (finishing, "receive", False),
        "closing": (finishing, "close", False),
        "closed": (finishing, "close", True),
        "done": (backlog.Backlog, "finish", False),
        "at_once_begins": (at_once, "store_in", False),
        "at_once_stored": (at_once, "store_in", True),
        "at_once_written": (at_once, "write", True),
    }
    lay(*places[point], count)


def lay(owner: Any, name: str, behind: bool, count: int) -> None:
    """Let this process die at its ``count``-th call of a function: in front of it, or behind it."""
    work: Callable[..., Any] = getattr(owner, name)
    left = [count]

    def mined(*given: Any, **named: Any) -> Any:
        result = work(*given, **named) if behind else None
        left[0] -= 1
        if left[0] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result if behind else work(*given, **named)

    setattr(owner, name, mined)


def short_leases() -> None:
    """Let the leases of the dead run out soon: on PostgreSQL they must, and not a minute for each of them."""
    from otklik.channels.email import intake, loop, store

    intake.LEASE = loop.LEASE = store.LEASE = timedelta(seconds=5)  # type: ignore[misc]


def serve(point: str, count: int) -> None:
    """Receive until the mine goes off, or until the mail is done."""
    from otklik.channels.email import at_once
    from otklik.channels.email.models import Inbound
    from otklik.core.engine import run_engine

    short_leases()
    if "at-once" in sys.argv:
        at_once.others = lambda _name: False
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_given: stop.set())
    if point != "never":
        mine(point, count)
    else:

        def watch() -> None:
            while not stop.wait(0.1):
                if not Inbound.objects.filter(state="waiting").exists() and os.path.exists(_all_sent()):
                    stop.set()

        threading.Thread(target=watch, daemon=True).start()
    run_engine(stop, ["smtp", "intake"])


def _all_sent() -> str:
    return os.path.join(os.environ["OTKLIK_DATA"], "all-sent")


def report() -> str:
    """Return what became of all mails."""
    from otklik.channels.email.models import Inbound
    from otklik.tickets.models import Message, Ticket

    rows = list(Inbound.objects.order_by("id").values_list("subject", "state", "ticket_id", "copies"))
    return json.dumps({"mails": rows, "tickets": Ticket.objects.count(), "messages": Message.objects.count()})


def say(answer: object) -> None:
    """Tell the test."""
    sys.stdout.write(f"{answer}\n")
    sys.stdout.flush()


def in_child(work: Callable[[], object]) -> int:
    """Do a work in a forked process; return its id."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
            os._exit(0)
        except BaseException as error:
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            os._exit(1)
    return pid


def main() -> None:
    """Answer the words of the test."""
    import otklik  # noqa: F401 - swaps SQLite before Django loads it

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "otklik.config.settings")
    django.setup()
    prepare()
    say("ready")
    for word, *given in (line.split() for line in sys.stdin):
        if word == "go":
            point, count = given[0], int(given[1])
            began = time.monotonic()
            pid = in_child(lambda point=point, count=count: serve(point, count))  # type: ignore[misc]
            say(pid)
            say(f"ended {os.waitpid(pid, 0)[1]} {time.monotonic() - began:.2f}")
        elif word == "report":
            os.waitpid(in_child(lambda: say(report())), 0)


if __name__ == "__main__":
    main()
