"""Side conversations."""

from typing import Any

from tests.routes.table import ALL, WORKERS, Row, Scene

ROWS: dict[str, Row] = {
    "tickets:side-new": Row("GET HEAD POST", WORKERS, of_ticket=True, right="tickets.reply"),
    "tickets:side": Row("GET HEAD POST", ALL, of_ticket=True),
    "tickets:side-state": Row("POST", WORKERS, of_ticket=True, right="tickets.reply"),
    "tickets:side-seen": Row("POST", WORKERS, of_ticket=True, right="tickets.note"),
    "tickets:side-note": Row("POST", WORKERS, of_ticket=True, right="tickets.note"),
    "tickets:side-quote": Row("POST", WORKERS, of_ticket=True, right="tickets.reply"),
    "api:list_sides": Row("GET POST", ALL, of_ticket=True, writers=WORKERS, writes="tickets.reply"),
    "api:get_one_side": Row(
        "GET PATCH", ALL, of_ticket=True, writers=WORKERS, writes="tickets.reply", body={"open": False}
    ),
    "api:list_side_messages": Row("GET POST", ALL, of_ticket=True, writers=WORKERS, writes="tickets.reply"),
    "api:post_side_note": Row("POST", WORKERS, of_ticket=True, right="tickets.note"),
    "api:post_side_quote": Row("POST", WORKERS, of_ticket=True, right="tickets.reply"),
}


def names(scene: Scene) -> dict[str, dict[str, Any]]:
    """What the addresses need to name things."""
    aside = {"number": scene.ticket.pk, "side_id": scene.side.side.pk}
    return {
        "tickets:side": aside,
        "tickets:side-state": aside,
        "tickets:side-seen": aside,
        "tickets:side-note": {"message_id": scene.side.message.pk},
        "tickets:side-quote": {"message_id": scene.side.message.pk},
        "api:get_one_side": aside,
        "api:list_side_messages": aside,
        "api:post_side_note": {"message_id": scene.side.message.pk},
        "api:post_side_quote": {"message_id": scene.side.message.pk},
    }
