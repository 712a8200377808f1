"""People who are told in somebody's place."""

from otklik.core.deputies import deputies, recipients_of, register_deputies


def test_person_is_told_first_and_his_deputies_once(db: None) -> None:
    register_deputies("test.away", lambda people: {1: [3, 2], 9: [4]})
    register_deputies("test.more", lambda people: {1: [2], 3: [5]})
    try:
        assert recipients_of([1, 2]) == {1: (1, 3, 2), 2: (2,)}
        assert recipients_of([]) == {}
    finally:
        deputies.unregister("test.away")
        deputies.unregister("test.more")
