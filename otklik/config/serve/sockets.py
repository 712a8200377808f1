"""Listening sockets that outlive the processes using them: a restart refuses nobody, callers wait in the queue."""

import errno
import os
import socket

_BACKLOG = 1024


class CannotListen(Exception):
    """The address is taken or not ours; the text says what to do."""


def listen(host: str, port: int, *, option: str) -> socket.socket:
    """Open a listening socket that children inherit. Raises ``CannotListen`` naming the option to change."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        opened = socket.socket(family, kind, protocol)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(_BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotListen(f"port {port} on {host} is taken; choose another with {option}") from None
        raise CannotListen(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
    opened.set_inheritable(True)
    return opened


def split_address(text: str, *, default_host: str, default_port: int) -> tuple[str, int]:
    """Read ``host:port``, ``:port``, ``host`` or ``[v6]:port``. Raises ``ValueError`` for anything else."""
    host, _, port = text.strip().rpartition(":")
    bare_v6 = ":" in host and not host.startswith("[")  # an IPv6 address without brackets has no port
    if bare_v6 or port.endswith("]") or (not host and not port.isdigit()):
        host, port = text.strip(), ""
    if port and not port.isdigit():
        raise ValueError(text)
    number = int(port) if port else default_port
    if number > 65535:
        raise ValueError(text)
    return host.strip("[]") or default_host, number


def adopt(descriptor: int) -> socket.socket:
    """Return the socket behind an inherited descriptor."""
    return socket.socket(fileno=os.dup(descriptor))
