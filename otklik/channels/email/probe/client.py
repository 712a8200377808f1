"""Try the servers of a mailbox as the services use them, step by step, within seconds, changing nothing there.

What lies in a private network is told apart from nothing: a closed port, another service and a certificate that does
not fit give one and the same answer, so that the test cannot be used to look around inside.
"""

import imaplib
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from imap_tools.imap_utf7 import utf7_encode

from otklik.channels.email import reach
from otklik.channels.email.client import SmtpClient, tls_context
from otklik.channels.email.imap.signing import sign_in
from otklik.channels.email.mailbox import PLAIN, STARTTLS, TLS, MailboxConfig, Server
from otklik.channels.email.oauth import OAuthError
from otklik.channels.email.probe.report import BAD, LATER, WARN, Report, Step
from otklik.channels.email.smtp_answers import Passing, Refused, SendError, plain_response
from otklik.core.http import AddressRefused

CONNECT_SECONDS = 8.0
WHOLE_SECONDS = 20.0
LOOKUP_SECONDS = 3.0
_QUOTED = re.compile(r"[\x00\r\n]")


def mail_exchangers(domain: str) -> tuple[str, ...]:
    """Return the names of the servers that take mail for a domain, best first; none when nobody answers in time."""
    from dns.exception import DNSException  # with its resolver a tenth of a second to import: for a page seldom seen
    from dns.resolver import NoResolverConfiguration, Resolver

    try:
        resolver = Resolver()
        found = resolver.resolve(f"{domain.rstrip('.')}.", "MX", lifetime=LOOKUP_SECONDS, raise_on_no_answer=False)
        ranked = sorted((row.preference, row.exchange.to_text(omit_final_dot=True).lower()) for row in found)
    except (DNSException, NoResolverConfiguration, OSError, UnicodeError):
        return ()
    return tuple(name for _preference, name in ranked if name)


class _Prepared(imaplib.IMAP4):
    """IMAP over a socket that is connected already."""

    def __init__(self, sock: socket.socket, server: Server):
        self._prepared = sock
        super().__init__(server.host, server.port)  # STARTTLS checks the certificate against the name

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return self._prepared


class _Watch:
    """The time of a test: laps for its steps, and an end that closes whatever is still open."""

    def __init__(self) -> None:
        self._lap = self.began = time.monotonic()
        self._sockets: list[socket.socket] = []
        self.expired = False
        self._timer = threading.Timer(WHOLE_SECONDS, self._end)
        self._timer.daemon = True
        self._timer.start()

    def lap(self) -> float:
        """Return the seconds since the last lap."""
        before, self._lap = self._lap, time.monotonic()
        return self._lap - before

    def guard(self, sock: socket.socket) -> socket.socket:
        """Close the socket when the time is over; a server that drips bytes cannot hold the test up."""
        self._sockets.append(sock)
        return sock

    def _end(self) -> None:
        self.expired = True
        for sock in self._sockets:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stop(self) -> None:
        """End the watch."""
        self._timer.cancel()


def probe_mailbox(settings: MailboxConfig, address: str, fallback: Server | None) -> Report:
    """Test the way in and the way out side by side; returns within about twenty seconds, never raises."""
    began = time.monotonic()
    with ThreadPoolExecutor(max_workers=2) as pool:
        way_in = pool.submit(_imap, settings, settings.imap) if settings.imap else None
        server_out = settings.smtp or fallback
        way_out = pool.submit(_smtp, server_out, address) if server_out else None
        steps = way_in.result() if way_in else [Step("inlet", "inlet", facts={"address": address})]
        steps += way_out.result() if way_out else [Step("smtp", "no_sending", WARN)]
    return Report(steps, round(time.monotonic() - began, 2))


def _imap(settings: MailboxConfig, server: Server) -> list[Step]:
    watch, steps = _Watch(), []
    try:
        steps = _imap_steps(settings, server, watch)
    finally:
        watch.stop()
    if failed := next((step for step in steps if step.state == BAD), None):
        done = {step.code for step in steps}
        for code in ("signed_in", "folder"):
            if code not in done and not (failed.code == "no_folder" and code == "folder"):
                if code == "signed_in" and failed.code in {"password", "login_off", "login_letters"}:
                    continue
                steps.append(Step("imap", code, LATER))
    return steps


def _imap_steps(settings: MailboxConfig, server: Server, watch: _Watch) -> list[Step]:
    opened = _open("imap", server, watch, _greet_imap)
    steps, imap = opened
    if imap is None:
        return steps
    try:
        _sign_in(imap, server)
    except OAuthError as error:
        return [*steps, Step("imap", error.code, BAD, {"host": server.name}, error.detail, watch.lap())]
    except (imaplib.IMAP4.error, OSError, UnicodeError, ValueError) as error:
        return [*steps, _login_failure(error, server, watch)]
    steps.append(Step("imap", "signed_in", facts={"user": server.user}, seconds=watch.lap()))
    steps.append(_folder(imap, settings.folder, server, watch))
    try:
        imap.logout()
    except (imaplib.IMAP4.error, OSError):
        pass
    return steps


