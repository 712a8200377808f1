"""A process for the kill test: forks an engine that fetches mail by IMAP and dies by itself at a chosen point.

Run as ``python -m otklik.channels.email.tests.fetcher_process PORT USER PASSWORD``. Answers ``ready``; to
``go POINT COUNT`` the process id of an engine that kills itself when it comes to the point for the COUNT-th time (at
``any`` somebody else does; at ``never`` it ends when COUNT mails are done), and ``ended STATUS``; to ``report`` one
line of JSON.
"""

import os
import signal
import sys
import threading

import django

from otklik.channels.email.tests import receiver_process as receiver

GROUP = 5
REPEATED = ("bodies_asked", "bodies_had", "store_begins", "store_ends", "noted")
"""Points that are passed for each group of mails."""
ONCE = ("listed", "compared", "moves", "moved", "told", "write_begins", "closing", "closed")
_OF_INTAKE = {"write_begins", "closing", "closed"}


def _prepare() -> None:
    from django.db import connections

    from otklik.channels.actions import save_connection
    from otklik.channels.email import mailbox
    from otklik.core.actor import Actor
    from otklik.tickets.models import Channel

    receiver.prepare()
    port, user, password = sys.argv[1:4]
    server = mailbox.Server("127.0.0.1", int(port), mailbox.PLAIN, user, password)
    config, secret = mailbox.dump(mailbox.MailboxConfig(imap=server, after_import=mailbox.MOVE, move_to="Done"))
    save_connection(
        Channel.objects.get(address="support@desk.example"), config=config, secret=secret, by=Actor.system()
    )
    connections.close_all()


def _mine(point: str, count: int) -> None:
    from otklik.channels.email.imap import fetch, service
    from otklik.channels.email.imap.client import ImapFolder

    if point in _OF_INTAKE:
        receiver.mine(point, count)
        return
    places = {
        "listed": (ImapFolder, "listed", True),
        "bodies_asked": (ImapFolder, "bodies", False),
        "bodies_had": (ImapFolder, "bodies", True),
        "store_begins": (fetch, "store_raw", False),
        "store_ends": (fetch, "store_raw", True),
        "noted": (fetch.Fetcher, "_remember", True),
        "compared": (fetch, "note_count", True),
        "moves": (ImapFolder, "move", False),
        "moved": (ImapFolder, "move", True),
        "told": (service, "report_ok", True),
    }
    receiver.lay(*places[point], count)


def _serve(point: str, count: int) -> None:
    from otklik.channels.email.imap import fetch
    from otklik.core.engine import run_engine
    from otklik.core.leases import Lease

    receiver.short_leases()
    Lease.objects.filter(name__startswith="imap:").delete()  # its holder is dead: nobody waits for its end here
    fetch.GROUP, fetch.LIST = GROUP, 4 * GROUP
    stop = threading.Event()
    # a point that nobody comes to is a fault of the test; at the end there may be much that the dead have left
    signal.alarm(400 if point == "never" else 60)
    if point == "never":
        threading.Thread(target=lambda: _stop_when_done(stop, count), daemon=True).start()
    elif point != "any":
        _mine(point, count)
    run_engine(stop, ["imap", "intake"])


def _stop_when_done(stop: threading.Event, count: int) -> None:
    from otklik.channels.email.models import ImapMessage, Inbound

    while not stop.wait(0.05):
        ended = Inbound.objects.exclude(state="waiting").count()
        if ended >= count and not ImapMessage.objects.filter(after_done=False).exists():
            stop.set()


def main() -> None:
    """Answer the words of the test."""
    import otklik  # noqa: F401 - swaps SQLite before Django loads it

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "otklik.config.settings")
    django.setup()
    _prepare()
    receiver.say("ready")
    for word, *given in (line.split() for line in sys.stdin):
        if word == "go":
            point, count = given[0], int(given[1])
            pid = receiver.in_child(lambda point=point, count=count: _serve(point, count))  # type: ignore[misc]
            receiver.say(pid)
            receiver.say(f"ended {os.waitpid(pid, 0)[1]}")
        elif word == "report":
            os.waitpid(receiver.in_child(lambda: receiver.say(receiver.report())), 0)


if __name__ == "__main__":
    main()
