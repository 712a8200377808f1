"""The ticket card and the API of one ticket."""

from typing import Any

from tests.routes.table import ALL, DESK, WORKERS, Row, Scene

ROWS: dict[str, Row] = {
    "tickets:recipients": Row("GET HEAD", WORKERS, of_ticket=True),
    "tickets:card": Row("GET HEAD", ALL, of_ticket=True),
    "tickets:next": Row("GET HEAD", ALL, of_ticket=True),
    "tickets:previous": Row("GET HEAD", ALL, of_ticket=True),
    "tickets:replies": Row("POST", WORKERS, of_ticket=True),
    "tickets:notes": Row("POST", WORKERS, of_ticket=True),
    "tickets:assignment": Row("GET POST", DESK, of_ticket=True),
    "tickets:status": Row("POST", WORKERS, of_ticket=True),
    "tickets:snooze": Row("POST DELETE", WORKERS, of_ticket=True),
    "tickets:tags": Row("POST", DESK, of_ticket=True),
    "tickets:properties": Row("POST", DESK, of_ticket=True),
    "tickets:references": Row("POST", DESK, of_ticket=True),
    "tickets:reference": Row("DELETE", DESK, of_ticket=True),
    "tickets:people": Row("POST", DESK, of_ticket=True),
    "tickets:requester": Row("POST", DESK, of_ticket=True),
    "tickets:person": Row("DELETE", DESK, of_ticket=True),
    "tickets:frame": Row("GET HEAD", ALL, of_ticket=True),
    "tickets:outside-picture": Row("GET HEAD", ALL, of_ticket=True),
    "tickets:attachment": Row("GET HEAD", ALL, of_ticket=True),
    "tickets:draft": Row("GET POST", WORKERS, of_ticket=True),
    "tickets:scheduled": Row("POST", WORKERS, of_ticket=True),
    "tickets:followers": Row("GET POST", WORKERS, of_ticket=True),
    "tickets:bin": Row("POST DELETE", DESK, of_ticket=True),
    "tickets:print": Row("GET HEAD", ALL, of_ticket=True),
    "tickets:more": Row("GET HEAD", ALL, of_ticket=True),
    "tickets:merge": Row("POST DELETE", DESK, of_ticket=True),
    "tickets:links": Row("POST", DESK, of_ticket=True),
    "tickets:link": Row("DELETE", DESK, of_ticket=True),
    "tickets:split": Row("POST", DESK, of_ticket=True),
    "tickets:note": Row("GET POST DELETE", WORKERS, of_ticket=True),
    "tickets:note-versions": Row("GET HEAD", "admin supervisor", of_ticket=True),
    "tickets:mentionable": Row("GET HEAD", WORKERS, of_ticket=True),
    "api:get_ticket": Row("GET PATCH", ALL, of_ticket=True),
    "api:list_messages": Row("GET POST", ALL, of_ticket=True),
    "api:list_events": Row("GET", ALL, of_ticket=True),
    "api:list_scheduled": Row("GET POST", ALL, of_ticket=True),
    "api:delete_scheduled": Row("DELETE", WORKERS, of_ticket=True),
    "api:post_merge": Row("POST DELETE", ALL, of_ticket=True),
    "api:list_links": Row("GET POST", ALL, of_ticket=True),
    "api:delete_link": Row("DELETE", ALL, of_ticket=True),
    "api:get_message": Row("GET PATCH DELETE", ALL, of_ticket=True),
    "api:list_versions": Row("GET", "admin supervisor", of_ticket=True),
    "api:post_split": Row("POST", DESK, of_ticket=True),
    "api:post_undo": Row("POST", ALL),
    "api:post_bin": Row("POST DELETE", DESK, of_ticket=True),
    "api:post_spam": Row("POST DELETE", DESK, of_ticket=True),
    "api:list_people": Row("GET POST", ALL, of_ticket=True),
    "api:delete_person": Row("DELETE", DESK, of_ticket=True),
    "api:list_drafts": Row("GET", ALL, of_ticket=True),
    "api:get_draft": Row("GET PUT DELETE", ALL, of_ticket=True),
    "api:get_filled": Row("GET", WORKERS, of_ticket=True),
    "api:list_presence": Row("GET", ALL, of_ticket=True),
    "api:post_attachment": Row("POST", ALL),
    "api:get_attachment": Row("GET", ALL, of_ticket=True),
}

_OF_MESSAGE = ("get_message", "list_versions", "post_split")


def names(scene: Scene) -> dict[str, dict[str, Any]]:
    """What the addresses need to name things."""
    number = {"number": scene.ticket.pk}
    return {
        "tickets:reference": number | {"reference_id": scene.ticket.references.get().pk},
        "tickets:person": number | {"contact_id": scene.ticket.people[0]["contact_id"]},
        "tickets:scheduled": number | {"scheduled_id": 1},
        "tickets:link": number | {"link_id": 1},
        "tickets:split": {"message_id": scene.message.pk},
        "tickets:note": {"message_id": scene.message.pk},
        "tickets:note-versions": {"message_id": scene.message.pk},
        "tickets:frame": {"message_id": scene.message.pk},
        "tickets:outside-picture": {"message_id": scene.message.pk},
        "tickets:attachment": {"token": scene.file.token, "name": "x.txt"},
        **{f"api:{name}": number | {"message_id": scene.message.pk} for name in _OF_MESSAGE},
        "api:post_undo": {"step_id": 1},
        "api:delete_person": number | {"contact_id": scene.ticket.people[0]["contact_id"]},
        "api:get_draft": number | {"mode": "note"},
        "api:get_filled": number | {"saved_id": 1},
        "api:delete_link": number | {"link_id": 1},
        "api:delete_scheduled": number | {"scheduled_id": 1},
        "api:get_attachment": {"attachment_id": scene.file.pk},
    }
