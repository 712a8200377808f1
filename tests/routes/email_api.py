"""What people decide about mail, in and out, by REST."""

from typing import Any

from otklik.channels.email.models import Delivery, Inbound, MailArchive
from tests.routes.table import DESK, LEDGER, Row, Scene

_DECISIONS = ("again", "join", "release", "dismiss")
_OUT = ("get_delivery", "post_delivery_again", "post_delivery_end", "post_delivery_arrival")
ROWS: dict[str, Row] = {
    **{f"api:post_mail_{act}": Row("POST", DESK, of_ticket=True) for act in _DECISIONS},
    "api:list_outbox": Row("GET", LEDGER),
    "api:post_outbox_again": Row("POST", DESK),
    "api:get_delivery": Row("GET", LEDGER, of_ticket=True),
    "api:post_delivery_again": Row("POST", DESK, of_ticket=True),
    "api:post_delivery_end": Row("POST", DESK, of_ticket=True),
    "api:list_archives": Row("GET POST", "admin"),
    "api:get_archive": Row("GET", "admin"),
    "api:post_archive_start": Row("POST", "admin"),
    "api:post_archive_stop": Row("POST", "admin"),
    "api:post_delivery_arrival": Row("POST", DESK, of_ticket=True),
}


def names(scene: Scene) -> dict[str, dict[str, Any]]:
    """What the addresses need to name things: those that ``tests.routes.email`` has made before."""
    held = {"inbound_id": Inbound.objects.get(ticket=scene.ticket).pk}
    delivery = {"delivery_id": Delivery.objects.filter(outgoing__ticket_message=scene.message).earliest("pk").pk}
    archive = {"archive_id": MailArchive.objects.earliest("pk").pk}
    return {
        **{f"api:post_mail_{act}": held for act in _DECISIONS},
        **{f"api:{name}": archive for name in ("get_archive", "post_archive_start", "post_archive_stop")},
        **{f"api:{name}": delivery for name in _OUT},
    }
