"""Lists of tickets, many at once, search, saved replies and what belongs to no single ticket."""

from typing import Any

from tests.routes.table import ALL, DESK, WORKERS, Row, Scene

ROWS: dict[str, Row] = {
    "tickets:list": Row("GET HEAD", ALL),
    "tickets:new": Row("GET HEAD POST", DESK),
    "tickets:search": Row("GET HEAD", ALL),
    "tickets:search-history": Row("GET HEAD", ALL),
    "tickets:suggestions": Row("GET HEAD", DESK),
    "tickets:requesters": Row("GET HEAD", DESK),
    "tickets:channels": Row("GET HEAD POST", "admin"),
    "tickets:first": Row("GET HEAD", ALL),
    "tickets:bulk": Row("GET POST", ALL),
    "tickets:upload": Row("POST", WORKERS),
    "tickets:files-preview": Row("GET HEAD", "admin supervisor"),
    "tickets:send-times": Row("GET HEAD", WORKERS),
    "tickets:saved-replies": Row("GET HEAD", WORKERS),
    "tickets:saved-reply-new": Row("GET HEAD POST", WORKERS),
    "tickets:saved-offered": Row("GET HEAD", WORKERS),
    "tickets:saved-reply": Row("GET HEAD POST DELETE", WORKERS),
    "tickets:saved-filled-new": Row("GET HEAD", WORKERS),
    "tickets:new-draft": Row("GET POST", DESK),
    "tickets:saved-filled": Row("GET HEAD", WORKERS, of_ticket=True),
    "api:list_saved": Row("GET POST", WORKERS),
    "api:get_saved_reply": Row("GET PATCH DELETE", WORKERS),
    "tickets:spam": Row("POST", DESK, of_ticket=True),
    "tickets:undo": Row("POST", ALL),
    "tickets:bulk-runs": Row("GET HEAD", ALL),
    "tickets:bulk-run": Row("GET HEAD POST", ALL),
    "tickets:tag-list": Row("GET HEAD", ALL),
    "tickets:tag-pins": Row("POST", ALL),
    "tickets:tag": Row("POST", "admin supervisor"),
    "tickets:columns": Row("GET HEAD POST", ALL),
    "tickets:spam-senders": Row("GET HEAD POST", "admin supervisor"),
    "api:list_spam_senders": Row("GET POST", "admin supervisor"),
    "api:post_spam_sender": Row("GET POST", "admin supervisor"),
    "api:delete_spam_sender": Row("DELETE", "admin supervisor"),
    "api:list_layouts": Row("GET", ALL),
    "api:get_layout": Row("GET PUT DELETE", ALL),
    "api:post_bulk": Row("POST", WORKERS),
    "api:post_run": Row("POST", WORKERS),
    "api:get_bulk_run": Row("GET", ALL),
    "api:post_stop": Row("POST", WORKERS),
    "api:post_run_undo": Row("POST", WORKERS),
    "api:list_tags": Row("GET", ALL),
    "api:patch_tag": Row("PATCH DELETE", "admin supervisor"),
    "api:post_tag_merge": Row("POST", "admin supervisor"),
    "api:put_tag_pin": Row("PUT DELETE", ALL),
    "api:list_tickets": Row("GET POST", ALL),
    "api:list_statuses": Row("GET", ALL),
    "api:list_types": Row("GET", ALL),
    "api:list_views": Row("GET", ALL),
    "api:list_channels": Row("GET POST", ALL),
    "api:patch_channel": Row("PATCH", "admin"),
}


def names(scene: Scene) -> dict[str, dict[str, Any]]:
    """What the addresses need to name things."""
    number = {"number": scene.ticket.pk}
    return {
        "api:delete_spam_sender": {"sender_id": 1},
        "api:patch_channel": {"channel_id": 0},
        "tickets:bulk-run": {"run_id": 1},
        "tickets:tag": {"tag_id": 1},
        "api:get_layout": {"folder": "open"},
        **{f"api:{name}": {"run_id": 1} for name in ("get_bulk_run", "post_stop", "post_run_undo")},
        **{f"api:{name}": {"tag_id": 1} for name in ("patch_tag", "post_tag_merge", "put_tag_pin")},
        "tickets:saved-reply": {"saved_id": 1},
        "tickets:saved-filled-new": {"saved_id": 1},
        "tickets:saved-filled": number | {"saved_id": 1},
        "api:get_saved_reply": {"saved_id": 1},
        "tickets:undo": {"step_id": 1},
    }
