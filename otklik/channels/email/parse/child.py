"""The parser process: reads mails one after another under hard limits, and ends with its parent.

Started as ``python -m otklik.channels.email.parse.child FD`` with an empty environment; it opens nothing, knows no
secret and no database, and talks only over the socket it was given.
"""

import contextlib
import gc
import resource
import select
import signal
import sys
from collections.abc import Callable
from socket import socket
from typing import Any

from otklik.channels.email.parse import wire
from otklik.channels.email.parse.reader import parse

MEMORY_BYTES = 512 * 1024 * 1024
CPU_SECONDS = 10
IDLE_SECONDS = 0.1


def main() -> None:
    """Serve until the other side closes."""
    connection = socket(fileno=int(sys.argv[1]))
    memory = int(sys.argv[2]) if len(sys.argv) > 2 else MEMORY_BYTES
    cpu = int(sys.argv[3]) if len(sys.argv) > 3 else CPU_SECONDS
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit(memory)
    wire.send(connection, b'"ready"', [])
    if not select.select([connection], [], [], IDLE_SECONDS)[0]:
        _warm_up()
    while True:
        request = wire.receive(connection)
        if request is None:
            return
        name, frames = request
        _refresh_cpu(cpu)
        try:
            document, answer = wire.pack(_doer(name)(frames[0]))
        except MemoryError:
            document, answer = b'"memory"', []
        except Exception as error:  # the parent must hear of it and go on
            document, answer = f'"error {type(error).__name__}"'.encode(), []
        del frames, request
        wire.send(connection, document, answer)


def _warm_up() -> None:
    """Load what reading needs while nobody waits, so that the first mail is as fast as the others."""
    _doer(b"read")(b"Subject: =?koi8-r?B?0NLJ18XU?=\nContent-Type: text/html\n\n<p>hello</p>")
    gc.collect()
    gc.freeze()


def _doer(name: bytes) -> Callable[[bytes], Any]:
    if name == b"parse":
        return parse
    if name == b"read":
        from otklik.channels.email.reading import read_mail

        return read_mail
    raise wire.WireError("unknown request")


def _limit(memory: int) -> None:
    """Cap memory, open files and written files; a core dump would hold somebody's mail."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    for kind, value in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_NOFILE, 64)):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (value, value))


def _refresh_cpu(seconds: int) -> None:
    """Give the next mail its own processor time; the limit of the system counts from the start of the process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, hard))


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError, ConnectionResetError, wire.WireError):
        main()
