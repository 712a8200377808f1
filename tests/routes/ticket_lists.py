"""Lists of tickets, many at once, search, saved replies and what belongs to no single ticket."""

from typing import Any

from tests.routes import things
from tests.routes.table import ALL, DESK, WORKERS, Row, Scene

ROWS: dict[str, Row] = {
    "tickets:list": Row("GET HEAD", ALL),
    "tickets:new": Row("GET HEAD POST", DESK, right="tickets.open"),
    "tickets:search": Row("GET HEAD", ALL),
    "tickets:search-history": Row("GET HEAD", ALL, of_people=True, query="person={hidden}", right="contacts.view"),
    "tickets:suggestions": Row("GET HEAD", DESK, right="tickets.open"),
    "tickets:requesters": Row("GET HEAD", DESK, right="tickets.open"),
    "tickets:channels": Row("GET HEAD POST", "admin", right="settings.edit"),
    "tickets:first": Row("GET HEAD", ALL),
    "tickets:bulk": Row("GET POST", ALL),
    "tickets:upload": Row("POST", WORKERS, right="tickets.note"),
    "tickets:send-times": Row("GET HEAD", WORKERS, right="tickets.reply"),
    "tickets:saved-replies": Row("GET HEAD", WORKERS, right="tickets.reply"),
    "tickets:saved-reply-new": Row("GET HEAD POST", WORKERS, right="tickets.reply"),
    "tickets:saved-offered": Row("GET HEAD", WORKERS, right="tickets.reply"),
    "tickets:saved-reply": Row("GET HEAD POST DELETE", WORKERS, own=True, right="tickets.reply"),
    "tickets:saved-filled": Row("GET HEAD", WORKERS, of_ticket=True, own=True, right="tickets.reply"),
    "api:list_saved": Row("GET POST", WORKERS, right="tickets.reply"),
    "api:get_saved_reply": Row("GET PATCH DELETE", WORKERS, own=True, right="tickets.reply"),
    "tickets:spam": Row("POST", DESK, of_ticket=True, right="tickets.edit"),
    "tickets:undo": Row("POST", ALL, own=True),
    "tickets:bulk-runs": Row("GET HEAD", ALL),
    "tickets:bulk-run": Row("GET HEAD POST", ALL, own=True),
    "tickets:columns": Row("GET HEAD POST", ALL, query="folder=open", body={"folder": "open"}),
    "tickets:spam-senders": Row("GET HEAD POST", "admin supervisor", right="tickets.spam"),
    "api:list_spam_senders": Row("GET POST", "admin supervisor", right="tickets.spam"),
    "api:post_spam_sender": Row("GET POST", "admin supervisor", right="tickets.spam"),
    "api:delete_spam_sender": Row("DELETE", "admin supervisor", right="tickets.spam"),
    "api:list_tickets": Row("GET POST", ALL, writers=DESK, writes="tickets.open"),
    "tickets:tag-list": Row("GET HEAD", ALL),
    "tickets:tag-pins": Row("POST", ALL, body={"tag": "витрина", "on": "1"}),
    "tickets:tag": Row("POST", "admin supervisor", right="tickets.tags"),
    "tickets:statuses": Row("GET HEAD POST", "admin", right="settings.edit"),
    "tickets:types": Row("GET HEAD POST", "admin", right="settings.edit"),
    "api:list_statuses": Row("GET POST", ALL, writers="admin", writes="settings.edit"),
    "api:list_types": Row("GET POST", ALL, writers="admin", writes="settings.edit"),
    "api:patch_status": Row("PATCH", "admin", right="settings.edit"),
    "api:patch_type": Row("PATCH", "admin", right="settings.edit"),
    "api:list_views": Row("GET", ALL),
    "api:list_channels": Row("GET POST", ALL, writers="admin"),
    "tickets:saved-filled-new": Row("GET HEAD", WORKERS),
    "api:list_new_drafts": Row("GET", DESK, right="tickets.open"),
    "api:put_new_draft": Row("PUT DELETE", DESK, right="tickets.open", body={"body_text": "Начато"}),
    "tickets:new-draft": Row("GET POST", DESK),
    "api:list_layouts": Row("GET", ALL),
    "api:get_layout": Row("GET PUT DELETE", ALL),
    "api:post_bulk": Row("POST", WORKERS, body={"status": "open"}),
    "api:list_runs": Row("GET POST", ALL, writers=WORKERS, body={"view": "open", "status": "open"}),
    "api:get_retention": Row("GET", "admin supervisor", query="days=30", right="settings.view"),
    "api:get_bulk_run": Row("GET", ALL),
    "api:post_stop": Row("POST", WORKERS),
    "api:post_run_undo": Row("POST", WORKERS),
    "api:list_tags": Row("GET", ALL),
    "api:patch_tag": Row("PATCH DELETE", "admin supervisor"),
    "api:post_tag_merge": Row("POST", "admin supervisor", elsewhere="tickets/tests/test_lists_api.py"),
    "api:put_tag_pin": Row("PUT DELETE", ALL),
    "tickets:files-preview": Row("GET HEAD", "admin supervisor"),
    "api:patch_channel": Row("PATCH", "admin", elsewhere="tickets/tests/test_channels_api.py"),
}


def names(scene: Scene) -> dict[str, dict[str, Any]]:
    """What the addresses need to name things."""
    number = {"number": scene.ticket.pk}
    run = {"run_id": things.run(scene.mine).pk}
    tag = {"tag_id": things.tag(scene.ticket).pk}
    saved = {"saved_id": things.saved_reply(scene.mine).pk}
    things.new_draft(scene.mine)
    return {
        "api:delete_spam_sender": {"sender_id": things.spam_sender().pk},
        "tickets:bulk-run": run,
        "tickets:saved-reply": saved,
        "tickets:saved-filled": number | saved,
        "api:get_saved_reply": saved,
        "tickets:undo": {"step_id": things.step(scene.mine).pk},
        "tickets:tag": tag,
        "api:get_layout": {"folder": "open"},
        **{f"api:{name}": run for name in ("get_bulk_run", "post_stop", "post_run_undo")},
        **{f"api:{name}": tag for name in ("patch_tag", "post_tag_merge", "put_tag_pin")},
        "tickets:saved-filled-new": saved,
        "api:patch_status": {"key": "pending"},
        "api:patch_type": {"key": "repair"},
        "api:patch_channel": {"channel_id": scene.company.mailbox.pk},
    }
