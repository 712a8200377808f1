"""The way out: every spelling of an inner address, names that change, redirects, slow and huge answers."""

import contextlib
import http.server
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.core import http as client
from otklik.core.addresses import INNER, AddressRefused, check_address, parse_networks
from otklik.core.errors import Invalid
from otklik.core.http import HttpError, check_url, guarded_connect, request

REFUSED = """
    127.0.0.1 127.1.2.3 10.1.2.3 172.16.0.1 172.31.255.255 192.168.0.1 169.254.169.254 0.0.0.0 0.1.2.3 100.64.1.1
    192.0.2.1 192.0.0.1 198.18.0.1 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
    192.88.99.1 ::1 :: ::2 fe80::1 fe80::1%eth0 fc00::1 fd12:3456::1 fec0::1 ff02::1 2001:db8::1 100::1
    ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1 ::10.0.0.1 ::ffff:0:127.0.0.1 64:ff9b::7f00:1
    64:ff9b::a9fe:a9fe 64:ff9b:1::7f00:1 64:ff9b:1::808:808 2002:7f00:1:: 2002:a00:1:: 2002:808:808::
    2001:0:7f00:1::1 2001::1 2606:4700::5efe:7f00:1 2606:4700::200:5efe:a00:1
""".split()
PUBLIC = "8.8.8.8 1.1.1.1 93.184.216.34 2606:4700::1111 2a00:1450:4010::8a ::ffff:8.8.8.8 64:ff9b::808:808".split()


@pytest.mark.parametrize("address", REFUSED)
def test_inner_addresses_are_refused_in_every_spelling(address: str) -> None:
    with pytest.raises(AddressRefused):
        check_address(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_pass(address: str) -> None:
    check_address(address)


@given(st.ip_addresses(v=4))
def test_a_v6_address_that_carries_a_refused_v4_one_is_refused(inner: ipaddress.IPv4Address) -> None:
    number = int(inner)
    spellings = [
        ipaddress.IPv6Address((0xFFFF << 32) | number),
        ipaddress.IPv6Address(number),
        ipaddress.IPv6Address((0xFFFF << 48) | number),
        ipaddress.IPv6Address((0x64FF9B << 96) | number),
        ipaddress.IPv6Address((0x2002 << 112) | (number << 80)),
        ipaddress.IPv6Address((0x20010000 << 96) | (0x08080808 << 64) | (number ^ 0xFFFFFFFF)),
        ipaddress.IPv6Address((0x26064700 << 96) | (0x5EFE << 32) | number),
    ]
    try:
        check_address(inner)
    except AddressRefused:
        for spelling in spellings:
            with pytest.raises(AddressRefused):
                check_address(spelling)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.5", "::1", "fd00::1", "::ffff:192.168.1.1", "8.8.8.8"])
def test_what_the_administrator_allows_passes(address: str) -> None:
    check_address(address, INNER)


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fe80::1", "0.0.0.0", "::", "224.0.0.1", "::ffff:169.254.169.254"]
)
def test_metadata_and_nonsense_stay_refused_even_then(address: str) -> None:
    with pytest.raises(AddressRefused):
        check_address(address, INNER)


def test_one_network_allowed_is_one_network() -> None:
    networks = parse_networks(["192.168.7.0/24", " 10.0.0.9 ", ""])
    check_address("192.168.7.3", networks)
    check_address("10.0.0.9", networks)
    for address in ("192.168.8.1", "10.0.0.10", "127.0.0.1"):
        with pytest.raises(AddressRefused):
            check_address(address, networks)
    with pytest.raises(AddressRefused):
        check_address("not an address")


URLS = """
    ftp://example.com/ file:///etc/passwd gopher://example.com/ data:text/plain,x //example.com/ example.com
    javascript:1 http:// http:///path http://user@example.com/ http://user:pw@example.com/ http://example.com:0/
    http://example.com:99999/
    http://example.com:x/ http://exa\\mple.com/ http://[::1
""".split()


@pytest.mark.parametrize(
    "url", [*URLS, "http://a b/", "http://example.com/\r\nX: y", "http://example.com/" + "a" * 3000, ""]
)
def test_urls_that_are_none_are_refused(url: str) -> None:
    with pytest.raises(Invalid):
        check_url(url)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "localhost", "LOCALHOST.", "[::1]",
     "[::ffff:7f00:1]", "127。0。0。1", "①②⑦.0.0.1", "[64:ff9b::7f00:1]", "0"],
)  # fmt: skip
def test_no_spelling_in_a_url_reaches_the_machine_itself(host: str, canary: "Canary") -> None:
    with pytest.raises((AddressRefused, HttpError)) as caught:
        request("GET", f"http://{host}:{canary.port}/", timeout=5)
    assert getattr(caught.value, "reason", "refused") in {"refused", "unresolvable"}
    assert canary.hits == 0


