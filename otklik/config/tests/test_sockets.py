"""Addresses to listen on."""

import pytest

from otklik.config.serve.sockets import CannotListen, listen, split_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("", ("127.0.0.1", 2525)),
        ("0.0.0.0:25", ("0.0.0.0", 25)),
        (":25", ("127.0.0.1", 25)),
        ("mail.example.org", ("mail.example.org", 2525)),
        ("[::1]:25", ("::1", 25)),
        ("[::1]", ("::1", 2525)),
        ("::1", ("::1", 2525)),
    ],
)
def test_addresses_are_read(text: str, address: tuple[str, int]) -> None:
    assert split_address(text, default_host="127.0.0.1", default_port=2525) == address


@pytest.mark.parametrize("text", ["host:port", "host:99999", "host:-1"])
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        split_address(text, default_host="127.0.0.1", default_port=2525)


def test_a_taken_port_names_the_option_to_change() -> None:
    with listen("127.0.0.1", 0, option="--port") as first:
        port = first.getsockname()[1]
        with pytest.raises(CannotListen, match=rf"port {port} .* taken.*--smtp-port"):
            listen("127.0.0.1", port, option="--smtp-port")
