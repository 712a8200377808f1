"""Pictures from outside: what counts as one, and what slow, huge, lying and redirecting servers get us to do."""

import http.server
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from otklik.core import outside_pictures
from otklik.core.outside_pictures import NoPicture, fetch, kind_of
from otklik.testing.pictures import png

GIF = b"GIF89a\x02\0\x02\0\x80\0\0" + bytes(20)
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(9) + b"\xff\xc0\0\x11\x08\0\x40\0\x40\x03" + bytes(20)
WEBP = b"RIFF\x1a\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + b"\x09\0\0\x09\0\0" + bytes(8)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


class Server:
    """Somebody's web server on loopback."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.answer: Callable[[Any], None] = lambda handler: say(handler, png())
        self.ended = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.path, dict(self.headers.items())))
                outer.answer(self)

            def log_message(self, *words: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer((address, 0), Handler)
        self.url = f"http://{address}:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        """End it, and whoever still waits in it."""
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()


def say(handler: Any, body: bytes, status: int = 200, kind: str = "image/png", **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


@pytest.fixture
def reachable(settings: Any, server: Server) -> Server:
    """Let requests reach loopback, which they may not by themselves."""
    settings.OUTBOUND_NETWORKS_ALLOWED = ["127.0.0.1/32"]
    return server


@pytest.mark.parametrize(
    ("data", "kind"),
    [(png(), "image/png"), (GIF, "image/gif"), (JPEG, "image/jpeg"), (WEBP, "image/webp"), (SVG, None), (b"", None),
     (b"<html><img>", None), (b"%PDF-1.7", None), (b"GIF89a\0\0\0\0" + bytes(9), None), (png(1, 1)[:20], None),
     (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (20_000).to_bytes(4) * 2, None)],
)  # fmt: skip
def test_a_picture_is_one_by_its_bytes(data: bytes, kind: str | None) -> None:
    assert kind_of(data) == kind


def test_a_picture_comes_whatever_its_server_calls_it(reachable: Server) -> None:
    reachable.answer = lambda handler: say(handler, JPEG, kind="text/html")
    picture = fetch(f"{reachable.url}/фото кухни.jpg?size=a b#x")
    assert (picture.content_type, picture.body) == ("image/jpeg", JPEG)
    path, headers = reachable.asked[0]
    assert path == "/%D1%84%D0%BE%D1%82%D0%BE%20%D0%BA%D1%83%D1%85%D0%BD%D0%B8.jpg?size=a%20b"
    assert not {"Cookie", "Referer", "Origin", "Authorization"} & set(headers)


@pytest.mark.parametrize(
    "answer",
    [lambda one: say(one, SVG, kind="image/svg+xml"), lambda one: say(one, SVG), lambda one: say(one, b"\0" * 5000),
     lambda one: say(one, png(), status=404), lambda one: say(one, b""), lambda one: one.wfile.write(b"nonsense\r\n"),
     lambda one: say(one, b"\x1f\x8b" + png(), **{"Content-Encoding": "gzip"})],
    ids=["svg", "svg called png", "garbage", "not found", "empty", "no http", "packed"],
)  # fmt: skip
def test_anything_else_is_none(reachable: Server, answer: Callable[[Any], None]) -> None:
    reachable.answer = answer
    with pytest.raises(NoPicture):
        fetch(reachable.url)


def test_a_huge_answer_is_left(reachable: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside_pictures, "MAX_BYTES", 100_000)
    reachable.answer = lambda handler: say(handler, png() + bytes(100_000))
    with pytest.raises(NoPicture):
        fetch(reachable.url)


def test_a_server_that_drips_is_left_in_time(reachable: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside_pictures, "SECONDS", 0.3)

    def drip(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not reachable.ended.wait(0.05):
            try:
                handler.wfile.write(b"\x89")
            except OSError:
                return

    reachable.answer = drip
    started = time.monotonic()
    with pytest.raises(NoPicture):
        fetch(reachable.url)
    assert time.monotonic() - started < 3


def test_a_redirect_is_followed_a_few_times(reachable: Server) -> None:
    def answer(handler: Any) -> None:
        if handler.path == "/old":
            say(handler, b"", status=301, Location="/new.png")
        elif handler.path == "/loop":
            say(handler, b"", status=302, Location="/loop")
        else:
            say(handler, png())

    reachable.answer = answer
    assert fetch(f"{reachable.url}/old").content_type == "image/png"
    reachable.asked.clear()
    with pytest.raises(NoPicture):
        fetch(f"{reachable.url}/loop")
    assert len(reachable.asked) == outside_pictures.HOPS + 1


def test_nobody_inside_is_asked_directly_or_by_a_redirect(settings: Any, server: Server) -> None:
    with pytest.raises(NoPicture):
        fetch(f"{server.url}/direct")
    assert not server.asked
    # one address of loopback stands for the public server, another for what lies inside
    settings.OUTBOUND_NETWORKS_ALLOWED = ["127.0.0.1/32"]
    inside = Server("127.0.0.2")
    for target in (inside.url, "http://169.254.169.254/latest", "file:///etc/passwd", "http://[::1]/", "gopher://x/"):
        server.answer = lambda handler, target=target: say(handler, b"", status=302, Location=target)
        server.asked.clear()
        with pytest.raises(NoPicture):
            fetch(f"{server.url}/moved")
        assert [path for path, _ in server.asked] == ["/moved"], target
    inside.close()
    assert not inside.asked


@pytest.mark.parametrize(
    "url", ["", "x", "http://", "ftp://a.example/x.png", "http://[", "http://u@a.example/", "\x00"]
)
def test_what_is_no_address_gives_no_picture(url: str) -> None:
    with pytest.raises(NoPicture):
        fetch(url)
