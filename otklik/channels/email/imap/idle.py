"""Waiting for what a server announces by itself, so that its silence, its refusal and its end are told apart."""

import socket
import time
from collections.abc import Callable
from typing import Any

_NEWS = (b"EXISTS", b"RECENT")


def wait_for_news(box: Any, seconds: float, stopped: Callable[[], bool]) -> bool | None:
    """Wait up to ``seconds`` or until ``stopped()``; tell whether there was news, None when the server will not wait.

    ``box`` is a mailbox of imap_tools. Raises what that raises, and ``ConnectionError`` when the server hung up.
    """
    until = time.monotonic() + seconds
    client: Any = box.client
    tag = client._command("IDLE")
    news = False
    while (line := client._get_response()) is not None:  # None is the sign to wait
        if client.tagged_commands[tag]:
            del client.tagged_commands[tag]
            return None
        news = news or _is_news(line)
    while not news and not stopped() and (left := until - time.monotonic()) > 0:
        lines = box.idle.poll(timeout=min(1.0, left))
        if any(b"BYE" in line for line in lines) or (not lines and _hung_up(client.sock)):
            raise ConnectionError("the server hung up")
        news = any(map(_is_news, lines))
    client.send(b"DONE\r\n")
    box.consume_until_tagged_response(tag)
    return news


def _is_news(line: bytes) -> bool:
    return any(word in line for word in _NEWS)


def _hung_up(sock: socket.socket) -> bool:
    """Tell whether the other side has closed the connection: to the library that is silence, without any waiting."""
    # below TLS, whose sockets cannot be looked into without taking from them
    with socket.fromfd(sock.fileno(), sock.family, sock.type) as below:
        try:
            return below.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True
