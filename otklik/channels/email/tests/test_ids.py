"""The signed names of tickets: read back exactly, whatever a gateway does to their case, and never guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.channels.email import ids

KEY = b"k" * 32
NUMBERS = st.integers(min_value=1, max_value=2**63 - 1)


@given(NUMBERS, st.text(max_size=40))
def test_a_message_id_is_read_back(ticket: int, token: str) -> None:
    """In any case of letters, with or without brackets, and the same for the same message."""
    made = ids.make_message_id(KEY, ticket, token, "desk.example")
    assert made == ids.make_message_id(KEY, ticket, token, "desk.example")
    for shown in (made, made.upper(), made.lower(), made.strip("<>"), f" {made} "):
        found = ids.read_message_id(KEY, shown)
        assert found is not None
        assert (found.ticket, found.message) == (ticket, ids.message_code(token))


@given(NUMBERS)
def test_a_plus_address_is_read_back(ticket: int) -> None:
    """And leads to its mailbox without the plus."""
    made = ids.make_plus_address(KEY, ticket, "support@desk.example")
    assert ids.read_plus_address(KEY, made.upper()) == ticket
    assert ids.without_plus(made) == "support@desk.example"
    assert len(made.partition("@")[0]) <= 64


@given(NUMBERS, st.integers(min_value=0, max_value=60), st.sampled_from("abcdefgh234567z"))
def test_one_changed_letter_leads_nowhere(ticket: int, place: int, letter: str) -> None:
    """Neither does another key."""
    made = ids.make_message_id(KEY, ticket, "token", "desk.example")
    local, _, host = made.partition("@")
    place = 1 + place % (len(local) - 1)
    changed = f"{local[:place]}{letter}{local[place + 1 :]}@{host}"
    found = ids.read_message_id(KEY, changed)
    assert found is None or changed == made
    assert ids.read_message_id(b"x" * 32, made) is None
    assert ids.read_plus_address(b"x" * 32, ids.make_plus_address(KEY, ticket, "a@b.example")) is None


@given(st.text(max_size=200))
def test_foreign_text_is_no_name(text: str) -> None:
    """Nothing raises; letters outside ASCII prove nothing."""
    assert ids.read_message_id(KEY, text) is None
    assert ids.read_plus_address(KEY, text) is None
    assert len(ids.subject_numbers(text)) <= 5


def test_a_name_of_one_kind_is_none_of_the_other() -> None:
    """The digest of an address does not sign a Message-ID."""
    address = ids.make_plus_address(KEY, 1042, "support@desk.example")
    mac = address.partition("@")[0].rpartition(".")[2]
    code = address.partition("+t-")[2].partition(".")[0]
    assert ids.read_message_id(KEY, f"<t-{code}.{mac}.{mac}@desk.example>") is None


@pytest.mark.parametrize(
    ("subject", "numbers"),
    [
        ("Re: [#1042] Витрина", [1042]),
        ("[#1042][#7]", [1042, 7]),
        ("#1042 (#1042) [# 1042] [#0] [#1042x] [#12345678901]", []),
        ("[#٣]", []),
    ],
)
def test_numbers_in_a_subject(subject: str, numbers: list[int]) -> None:
    """Only our own mark counts."""
    assert ids.subject_numbers(subject) == numbers
    assert ids.subject_numbers(ids.subject_token(1042)) == [1042]
