"""The one answer to from whom nothing is taken in."""

import pytest

from otklik.tickets.queries.unwelcome import is_unwelcome

SENDERS = frozenset({"spam.example", "one@shop.example"})


@pytest.mark.parametrize(
    ("address", "unwelcome"),
    [
        ("a@spam.example", True), ("A@SPAM.example", True), ("one@shop.example", True), ("two@shop.example", False),
        ("a@mail.spam.example", False), ("a@notspam.example", False), ("", False),
    ],
)  # fmt: skip
def test_domains_and_addresses_of_the_list(address: str, unwelcome: bool) -> None:
    assert is_unwelcome(address, senders=SENDERS) is unwelcome


def test_blocked_person_is_unwelcome_by_any_address() -> None:
    assert is_unwelcome("two@shop.example", senders=SENDERS, blocked=True)
    assert is_unwelcome("", senders=(), blocked=True)
