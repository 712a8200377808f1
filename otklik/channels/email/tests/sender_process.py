"""A process for the kill test: prepares a database, then forks a real sending service each time it is told ``go``.

Run as ``python -m otklik.channels.email.tests.sender_process MAILS``. Answers on its output: ``ready``, the process id
of each service, ``ended`` when one is over, and at ``report`` one line of JSON about all deliveries.
"""

import json
import os
import sys
import threading
import time
from datetime import timedelta

import django


def _prepare(mails: int) -> None:
    from django.core.management import call_command
    from django.db import connections, transaction

    from otklik.channels.email.outbox.enqueue import Draft, enqueue
    from otklik.core.clock import now

    call_command("migrate", verbosity=0)
    drafts = [
        Draft(
            kind="notice", message_id=f"<kill-{number}@desk.example>", from_name="Поддержка",
            from_address="support@desk.example", subject=f"Письмо {number}", text="Здравствуйте!\n",
            to=[("", f"p{number}@x.example")],
        )
        for number in range(mails)
    ]  # fmt: skip
    with transaction.atomic():
        enqueue(drafts, at=now())
    connections.close_all()


def _serve() -> None:
    """Run the service as the engine does, until nothing waits any more."""
    from otklik.channels.email.actions import delivering
    from otklik.channels.email.models import Delivery
    from otklik.channels.email.outbox import sending

    delivering.LEASE = timedelta(seconds=1)  # type: ignore[misc]
    delivering.REPEAT_AFTER = timedelta()  # type: ignore[misc]
    sending.LONGEST_REST = 0.05
    stop = threading.Event()

    def watch() -> None:
        while Delivery.objects.filter(run_at__isnull=False).exists():
            time.sleep(0.05)
        stop.set()

    threading.Thread(target=watch, daemon=True).start()
    sending.run(stop)


def _again() -> int:
    """Have sent again what waits for a decision, as an administrator would; return how many that were."""
    from otklik.channels.email.models import Delivery
    from otklik.channels.email.outbox import actions
    from otklik.core.actor import Actor

    held = list(Delivery.objects.filter(state="uncertain", run_at__isnull=True))
    return sum(actions.send_again(delivery, by=Actor.system()) for delivery in held)


def _report() -> str:
    from otklik.channels.email.models import Delivery

    rows = Delivery.objects.order_by("id").values_list("outgoing__message_id", "state", "doubts", "attempts")
    return json.dumps(list(rows))


def _say(answer: object) -> None:
    sys.stdout.write(f"{answer}\n")
    sys.stdout.flush()


def _in_child(work: object) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            work()  # type: ignore[operator]
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
    _prepare(int(sys.argv[1]))
    _say("ready")
    for word in map(str.strip, sys.stdin):
        if word == "go":
            pid = _in_child(_serve)
            _say(pid)
            _say(f"ended {os.waitpid(pid, 0)[1]}")
        elif word == "again":
            os.waitpid(_in_child(lambda: _say(_again())), 0)
        elif word == "report":
            os.waitpid(_in_child(lambda: _say(_report())), 0)


if __name__ == "__main__":
    main()
