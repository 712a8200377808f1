"""Talk SMTP to a server that sends our mail: one envelope at a time, each outcome told apart, time and talk bounded.

The only place of Otklik that opens a connection for outgoing mail. What can go wrong is one of three things to the
caller: ``Passing`` (try later), ``Refused`` (never), ``Doubt`` (the whole mail went out, the answer did not come back).
"""

import re
import smtplib
import socket
import ssl
import time
from typing import Any

from otklik.channels.email import oauth, reach
from otklik.channels.email.header_values import needs_utf8
from otklik.channels.email.mailbox import STARTTLS, TLS, Server
from otklik.channels.email.smtp_answers import Doubt, Passing, Refused, SendError, plain_response, refusal_code
from otklik.core.http import AddressRefused

CONNECT_SECONDS = 15.0
OPEN_SECONDS = 60.0
ATTEMPT_SECONDS = 240.0
LONGEST_ANSWER = 100
_TELLING = frozenset({"unreachable", "garbage", "tls", "no_starttls", "busy"})  # of what listens at an address


class _Dialogue:
    """What both SMTP classes share: a deadline over the whole attempt, and answers of bounded length."""

    deadline = float("inf")
    way: reach.Way
    sock: Any
    file: Any

    def _left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("deadline")
        return left

    def send(self, s: Any) -> None:
        """Send within what is left of the attempt."""
        if self.sock is not None:
            self.sock.settimeout(min(self._left(), 60.0))
        super().send(s)  # type: ignore[misc]

    def getreply(self) -> tuple[int, bytes]:
        """Read one answer; an endless or senseless one ends as ``SMTPServerDisconnected`` or code -1."""
        if self.file is None:
            self.file = self.sock.makefile("rb")
        lines: list[bytes] = []
        while True:
            self.sock.settimeout(min(self._left(), 120.0))
            try:
                line = self.file.readline(2049)
            except OSError as error:
                self.close()  # type: ignore[attr-defined]
                raise smtplib.SMTPServerDisconnected(str(error)) from error
            if not line:
                self.close()  # type: ignore[attr-defined]
                raise smtplib.SMTPServerDisconnected("closed")
            if len(line) > 2048 or len(lines) > LONGEST_ANSWER:
                self.close()  # type: ignore[attr-defined]
                raise smtplib.SMTPServerDisconnected("answer without end")
            lines.append(line[4:].strip(b" \t\r\n"))
            if not re.match(rb"[1-5][0-9][0-9](?:[ -]|\r?\n)", line):
                return -1, line.strip()
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(lines)


class _Smtp(_Dialogue, smtplib.SMTP):
    """SMTP, plain or raised to TLS by STARTTLS."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self.way.connect(timeout)


class _SmtpOverTls(_Dialogue, smtplib.SMTP_SSL):
    """SMTP inside TLS from the first byte."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self.context.wrap_socket(self.way.connect(timeout), server_hostname=host)


def tls_context() -> ssl.SSLContext:
    """Return the context of every mail connection: certificates and host names are verified, TLS 1.2 at least.

    A private authority is named by OpenSSL's own ``SSL_CERT_FILE`` or ``SSL_CERT_DIR``.
    """
    return ssl.create_default_context()


def _sign_in_by_token(smtp: smtplib.SMTP, server: Server, access: oauth.OAuth) -> None:
    """Sign in with an access token; a refusal comes as a challenge with its reason, which wants an empty line."""
    try:
        words = [oauth.xoauth2(server.user, oauth.access_token(access))]
    except oauth.OAuthError as error:
        raise Passing(error.code, error.detail, server_down=True) from error
    try:
        smtp.auth("XOAUTH2", lambda _challenge=None: words.pop() if words else "")
    except smtplib.SMTPAuthenticationError as error:
        oauth.forget(access)
        raise Passing("oauth_refused", plain_response(error.smtp_code, error.smtp_error), server_down=True) from error