def _open(
    part: str, server: Server, watch: _Watch, greet: Callable[[socket.socket, Server, _Watch], Any]
) -> tuple[list[Step], Any]:
    """Connect, encrypt, hear the greeting. A private address fails with one and the same step whatever was wrong."""
    inner, facts = False, {"host": server.name}
    steps: list[Step] = []
    try:
        way = reach.look(server.host, server.port, CONNECT_SECONDS)
        inner = way.inner
        sock = watch.guard(way.connect(CONNECT_SECONDS))
        steps.append(Step(part, "found", facts=facts, seconds=watch.lap()))
        if server.security == TLS:
            sock = watch.guard(tls_context().wrap_socket(sock, server_hostname=server.host))
        talk = greet(sock, server, watch)
    except AddressRefused:
        return [Step(part, reach.REFUSED, BAD, facts, seconds=watch.lap())], None
    except socket.gaierror:
        return [Step(part, "no_host", BAD, facts, seconds=watch.lap())], None
    except Passing as error:
        code = reach.NO_MAIL_SERVER if inner else error.code
        return _failed(steps, inner, Step(part, code, BAD, facts, "" if inner else error.response, watch.lap())), None
    except (OSError, imaplib.IMAP4.error, ValueError) as error:
        code = reach.NO_MAIL_SERVER if inner else _kind(error, watch, connected=bool(steps))
        response = "" if inner or not isinstance(error, imaplib.IMAP4.error | ssl.SSLError) else _said(error)
        return _failed(steps, inner, Step(part, code, BAD, facts, response, watch.lap())), None
    live = talk.sock
    steps.append(_encryption(part, live, server, watch))
    return steps, talk


def _failed(steps: list[Step], inner: bool, step: Step) -> list[Step]:
    return [step] if inner else [*steps, step]


def _kind(error: Exception, watch: _Watch, *, connected: bool) -> str:
    if isinstance(error, ssl.SSLError):
        return "garbage" if "WRONG_VERSION_NUMBER" in str(error) or "RECORD" in str(error) else "tls"
    if watch.expired:
        return "slow"
    if not connected:
        return "unreachable"
    return "slow" if isinstance(error, TimeoutError) else "garbage"


def _greet_imap(sock: socket.socket, server: Server, watch: _Watch) -> _Prepared:
    sock.settimeout(CONNECT_SECONDS)
    imap = _Prepared(sock, server)
    if server.security == STARTTLS:
        if "STARTTLS" not in imap.capabilities:
            raise Passing("no_starttls")
        imap.starttls(tls_context())
        watch.guard(imap.sock)
    return imap


def _encryption(part: str, sock: Any, server: Server, watch: _Watch) -> Step:
    if server.security == PLAIN or not isinstance(sock, ssl.SSLSocket):
        return Step(part, "plain", WARN, seconds=watch.lap())
    certificate = sock.getpeercert() or {}
    until = str(certificate.get("notAfter") or "")
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC).date().isoformat() if until else ""
    facts = {"protocol": (sock.version() or "TLS").replace("v", " "), "until": ends}
    return Step(part, "encrypted", facts=facts, seconds=watch.lap())


def _sign_in(imap: _Prepared, server: Server) -> None:
    if _QUOTED.search(server.user + server.password):
        raise ValueError("control characters")
    server.user.encode("ascii"), server.password.encode("ascii")
    sign_in(imap, server)


def _said(error: Exception) -> str:
    """Return the server's words in an error of the IMAP library, which keeps them as bytes."""
    words = error.args[0] if error.args else ""
    return plain_response(0, words if isinstance(words, bytes) else str(words))


def _login_failure(error: Exception, server: Server, watch: _Watch) -> Step:
    words = _said(error)
    if isinstance(error, UnicodeError | ValueError):
        return Step("imap", "login_letters", BAD, seconds=watch.lap())
    if isinstance(error, imaplib.IMAP4.abort | OSError):
        code = "slow" if watch.expired or isinstance(error, TimeoutError) else "broke"
        return Step("imap", code, BAD, {"host": server.name}, words, watch.lap())
    if server.oauth is not None:
        return Step("imap", "oauth_refused", BAD, {"host": server.name}, words, watch.lap())
    off = "LOGINDISABLED" in words.upper() or "BASIC" in words.upper()
    return Step("imap", "login_off" if off else "password", BAD, {}, words, watch.lap())


def _folder(imap: _Prepared, folder: str, server: Server, watch: _Watch) -> Step:
    quoted = utf7_encode(folder).decode("ascii").replace("\\", "\\\\").replace('"', '\\"')
    try:
        state, data = imap.select(f'"{quoted}"', readonly=True)
    except (imaplib.IMAP4.error, OSError) as error:
        code = "slow" if watch.expired else "no_folder"
        return Step("imap", code, BAD, {"folder": folder, "host": server.name}, _said(error), watch.lap())
    words = plain_response(0, b" ".join(item for item in data if isinstance(item, bytes)))
    if state != "OK":
        return Step("imap", "no_folder", BAD, {"folder": folder}, words, watch.lap())
    return Step(
        "imap", "folder", facts={"folder": folder, "count": words if words.isdigit() else "0"}, seconds=watch.lap()
    )


def _smtp(server: Server, address: str) -> list[Step]:
    facts = {"host": server.name, "address": address}
    client, began = SmtpClient(server, connect_seconds=CONNECT_SECONDS, open_seconds=WHOLE_SECONDS), time.monotonic()
    try:
        client.check(address)
    except Refused as error:
        return [Step("smtp", "sender_refused", BAD, facts, error.response, time.monotonic() - began)]
    except SendError as error:
        code = {"login": "password", "connection_lost": "broke"}.get(error.code, error.code)
        if code == "unreachable" and error.response == "gaierror":
            code = "no_host"
        return [
            Step("smtp", code, BAD, facts, "" if code == "unreachable" else error.response, time.monotonic() - began)
        ]
    finally:
        client.close()
    return [Step("smtp", "sends", facts=facts, seconds=time.monotonic() - began)]
