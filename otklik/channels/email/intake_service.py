"""Intake as a service of the engine: the loop with its parser child."""

import threading

from otklik.channels.email.ahead import ahead
from otklik.channels.email.loop import IntakeLoop
from otklik.channels.email.parse.sandbox import ParserPool


def run(stop: threading.Event) -> None:
    """Take mail in until ``stop``."""
    with ParserPool(1) as pool:
        pool.start()
        ahead.attach(pool.read_many)
        try:
            IntakeLoop(pool.read_many).run(stop)
        finally:
            ahead.attach(None)
