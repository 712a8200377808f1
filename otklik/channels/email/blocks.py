"""What mail adds to the public JSON of a message: the fate of its deliveries."""

import threading
from collections.abc import Sequence
from typing import Any

from otklik.channels.email.outbox import queries
from otklik.channels.email.queries import facts_of, public_fact
from otklik.core.blocks import register_block

_last = threading.local()


def load_deliveries(message_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Return the deliveries of each message that has some."""
    found = queries.of_messages(message_ids)
    # The worst state is a block of its own and is asked for next, for the same page: kept for that one question, so
    # that a page costs one statement.
    _last.states = (tuple(message_ids), _states(found))
    return {pk: [queries.public(row) for row in rows] for pk, rows in found.items()}


def load_states(message_ids: Sequence[int]) -> dict[int, str | None]:
    """Return the worst state among the deliveries of each message that has some."""
    asked, states = getattr(_last, "states", ((), {}))
    _last.states = ((), {})
    if asked == tuple(message_ids):
        return dict(states)
    return _states(queries.of_messages(message_ids))


def _states(found: dict[int, list[Any]]) -> dict[int, str | None]:
    return {pk: queries.worst(row.state for row in rows) for pk, rows in found.items()}


register_block("deliveries", load_deliveries, subject="message")
register_block("delivery_state", load_states, subject="message")


def load_facts(message_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return what the mails behind messages said of themselves."""
    return {pk: public_fact(fact) for pk, fact in facts_of(message_ids).items()}


register_block("email", load_facts, subject="message")
