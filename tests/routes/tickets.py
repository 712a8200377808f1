"""The ticket card and the API of one ticket."""

from typing import Any

from tests.routes import things
from tests.routes.table import ALL, DESK, WORKERS, Row, Scene

ROWS: dict[str, Row] = {
    "tickets:recipients": Row("GET HEAD", WORKERS, of_ticket=True, right="tickets.reply"),
    "tickets:card": Row("GET HEAD", ALL, of_ticket=True),
    "tickets:next": Row("GET HEAD", ALL, of_ticket=True),
    "tickets:replies": Row("POST", WORKERS, of_ticket=True, right="tickets.reply"),
    "tickets:incoming": Row("POST", WORKERS, of_ticket=True, right="tickets.reply"),
    "tickets:notes": Row("POST", WORKERS, of_ticket=True, right="tickets.note"),
    "tickets:assignment": Row("GET POST", DESK, of_ticket=True, right="tickets.assign"),
    "tickets:status": Row("POST", WORKERS, of_ticket=True, right="tickets.status"),
    "tickets:snooze": Row("POST DELETE", WORKERS, of_ticket=True, right="tickets.snooze"),
    "tickets:tags": Row("POST", DESK, of_ticket=True, right="tickets.edit"),
    "tickets:properties": Row("POST", DESK, of_ticket=True, right="tickets.edit"),
    "tickets:references": Row("POST", DESK, of_ticket=True, right="tickets.edit"),
    "tickets:reference": Row("DELETE", DESK, of_ticket=True, right="tickets.edit"),
    "tickets:people": Row("POST", DESK, of_ticket=True, right="tickets.edit"),
    "tickets:person": Row("DELETE", DESK, of_ticket=True, right="tickets.edit"),
    "tickets:frame": Row("GET HEAD", ALL, of_ticket=True),
    "tickets:outside-picture": Row("GET HEAD", ALL, of_ticket=True, elsewhere="tickets/tests/test_frame.py"),
    "tickets:attachment": Row("GET HEAD", ALL, of_ticket=True),
    "tickets:draft": Row("GET POST", WORKERS, of_ticket=True, right="tickets.note"),
    "tickets:scheduled": Row("POST", WORKERS, of_ticket=True, right="tickets.reply"),
    "tickets:followers": Row("GET POST", WORKERS, of_ticket=True, right="tickets.note"),
    "tickets:bin": Row("POST DELETE", DESK, of_ticket=True, right="tickets.edit"),
    "tickets:print": Row("GET HEAD", ALL, of_ticket=True),
    "tickets:more": Row("GET HEAD", ALL, of_ticket=True),
    "tickets:merge": Row("POST DELETE", DESK, of_ticket=True, right="tickets.edit"),
    "tickets:links": Row("POST", DESK, of_ticket=True, right="tickets.edit"),
    "tickets:link": Row("DELETE", DESK, of_ticket=True, right="tickets.edit"),
    "tickets:split": Row("POST", DESK, of_ticket=True, right="tickets.edit"),
    "tickets:note": Row("GET POST DELETE", WORKERS, of_ticket=True, right="tickets.note"),
    "tickets:note-versions": Row("GET HEAD", "admin supervisor", of_ticket=True),
    "tickets:mentionable": Row("GET HEAD", WORKERS, of_ticket=True, right="tickets.note"),
    "api:get_ticket": Row(
        "GET PATCH", ALL, of_ticket=True, writers=DESK, writes="tickets.edit", body={"subject": "Другая"}
    ),
    "api:list_messages": Row("GET POST", ALL, of_ticket=True, writers=WORKERS, writes="tickets.reply"),
    "api:list_events": Row("GET", ALL, of_ticket=True),
    "api:list_scheduled": Row("GET POST", ALL, of_ticket=True, writers=WORKERS, writes="tickets.reply"),
    "api:get_one_scheduled": Row("GET DELETE", ALL, of_ticket=True, writers=WORKERS, writes="tickets.reply"),
    "api:post_scheduled_now": Row("POST", WORKERS, of_ticket=True, right="tickets.reply"),
    "api:post_merge": Row("POST DELETE", DESK, of_ticket=True),
    "api:list_links": Row("GET POST", ALL, of_ticket=True, writers=DESK, writes="tickets.edit"),
    "api:delete_link": Row("DELETE", DESK, of_ticket=True, right="tickets.edit"),
    "api:post_attachment": Row("POST", WORKERS),
    "api:get_attachment": Row("GET", ALL, of_ticket=True),
    "tickets:previous": Row("GET HEAD", ALL, of_ticket=True),
    "tickets:requester": Row("POST", DESK, of_ticket=True),
    "tickets:time-spent": Row("GET POST", WORKERS, of_ticket=True, elsewhere="tickets/tests/test_time_spent.py"),
    "api:put_time": Row("PUT", WORKERS, of_ticket=True, elsewhere="tickets/tests/test_time_spent.py"),
    "api:get_message": Row("GET PATCH DELETE", ALL, of_ticket=True, writers=WORKERS),
    "api:list_versions": Row("GET", "admin supervisor", of_ticket=True),
    "api:post_split": Row("POST", DESK, of_ticket=True),
    "api:post_undo": Row("POST", ALL),
    "api:post_bin": Row("POST DELETE", DESK, of_ticket=True),
    "api:post_spam": Row("POST DELETE", DESK, of_ticket=True),
    "api:list_people": Row("GET POST", ALL, of_ticket=True),
    "api:delete_person": Row("DELETE", DESK, of_ticket=True),
    "api:list_drafts": Row("GET", ALL, of_ticket=True),
    "api:get_draft": Row("GET PUT DELETE", ALL, of_ticket=True, elsewhere="tickets/tests/test_api_messages.py"),
    "api:get_filled": Row("GET", WORKERS, of_ticket=True),
    "api:list_presence": Row("GET PUT DELETE", ALL, of_ticket=True),
}


