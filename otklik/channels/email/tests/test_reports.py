"""Reports of mail servers through the whole of intake: tied by our signature or ignored, and never a state changed."""

import smtplib
import ssl
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from otklik.channels.email.models import Delivery, Inbound, Outgoing
from otklik.channels.email.smtpd.receiver import Receiver
from otklik.channels.email.tests.mails import arrive, mail, support
from otklik.core.clock import now
from otklik.testing.people import People, people
from otklik.tickets import actions as tickets
from otklik.tickets.models import Ticket

REPORT = """From: Mail Delivery System <mailer-daemon@mx.example>
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <{name}@mx.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I could not deliver your message.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; clara@berezka.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {status} user unknown

--b
Content-Type: text/rfc822-headers

Message-ID: {original}
Subject: Re: x

--b--
"""


def report(original: str, *, action: str = "failed", status: str = "5.1.1", name: str = "r1") -> bytes:
    """Return a delivery report about one of our mails."""
    to = "support@desk.example"
    text = REPORT.format(to=to, original=original, action=action, status=status, name=name)
    return text.replace("\n", "\r\n").encode()


@pytest.fixture
def world() -> People:
    """The people of every test."""
    return people()


def answered(world: People) -> tuple[Ticket, Outgoing]:
    """Let Clara ask and Anna answer; the answer has left."""
    (row,) = arrive(mail(), channel=world.mailbox)
    assert row.ticket is not None
    tickets.reply(row.ticket, body_text="Едем", status="solved", by=world.actor(world.anna))
    Delivery.objects.update(state="sent", run_at=None, sent_at=now())
    return Ticket.objects.get(pk=row.ticket_id), Outgoing.objects.get()


@pytest.mark.django_db
def test_a_bounce_is_tied_to_the_answer_that_came_back(world: People) -> None:
    """Ledger: into the ticket, at the message; the delivery tells the reason; the ticket stays solved (D-40)."""
    ticket, outgoing = answered(world)
    (row,) = arrive(report(outgoing.message_id), channel=world.mailbox, **{"from": ""})
    assert (row.state, row.reason, row.ticket_id) == ("message", "bounce", ticket.pk), row.steps
    assert row.message_id == outgoing.ticket_message_id
    assert Delivery.objects.get().state == "bounced"
    ticket.refresh_from_db()
    assert (ticket.category, ticket.messages.count(), Ticket.objects.count()) == ("solved", 2, 1)


@pytest.mark.django_db
def test_a_delay_is_no_failure(world: People) -> None:
    """It is tied and changes nothing."""
    ticket, outgoing = answered(world)
    (row,) = arrive(report(outgoing.message_id, action="delayed", status="4.4.1"), channel=world.mailbox)
    assert (row.state, row.ticket_id, Delivery.objects.get().state) == ("message", ticket.pk, "sent")


@pytest.mark.django_db
def test_a_bounce_of_another_is_ignored(world: People) -> None:
    """About a mail that is not ours, or that only looks so: no ticket, no contact."""
    for number, original in enumerate(
        ("<x@elsewhere.example>", "<t-1a1.aaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaa@desk.example>")
    ):
        raw = report(original, name=f"n{number}").replace(b"clara@berezka", b"nobody@elsewhere")
        (row,) = arrive(raw, channel=world.mailbox)
        assert (row.state, row.reason) == ("ignored", "bounce")
    assert not Ticket.objects.exists()


@pytest.mark.django_db
def test_a_read_receipt_is_no_message(world: People) -> None:
    """It is tied to the ticket by our id and says nothing on it."""
    ticket, outgoing = answered(world)
    raw = (
        f"From: clara@berezka.example\r\nTo: support@desk.example\r\nSubject: Read: x\r\n"
        f"In-Reply-To: {outgoing.message_id}\r\nMessage-ID: <mdn@berezka.example>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nread\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\n"
        f"Final-Recipient: rfc822; clara@berezka.example\r\nOriginal-Message-ID: {outgoing.message_id}\r\n"
        "Disposition: manual-action/MDN-sent-manually; displayed\r\n--b--\r\n"
    ).encode()
    (row,) = arrive(raw, channel=world.mailbox)
    assert (row.state, row.reason, row.ticket_id) == ("message", "receipt", ticket.pk), row.steps
    assert ticket.messages.count() == 2


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert_path, key_path = folder / "cert.pem", folder / "key.pem"
    cert_path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert_path, key_path


@pytest.mark.django_db(transaction=True)
def test_mail_over_tls(tmp_path: Path) -> None:
    """With a certificate STARTTLS is offered and works; what was sent before it is forgotten."""
    support("support@demo.otklik.test")
    cert, key = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    receiver = Receiver("127.0.0.1", 0, tls=context)
    receiver.start()
    try:
        with smtplib.SMTP("127.0.0.1", receiver.port, timeout=20) as client:
            client.ehlo()
            assert client.has_extn("starttls")
            client._host = "localhost"  # type: ignore[attr-defined]  # the name the certificate is checked against
            client.starttls(context=ssl.create_default_context(cafile=str(cert)))
            client.sendmail("a@b.example", ["support@demo.otklik.test"], mail())
    finally:
        receiver.stop()
    assert Inbound.objects.get().state == "waiting"
