"""Who hears of things besides the person they are for: rooms say so for people who are away, and the like.

A room registers a function that is given ids of users and returns, for those it knows something of, the ids of users
who are told as well. It is asked often (once a round of the dispatcher), so it keeps what it knows in memory.
"""

from collections.abc import Callable, Collection, Mapping

from otklik.core.registry import Registry

Deputies = Callable[[Collection[int]], Mapping[int, Collection[int]]]
deputies: Registry[Deputies] = Registry("deputies")


def register_deputies(key: str, find: Deputies) -> Deputies:
    """Add a function that names deputies."""
    return deputies.register(key, find)


def recipients_of(people: Collection[int]) -> dict[int, tuple[int, ...]]:
    """Return for each person who is told of what is for him: himself first, then his deputies, each once.

    A deputy's deputies are not told: who stands in for somebody is named for that person alone.
    """
    told: dict[int, dict[int, None]] = {person: {person: None} for person in people}
    if not told:
        return {}
    for find in deputies:
        for person, others in find(people).items():
            if person in told:
                told[person].update(dict.fromkeys(others))
    return {person: tuple(found) for person, found in told.items()}