class Canary:
    """A server on loopback that counts who comes, and answers as told."""

    def __init__(self) -> None:
        self.hits = 0
        self.answer: Callable[[http.server.BaseHTTPRequestHandler], None] = lambda handler: None
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.hits += 1
                outer.answer(self)

            do_POST = do_GET  # noqa: N815 - named by the library

            def log_message(self, *words: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port: int = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/x?y=1"


@pytest.fixture
def canary() -> Iterator[Canary]:
    server = Canary()
    yield server
    server.server.shutdown()
    server.server.server_close()


def _say(handler: Any, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def test_an_allowed_server_is_asked_and_answers(canary: Canary, settings: Any) -> None:
    seen: list[tuple[str, str, bytes]] = []

    def answer(handler: Any) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        seen.append((handler.command, handler.path, body))
        _say(handler, 201, b"done", ETag="7")

    canary.answer = answer
    settings.OUTBOUND_NETWORKS_ALLOWED = ["127.0.0.0/8"]
    response = request("POST", canary.url, body=b"{}", headers={"Content-Type": "application/json"})
    assert (response.status, response.body, response.headers["etag"], response.ok) == (201, b"done", "7", True)
    assert seen == [("POST", "/x?y=1", b"{}")]
    check_url(canary.url)


def test_a_redirect_is_an_answer_and_never_followed(canary: Canary) -> None:
    target = Canary()
    canary.answer = lambda handler: _say(handler, 302, b"", Location=target.url)
    response = request("GET", canary.url, allow=INNER)
    assert (response.status, response.ok, response.headers["location"]) == (302, False, target.url)
    assert (canary.hits, target.hits) == (1, 0)
    target.server.shutdown()
    target.server.server_close()


def test_a_name_that_changes_between_looks_gains_nothing(canary: Canary, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]])
    connected: list[tuple[str, int]] = []
    monkeypatch.setattr(client, "resolve", lambda *_: next(answers))
    monkeypatch.setattr(
        client.socket, "create_connection", lambda address, timeout: connected.append(address) or _refuse()
    )
    with pytest.raises(HttpError):
        request("GET", f"http://rebind.example:{canary.port}/")
    assert connected == [("93.184.216.34", canary.port)]
    with pytest.raises(AddressRefused):
        request("GET", f"http://rebind.example:{canary.port}/")
    assert canary.hits == 0


def _refuse() -> Any:
    raise ConnectionRefusedError


def test_one_inner_address_among_public_ones_spoils_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "resolve", lambda *_: ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(AddressRefused):
        guarded_connect("mixed.example", 80)


def test_an_answer_that_is_too_large_or_too_slow_or_nonsense(canary: Canary) -> None:
    canary.answer = lambda handler: _say(handler, 200, b"x" * 5000)
    with pytest.raises(HttpError) as caught:
        request("GET", canary.url, allow=INNER, max_bytes=4999)
    assert caught.value.reason == "too-large"

    def drip(handler: Any) -> None:
        with contextlib.suppress(OSError):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for number in range(1000):
                handler.wfile.write(b"X-%d: y\r\n" % (number % 50))
                time.sleep(0.02)

    canary.answer = drip
    began = time.monotonic()
    with pytest.raises(HttpError) as caught:
        request("GET", canary.url, allow=INNER, timeout=0.3)
    assert caught.value.reason == "timeout"
    assert time.monotonic() - began < 5
    canary.answer = lambda handler: handler.wfile.write(b"SSH-2.0-OpenSSH\r\n")
    with pytest.raises(HttpError) as caught:
        request("GET", canary.url, allow=INNER)
    assert caught.value.reason == "bad-answer"


def test_closed_ports_and_untrusted_certificates_are_said_in_fixed_words(canary: Canary) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed = probe.getsockname()[1]
    with pytest.raises(HttpError) as caught:
        request("GET", f"http://127.0.0.1:{closed}/", allow=INNER)
    assert caught.value.reason == "unreachable"
    with pytest.raises(HttpError) as caught:
        request("GET", f"https://127.0.0.1:{canary.port}/", allow=INNER, timeout=5)
    assert caught.value.reason in {"tls", "unreachable"}
    assert str(closed) not in str(caught.value)
    assert ssl.create_default_context().check_hostname
