"""The demo company: a refrigeration service with a repair workshop, and bulk data for measurements."""


def load_demo() -> None:
    """Write the demo company into an empty database: always the same, relative to today."""
    from otklik.demo.load import load

    load()


def seed(*, tickets: int, messages: int | None = None) -> tuple[int, int]:
    """Write that many tickets with so many messages in all (three a ticket by default); return what was written."""
    from otklik.demo.seeding import write_seed

    return write_seed(tickets, messages)
