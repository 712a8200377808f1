"""The mail ledger, the outbox and mailboxes."""

from typing import Any

from otklik.channels.email.models import Delivery, Inbound
from otklik.core.blobs import put_blob
from otklik.core.clock import now
from otklik.tickets.models import Ticket
from tests.routes import things
from tests.routes.table import CANARY, DESK, LEDGER, Row, Scene

ROWS: dict[str, Row] = {
    "email:ledger": Row("GET HEAD", LEDGER, right="mail.ledger"),
    "email:mail": Row("GET HEAD", LEDGER, of_ticket=True, right="mail.ledger"),
    "email:mail-raw": Row("GET HEAD", DESK, of_ticket=True, right="mail.ledger mail.raw"),
    "email:mail-again": Row("POST", DESK, of_ticket=True, right="mail.ledger mail.process"),
    "email:mail-join": Row("POST", DESK, of_ticket=True, right="mail.ledger mail.process"),
    "email:mail-release": Row("POST", DESK, of_ticket=True, right="mail.ledger mail.process"),
    "email:mail-dismiss": Row("POST", DESK, of_ticket=True, right="mail.ledger mail.process"),
    "email:outbox": Row("GET HEAD", LEDGER, right="outbox.view"),
    "email:outbox-again": Row("POST", DESK, right="outbox.retry"),
    "email:delivery-again": Row("POST", DESK, of_ticket=True, right="outbox.view outbox.retry"),
    "email:delivery-end": Row("POST", DESK, of_ticket=True, right="outbox.view outbox.retry"),
    "email:delivery-arrival": Row("POST", DESK, of_ticket=True, right="outbox.view outbox.retry"),
    "email:mailboxes": Row("GET HEAD", "admin", right="settings.edit"),
    "email:mailbox-new": Row("GET HEAD POST", "admin", right="settings.edit"),
    "email:mailbox": Row("GET HEAD POST", "admin", right="settings.edit"),
    "email:mailbox-consent": Row(
        "GET HEAD POST", "admin", elsewhere="channels/email/tests/test_oauth.py", right="settings.edit"
    ),
    "email:mailbox-test": Row("POST", "admin", right="settings.edit"),
    "api:list_mail": Row("GET", LEDGER, right="mail.ledger"),
    "api:mail_sums": Row("GET", LEDGER, right="mail.ledger"),
    "api:mail_folders": Row("GET", LEDGER, right="mail.ledger"),
    "api:get_mail": Row("GET", LEDGER, of_ticket=True, right="mail.ledger"),
    "api:get_raw": Row("GET", DESK, of_ticket=True, right="mail.ledger mail.raw"),
    "channels:directory": Row("GET HEAD", "admin", right="settings.edit"),
    "channels:test": Row("POST", "admin", right="settings.edit", elsewhere="channels/tests/test_directory.py"),
    "email:archives": Row("GET HEAD POST", "admin"),
    "email:archive": Row("GET HEAD", "admin"),
    "email:archive-start": Row("POST", "admin"),
    "email:archive-stop": Row("POST", "admin"),
    "api:list_mailboxes": Row("GET POST", "admin"),
    "api:get_mailbox": Row("GET PATCH", "admin"),
    "api:post_mailbox_test": Row("POST", "admin", elsewhere="channels/email/tests/test_mailboxes_api.py"),
}


def names(scene: Scene) -> dict[str, dict[str, Any]]:
    """What the addresses need to name things."""
    held = {"inbound_id": _held_on(scene.ticket)}
    delivery = {"delivery_id": Delivery.objects.filter(outgoing__ticket_message=scene.message).earliest("pk").pk}
    archive = things.archive().pk
    return {
        **{name: held for name in ROWS if name.startswith("email:mail") and not name.startswith("email:mailbox")},
        "email:delivery-again": delivery,
        "email:delivery-end": delivery,
        "email:delivery-arrival": delivery,
        "email:mailbox": {"channel_id": scene.company.mailbox.pk},
        "api:get_mailbox": {"mailbox_id": scene.company.mailbox.pk},
        "api:post_mailbox_test": {"mailbox_id": 2**62},
        "email:mailbox-test": {"channel_id": scene.company.mailbox.pk},
        "api:get_mail": held,
        "api:get_raw": held,
        "channels:test": {"channel_id": scene.company.mailbox.pk},
        **{f"email:{name}": {"archive_id": archive} for name in ("archive", "archive-start", "archive-stop")},
    }


def _held_on(ticket: Ticket) -> int:
    """Return a mail that is held on the ticket and repeats its subject."""
    raw = f"From: eve@nowhere.example\r\nSubject: {CANARY}\r\n\r\n{CANARY}".encode()
    return Inbound.objects.create(
        channel=ticket.channel, dedupe="x", source="smtp", received_at=now(), run_at=now(), size=len(raw),
        blob=put_blob(raw), subject=CANARY, from_address="eve@nowhere.example", state="quarantined",
        reason="stranger", ticket=ticket,
    ).pk  # fmt: skip