_OF_MESSAGE = ("get_message", "list_versions", "post_split")


def names(scene: Scene) -> dict[str, dict[str, Any]]:
    """What the addresses need to name things."""
    number = {"number": scene.ticket.pk}
    linked = number | {"link_id": things.link(scene.ticket, scene.neighbour).pk}
    scheduled = number | {"scheduled_id": things.scheduled(scene.ticket, scene.mine).pk}
    note = {"message_id": things.note(scene.ticket, scene.mine).pk}
    return {
        "tickets:reference": number | {"reference_id": scene.ticket.references.get().pk},
        "tickets:person": number | {"contact_id": scene.ticket.people[0]["contact_id"]},
        "tickets:scheduled": scheduled,
        "tickets:link": linked,
        "tickets:split": {"message_id": scene.message.pk},
        "tickets:note": note,
        "tickets:note-versions": note,
        "tickets:frame": {"message_id": scene.message.pk},
        "tickets:outside-picture": {"message_id": scene.message.pk},
        "tickets:attachment": {"token": scene.file.token, "name": "x.txt"},
        "api:delete_link": linked,
        "api:get_one_scheduled": scheduled,
        "api:post_scheduled_now": scheduled,
        "api:get_attachment": {"attachment_id": scene.file.pk},
        "tickets:time-spent": {"message_id": scene.message.pk},
        **{f"api:{name}": number | note for name in _OF_MESSAGE},
        "api:post_undo": {"step_id": things.step(scene.mine).pk},
        "api:delete_person": number | {"contact_id": scene.ticket.people[0]["contact_id"]},
        "api:get_draft": number | {"mode": "note"},
        "api:get_filled": number | {"saved_id": things.saved_reply(scene.mine).pk},
        "api:put_time": number | {"message_id": scene.message.pk},
    }