class SmtpClient:
    """One connection to one server, opened on first use and kept for the mails that follow."""

    def __init__(
        self,
        server: Server,
        *,
        local_name: str = "localhost",
        connect_seconds: float = CONNECT_SECONDS,
        open_seconds: float = OPEN_SECONDS,
    ):
        self.server = server
        self._connect_seconds, self._open_seconds = connect_seconds, open_seconds
        self._local_name = local_name if local_name.isascii() and local_name else "localhost"
        self._smtp: _Smtp | _SmtpOverTls | None = None
        self._used_at = 0.0

    def send(self, sender: str, recipient: str, data: bytes) -> str:
        """Send one envelope; return the server's words of acceptance. Raises ``Passing``, ``Refused`` or ``Doubt``.

        ``sender`` may be empty (the null sender); both addresses come from ``header_values.wire_address``.
        """
        if self._smtp is not None and time.monotonic() - self._used_at > 30:
            # servers hang up on idle clients; asking costs less than a lost attempt
            self._probe()
        smtp = self._smtp or self.open()
        smtp.deadline = time.monotonic() + ATTEMPT_SECONDS
        self._used_at = time.monotonic()
        try:
            self._envelope(smtp, sender, recipient, data)
            return self._content(smtp, data)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            if isinstance(error, smtplib.SMTPNotSupportedError):
                raise Refused("needs_utf8") from error
            raise Passing("connection_lost", type(error).__name__) from error

    def check(self, sender: str) -> None:
        """Sign in and ask whether the server takes mail from ``sender``; nothing is sent. Raises as ``send`` does."""
        smtp = self.open()
        try:
            self._expect(smtp, f"MAIL FROM:<{sender}>", {250}, "sender")
            smtp.putcmd("RSET")
            smtp.getreply()
        except (OSError, smtplib.SMTPException, ValueError) as error:
            self.close()
            raise Passing("connection_lost", type(error).__name__) from error

    def open(self) -> _Smtp | _SmtpOverTls:
        """Connect, encrypt, sign in. Raises ``Passing`` with ``server_down`` set.

        Of an inner server that cannot be used one code tells, whatever was wrong.
        """
        server = self.server
        try:
            way = reach.look(server.host, server.port, self._connect_seconds)
        except AddressRefused as error:
            raise Passing(reach.REFUSED, server_down=True) from error
        except OSError as error:
            raise Passing("unreachable", type(error).__name__, server_down=True) from error
        try:
            return self._open(way)
        except Passing as error:
            if way.inner and error.code in _TELLING:
                raise Passing(reach.NO_MAIL_SERVER, server_down=True) from error
            raise

    def _open(self, way: reach.Way) -> _Smtp | _SmtpOverTls:
        try:
            self._smtp = self._connect(way)
        except SendError:
            self.close()
            raise
        except ssl.SSLError as error:
            raise Passing("tls", plain_response(0, str(error)), server_down=True) from error
        except smtplib.SMTPAuthenticationError as error:
            response = plain_response(error.smtp_code, error.smtp_error)
            raise Passing("login", response, server_down=True) from error
        except smtplib.SMTPConnectError as error:
            response = plain_response(error.smtp_code, error.smtp_error)
            raise Passing("garbage" if error.smtp_code < 0 else "busy", response, server_down=True) from error
        except smtplib.SMTPNotSupportedError as error:
            raise Passing("login", plain_response(0, str(error)), server_down=True) from error
        except smtplib.SMTPResponseException as error:
            response = plain_response(error.smtp_code, error.smtp_error)
            raise Passing("garbage" if error.smtp_code < 0 else "busy", response, server_down=True) from error
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            raise Passing("unreachable", type(error).__name__, server_down=True) from error
        return self._smtp

    def _connect(self, way: reach.Way) -> _Smtp | _SmtpOverTls:
        server, smtp = self.server, None
        kind: type[_Smtp | _SmtpOverTls] = _SmtpOverTls if server.security == TLS else _Smtp
        options: dict[str, Any] = {"context": tls_context()} if server.security == TLS else {}
        smtp = kind(timeout=self._connect_seconds, local_hostname=self._local_name, **options)
        smtp.way, smtp.deadline = way, time.monotonic() + self._open_seconds
        # STARTTLS checks the certificate against this name
        smtp._host = server.host  # type: ignore[union-attr]
        self._smtp = smtp
        try:
            code, text = smtp.connect(server.host, server.port)
            if code != 220:
                raise smtplib.SMTPConnectError(code, text)
            # the final dot goes out by itself; held back by Nagle's rule it would cost 40 ms a mail
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            smtp.ehlo_or_helo_if_needed()
            if server.security == STARTTLS:
                if not smtp.has_extn("starttls"):
                    raise Passing("no_starttls", server_down=True)
                smtp.starttls(context=tls_context())
                smtp.ehlo()
            if server.oauth is not None:
                _sign_in_by_token(smtp, server, server.oauth)
            elif server.user:
                smtp.login(server.user, server.password)
        except BaseException:
            self.close()
            raise
        return smtp

    def _envelope(self, smtp: _Smtp | _SmtpOverTls, sender: str, recipient: str, data: bytes) -> None:
        options = []
        if smtp.has_extn("size"):
            limit = smtp.esmtp_features.get("size", "").strip()
            if limit.isdigit() and 0 < int(limit) < len(data):
                raise Refused("too_large", f"SIZE {limit}")
            options.append(f"SIZE={len(data)}")
        if needs_utf8(sender) or needs_utf8(recipient) or not data.isascii():
            if not smtp.has_extn("smtputf8"):
                raise Refused("needs_utf8")
            options += ["SMTPUTF8", "BODY=8BITMIME"]
            smtp.command_encoding = "utf-8"
        else:
            smtp.command_encoding = "ascii"
        self._expect(smtp, f"MAIL FROM:<{sender}>" + "".join(f" {option}" for option in options), {250}, "sender")
        self._expect(smtp, f"RCPT TO:<{recipient}>", {250, 251}, "recipient")

    def _expect(self, smtp: _Smtp | _SmtpOverTls, command: str, good: set[int], step: str) -> bytes:
        smtp.putcmd(command)
        code, text = smtp.getreply()
        if code not in good:
            self._raise_for(smtp, code, text, step)
        return text

    def _raise_for(self, smtp: _Smtp | _SmtpOverTls, code: int, text: bytes, step: str) -> None:
        """Turn an answer that is no consent into the right error, and leave the connection fit for the next mail."""
        response = plain_response(code, text)
        if code == 421 or code < 400 or code in {530, 535}:
            # the server leaves, talks nonsense or wants another sign-in: nothing more over this connection
            self.close()
            name = "login" if code in {530, 535} else "busy" if code == 421 else "garbage"
            raise Passing(name, response, server_down=name == "login")
        try:
            smtp.putcmd("RSET")
            if smtp.getreply()[0] != 250:
                self.close()
        except (OSError, smtplib.SMTPException):
            self.close()
        if code < 500:
            raise Passing("greylisted" if step == "recipient" else "deferred", response)
        raise Refused("sender_refused" if step == "sender" else refusal_code(code, text), response)

    def _content(self, smtp: _Smtp | _SmtpOverTls, data: bytes) -> str:
        self._expect(smtp, "DATA", {354}, "data")
        body = re.sub(rb"(?m)^\.", b"..", data)
        smtp.send(body if body.endswith(b"\r\n") else body + b"\r\n")
        # From the final dot on nobody can tell whether the server took the mail until it says so.
        try:
            smtp.send(b".\r\n")
            code, text = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise Doubt("lost_after_data", type(error).__name__) from error
        if code < 200 or 300 <= code < 400:
            self.close()
            raise Doubt("lost_after_data", plain_response(code, text))
        if code >= 400:
            self._raise_for(smtp, code, text, "content")
        return plain_response(code, text)

    def _probe(self) -> None:
        """Drop the kept connection when the server has hung up meanwhile."""
        smtp = self._smtp
        if smtp is None:
            return
        try:
            smtp.deadline = time.monotonic() + 10
            if smtp.noop()[0] != 250:
                self.close()
        except (OSError, smtplib.SMTPException):
            self.close()

    def close(self) -> None:
        """Hang up; never raises."""
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        try:
            if smtp.sock is not None:
                smtp.sock.settimeout(2)
                smtp.sock.sendall(b"QUIT\r\n")
        except OSError:
            pass
        smtp.close()
