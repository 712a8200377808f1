"""``otklik seed``: deterministic bulk data for measurements."""

import argparse
from time import perf_counter

from otklik.config.cli.setup import start_with_database


def run(options: argparse.Namespace) -> int:
    """Write the wanted number of tickets and say how long it took."""
    start_with_database(options)
    from otklik.demo import seed
    from otklik.search.services import catch_up

    started = perf_counter()
    tickets, messages = seed(tickets=options.tickets, messages=options.messages)
    print(f"{tickets} tickets with {messages} messages in {perf_counter() - started:.1f} s")
    started = perf_counter()
    catch_up()
    print(f"read for search in {perf_counter() - started:.1f} s")
    return 0
