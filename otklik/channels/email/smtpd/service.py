"""The receiver as a service of the engine, and as a process of its own (``otklik smtp``)."""

import logging
import os
import ssl
import threading
from urllib.parse import urlsplit

from django.conf import settings

from otklik.channels.email.queries import count_waiting
from otklik.channels.email.smtpd.receiver import Limits, Receiver
from otklik.core.engine import beat
from otklik.core.settings_store import get

log = logging.getLogger(__name__)
RETRY_SECONDS = 5.0


def listen_address(text: str) -> tuple[str, int] | None:
    """Split ``host:port`` (``[::1]:2525`` too); None for an empty text. Raises ``ValueError``."""
    if not text.strip():
        return None
    host, colon, port = text.strip().rpartition(":")
    if not colon or not port.isdigit():
        raise ValueError("OTKLIK_SMTP_LISTEN must look like host:port.")
    return host.strip("[]") or "127.0.0.1", int(port)


def _tls_context() -> ssl.SSLContext | None:
    if not settings.SMTP_TLS_CERTIFICATE:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.SMTP_TLS_CERTIFICATE, settings.SMTP_TLS_KEY or None)
    return context


def make_receiver(host: str, port: int) -> Receiver:
    """Build a receiver after the settings of this installation."""
    return Receiver(
        host,
        port,
        limits=Limits(size=int(get("mail_most_size_mb")) * 1024 * 1024),
        tls=_tls_context(),
        hostname=urlsplit(settings.BASE_URL).hostname or "localhost",
        count_waiting=count_waiting,
        inherited=int(os.environ.get("OTKLIK_SMTP_FD", "-1")),
    )


def run(stop: threading.Event) -> None:
    """Receive until ``stop``; without an address to listen on it only waits. An address in use is tried again."""
    address = listen_address(settings.SMTP_LISTEN)
    if address is None:
        _rest(stop)
        return
    while not stop.is_set():
        receiver = make_receiver(*address)
        try:
            receiver.start()
        except OSError as error:
            log.error("the mail receiver cannot listen on %s: %s", settings.SMTP_LISTEN, error.strerror)
            beat()
            stop.wait(RETRY_SECONDS)
            continue
        log.info("the mail receiver listens on %s:%s", *address)
        _rest(stop)
        receiver.stop()


def _rest(stop: threading.Event) -> None:
    while not stop.wait(RETRY_SECONDS):
        beat()
