"""Tells the other rooms who hears of what is an absent person's."""

from collections.abc import Collection, Mapping

from otklik.accounts.queries import kept_stand_ins
from otklik.core.deputies import register_deputies


def _stand_ins(people: Collection[int]) -> Mapping[int, Collection[int]]:
    known = kept_stand_ins()[0]
    return {person: (known[person],) for person in people if person in known}


register_deputies("absence", _stand_ins)
