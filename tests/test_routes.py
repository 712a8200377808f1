"""Every route × method × role × team: who gets what. A route without a row here fails the build.

The ticket that the addresses name belongs to a team that the limited agent is not in; its subject is a canary that may
appear in no answer to somebody who may not see it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from otklik.accounts import actions as accounts
from otklik.accounts.models import User
from otklik.accounts.queries import actor_for
from otklik.core.actor import Actor
from otklik.core.events import Event
from otklik.core.settings_store import set_value
from otklik.testing.people import People
from otklik.tickets import actions
from otklik.tickets.actions.sides import Letter, open_side
from otklik.tickets.models import Message, Ticket

CANARY = "Канарейка7319"
ALL = "admin supervisor agent technician observer"
DESK = "admin supervisor agent"
WORKERS = "admin supervisor agent technician"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Row:
    """Methods that are served, roles that are let in ("" for everybody), and whether the address names the ticket."""

    methods: str
    roles: str
    of_ticket: bool = False


ROWS: dict[str, Row] = {
    # everybody
    "healthz": Row("GET HEAD", ""),
    "readyz": Row("GET HEAD", ""),
    "metrics": Row("GET HEAD", ""),
    "api-docs": Row("GET HEAD", ""),
    "api-schema": Row("GET HEAD", ""),
    "api:api-root": Row("", ""),
    "api-not-found": Row("", ""),
    "account_login": Row("GET HEAD POST", ""),
    "account_logout": Row("GET HEAD POST", ""),
    "account_inactive": Row("GET HEAD", ""),
    "account_reset_password": Row("GET HEAD POST", ""),
    "account_reset_password_done": Row("GET HEAD", ""),
    "account_reset_password_from_key": Row("GET HEAD POST", ""),
    "account_reset_password_from_key_done": Row("GET HEAD", ""),
    "account_invitation": Row("", ""),
    "account_provider": Row("", ""),
    "account_provider_callback": Row("", ""),
    "account_provider_left": Row("", ""),
    # the shell
    "account_reauthenticate": Row("GET HEAD POST", ALL),
    "account_change_password": Row("GET HEAD POST", ALL),
    "account_set_password": Row("GET HEAD POST", ALL),
    "desk:home": Row("GET HEAD", ALL),
    "desk:profile": Row("GET HEAD POST", ALL),
    "desk:live": Row("GET HEAD", ALL),
    "desk:palette": Row("GET HEAD", ALL),
    "desk:settings": Row("GET HEAD POST", "admin supervisor"),
    "desk:setup": Row("", ""),
    "desk:first-steps": Row("GET HEAD", "admin"),
    "desk:first-steps-away": Row("POST", "admin"),
    "desk:sample": Row("POST", "admin"),
    "desk:setting-reset": Row("POST", "admin"),
    "system": Row("GET HEAD", "admin supervisor"),
    "desk:audit": Row("GET HEAD", "admin supervisor"),
    "core:panel": Row("GET HEAD", ALL, of_ticket=True),
    # tickets
    "tickets:list": Row("GET HEAD", ALL),
    "tickets:new": Row("GET HEAD POST", DESK),
    "tickets:search": Row("GET HEAD", ALL),
    "tickets:search-history": Row("GET HEAD", ALL),
    "tickets:suggestions": Row("GET HEAD", DESK),
    "tickets:requesters": Row("GET HEAD", DESK),
    "tickets:channels": Row("GET HEAD POST", "admin"),
    "tickets:recipients": Row("GET HEAD", WORKERS, of_ticket=True),
    "tickets:first": Row("GET HEAD", ALL),
    "tickets:bulk": Row("GET POST", ALL),
    "tickets:card": Row("GET HEAD", ALL, of_ticket=True),
    "tickets:next": Row("GET HEAD", ALL, of_ticket=True),
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
    "tickets:person": Row("DELETE", DESK, of_ticket=True),
    "tickets:frame": Row("GET HEAD", ALL, of_ticket=True),
    "tickets:outside-picture": Row("GET HEAD", ALL, of_ticket=True),
    "tickets:attachment": Row("GET HEAD", ALL, of_ticket=True),
    "tickets:upload": Row("POST", WORKERS),
    "tickets:draft": Row("GET POST", WORKERS, of_ticket=True),
    "tickets:scheduled": Row("POST", WORKERS, of_ticket=True),
    "tickets:send-times": Row("GET HEAD", WORKERS),
    "tickets:followers": Row("GET POST", WORKERS, of_ticket=True),
    "tickets:saved-replies": Row("GET HEAD", WORKERS),
    "tickets:saved-reply-new": Row("GET HEAD POST", WORKERS),
    "tickets:saved-offered": Row("GET HEAD", WORKERS),
    "tickets:saved-reply": Row("GET HEAD POST DELETE", WORKERS),
    "tickets:saved-filled": Row("GET HEAD", WORKERS, of_ticket=True),
    "api:list_saved": Row("GET POST", WORKERS),
    "api:get_saved_reply": Row("GET PATCH DELETE", WORKERS),
    "tickets:bin": Row("POST DELETE", DESK, of_ticket=True),
    "tickets:spam": Row("POST", DESK, of_ticket=True),
    "tickets:print": Row("GET HEAD", ALL, of_ticket=True),
    "tickets:more": Row("GET HEAD", ALL, of_ticket=True),
    "tickets:merge": Row("POST DELETE", DESK, of_ticket=True),
    "tickets:links": Row("POST", DESK, of_ticket=True),
    "tickets:link": Row("DELETE", DESK, of_ticket=True),
    "tickets:split": Row("POST", DESK, of_ticket=True),
    "tickets:side-new": Row("GET HEAD POST", WORKERS, of_ticket=True),
    "tickets:side": Row("GET HEAD POST", ALL, of_ticket=True),
    "tickets:side-state": Row("POST", WORKERS, of_ticket=True),
    "tickets:side-seen": Row("POST", WORKERS, of_ticket=True),
    "tickets:side-note": Row("POST", WORKERS, of_ticket=True),
    "tickets:side-quote": Row("POST", WORKERS, of_ticket=True),
    "api:list_sides": Row("GET POST", ALL, of_ticket=True),
    "api:get_one_side": Row("GET PATCH", ALL, of_ticket=True),
    "api:list_side_messages": Row("GET POST", ALL, of_ticket=True),
    "api:post_side_note": Row("POST", WORKERS, of_ticket=True),
    "tickets:note": Row("GET POST DELETE", WORKERS, of_ticket=True),
    "tickets:note-versions": Row("GET HEAD", "admin supervisor", of_ticket=True),
    "tickets:mentionable": Row("GET HEAD", WORKERS, of_ticket=True),
    "tickets:undo": Row("POST", ALL),
    "presence:presence": Row("GET HEAD POST", ALL, of_ticket=True),
    # guided work
    "queues:walk": Row("POST", WORKERS),
    "queues:next": Row("POST", WORKERS),
    "queues:skip": Row("POST", WORKERS),
    "queues:leave": Row("POST", WORKERS),
    "queues:skips": Row("GET HEAD", "admin supervisor"),
    "queues:reasons": Row("POST", "admin"),
    "tickets:bulk-runs": Row("GET HEAD", ALL),
    "tickets:bulk-run": Row("GET HEAD POST", ALL),
    "tickets:columns": Row("GET HEAD POST", ALL),
    "tickets:spam-senders": Row("GET HEAD POST", "admin supervisor"),
    "api:list_spam_senders": Row("GET POST", "admin supervisor"),
    "api:post_spam_sender": Row("GET POST", "admin supervisor"),
    "api:delete_spam_sender": Row("DELETE", "admin supervisor"),
    "api:post_walk": Row("POST DELETE", WORKERS),
    "api:delete_walk": Row("POST DELETE", WORKERS),
    "api:post_next": Row("POST", WORKERS),
    "api:post_skip": Row("POST", WORKERS),
    "api:list_reasons": Row("GET", ALL),
    "api:list_skips": Row("GET", "admin supervisor"),
    "notifications:list": Row("GET HEAD", ALL),
    "notifications:panel": Row("GET HEAD", ALL),
    "notifications:read": Row("POST", ALL),
    "notifications:undo": Row("POST", ALL),
    "notifications:wishes": Row("GET HEAD POST", ALL),
    "notifications:browsers": Row("POST", ALL),
    "notifications:browser": Row("POST", ALL),
    "notifications:worker": Row("GET HEAD", ""),
    "api:list_notifications": Row("GET", ALL),
    "api:post_read": Row("POST", ALL),
    "api:get_rules": Row("GET PUT", ALL),
    "api:get_user_rules": Row("GET PUT", "admin"),
    "notifications:person-wishes": Row("GET HEAD POST", "admin"),
    # people
    "contacts:people": Row("GET HEAD POST", ALL),
    "contacts:organizations": Row("GET HEAD POST", ALL),
    "contacts:imports": Row("GET HEAD POST", DESK),
    "contacts:import": Row("GET HEAD POST", DESK),
    "contacts:import-start": Row("POST", DESK),
    "contacts:import-drop": Row("POST", DESK),
    "contacts:import-refused": Row("GET HEAD", DESK),
    "contacts:contact": Row("GET HEAD POST", ALL),
    "contacts:contact-note": Row("POST", DESK),
    "contacts:merge": Row("GET HEAD POST", DESK),
    "contacts:undo-merge": Row("POST", DESK),
    "contacts:export": Row("POST", "admin supervisor"),
    "contacts:export-file": Row("GET HEAD", "admin supervisor"),
    "contacts:erase": Row("GET HEAD POST", "admin supervisor"),
    "contacts:organization": Row("GET HEAD POST", ALL),
    "contacts:organization-note": Row("POST", DESK),
    "people:people": Row("GET HEAD", "admin"),
    "people:new": Row("GET HEAD POST", "admin"),
    "people:person": Row("GET HEAD POST", "admin"),
    "people:block": Row("POST", "admin"),
    "people:person-sessions": Row("POST", "admin"),
    "people:person-invitation": Row("POST", "admin"),
    "people:teams": Row("GET HEAD POST", "admin"),
    "people:team": Row("GET HEAD POST", "admin"),
    "people:second-factor": Row("POST", "admin"),
    "people:role-second-factor": Row("POST", "admin"),
    "mfa_index": Row("GET HEAD", ""),
    "mfa_list_webauthn": Row("GET HEAD", ""),
    "mfa_authenticate": Row("GET HEAD POST", ""),
    "mfa_login_webauthn": Row("GET HEAD POST", ""),
    "mfa_reauthenticate": Row("GET HEAD POST", ALL),
    "mfa_reauthenticate_webauthn": Row("GET HEAD POST", ALL),
    "mfa_activate_totp": Row("GET HEAD POST", ALL),
    "mfa_deactivate_totp": Row("GET HEAD POST", ALL),
    "mfa_view_recovery_codes": Row("GET HEAD", ALL),
    "mfa_generate_recovery_codes": Row("GET HEAD POST", ALL),
    "mfa_download_recovery_codes": Row("GET HEAD", ALL),
    "mfa_add_webauthn": Row("GET HEAD POST", ALL),
    "mfa_remove_webauthn": Row("GET HEAD POST", ALL),
    "people:roles": Row("GET HEAD", "admin"),
    "people:role-new": Row("GET HEAD POST", "admin"),
    "people:role": Row("GET HEAD POST", "admin"),
    "people:role-removal": Row("POST", "admin"),
    "people:provider": Row("GET HEAD POST", "admin"),
    "people:person-provider": Row("POST", "admin"),
    "people:absences": Row("GET HEAD POST", ALL),
    "people:absence-end": Row("POST", ALL),
    "people:security": Row("GET HEAD", ALL),
    "people:sessions": Row("POST", ALL),
    "people:tokens": Row("POST", ALL),
    "people:token": Row("POST", ALL),
    # mail
    "email:ledger": Row("GET HEAD", "admin supervisor agent observer"),
    "email:mail": Row("GET HEAD", "admin supervisor agent observer", of_ticket=True),
    "email:mail-raw": Row("GET HEAD", DESK, of_ticket=True),
    "email:mail-again": Row("POST", DESK, of_ticket=True),
    "email:mail-join": Row("POST", DESK, of_ticket=True),
    "email:mail-release": Row("POST", DESK, of_ticket=True),
    "email:mail-dismiss": Row("POST", DESK, of_ticket=True),
    "email:outbox": Row("GET HEAD", "admin supervisor agent observer"),
    "email:outbox-again": Row("POST", DESK),
    "email:delivery-again": Row("POST", DESK, of_ticket=True),
    "email:delivery-end": Row("POST", DESK, of_ticket=True),
    "email:mailboxes": Row("GET HEAD", "admin"),
    "email:mailbox-new": Row("GET HEAD POST", "admin"),
    "email:mailbox": Row("GET HEAD POST", "admin"),
    "email:mailbox-consent": Row("GET HEAD POST", "admin"),
    "email:mailbox-test": Row("POST", "admin"),
    # forms, and the customers' side
    "webform:forms": Row("GET HEAD", "admin"),
    "webform:form-new": Row("GET HEAD POST", "admin"),
    "webform:form": Row("GET HEAD POST", "admin"),
    "portal:new": Row("GET HEAD POST", ""),
    "portal:form": Row("GET HEAD POST", ""),
    "portal:request": Row("GET HEAD POST", ""),
    "portal:file": Row("GET HEAD", ""),
    # webhooks
    "webhooks:list": Row("GET HEAD", "admin"),
    "webhooks:new": Row("GET HEAD POST", "admin"),
    "webhooks:webhook": Row("GET HEAD POST", "admin"),
    "webhooks:test": Row("POST", "admin"),
    "webhooks:secret": Row("POST", "admin"),
    "webhooks:removal": Row("POST", "admin"),
    "webhooks:restoration": Row("POST", "admin"),
    "webhooks:again": Row("POST", "admin"),
    "api:list_webhooks": Row("GET POST", "admin"),
    "api:get_webhook": Row("GET PATCH DELETE", "admin"),
    # REST
    "api:list_tickets": Row("GET POST", ALL),
    "api:get_ticket": Row("GET PATCH", ALL, of_ticket=True),
    "api:list_messages": Row("GET POST", ALL, of_ticket=True),
    "api:list_events": Row("GET", ALL, of_ticket=True),
    "api:list_scheduled": Row("GET POST", ALL, of_ticket=True),
    "api:delete_scheduled": Row("DELETE", WORKERS, of_ticket=True),
    "api:post_merge": Row("POST DELETE", ALL, of_ticket=True),
    "api:list_links": Row("GET POST", ALL, of_ticket=True),
    "api:delete_link": Row("DELETE", ALL, of_ticket=True),
    "api:post_attachment": Row("POST", ALL),
    "api:get_attachment": Row("GET", ALL, of_ticket=True),
    "api:list_statuses": Row("GET", ALL),
    "api:list_types": Row("GET", ALL),
    "api:list_views": Row("GET", ALL),
    "api:list_channels": Row("GET", ALL),
    "api:list_contacts": Row("GET POST", ALL),
    "api:get_contact": Row("GET PATCH", ALL),
    "api:merge_contact": Row("POST DELETE", DESK),
    "api:list_organizations": Row("GET POST", ALL),
    "api:get_organization": Row("GET PATCH", ALL),
    "api:list_absences": Row("GET POST", ALL),
    "api:get_absence": Row("GET DELETE", ALL),
    "api:list_teams": Row("GET POST", ALL),
    "api:get_team": Row("GET PATCH", ALL),
    "api:list_users": Row("GET POST", ALL),
    "api:get_user": Row("GET PATCH", ALL),
    "api:list_mail": Row("GET", "admin supervisor agent observer"),
    "api:mail_sums": Row("GET", "admin supervisor agent observer"),
    "api:mail_folders": Row("GET", "admin supervisor agent observer"),
    "api:get_mail": Row("GET", "admin supervisor agent observer"),
    "api:get_raw": Row("GET", DESK),
}
# second names of an address that is in the table under its first
SAME_ADDRESS = {
    "api:part_contact", "api:post_webhook", "api:patch_webhook", "api:delete_webhook",
    "api:post_side", "api:patch_side", "api:post_side_message",
    "api:delete_merge", "api:post_link", "api:post_scheduled", "api:post_saved", "api:patch_saved", "api:delete_saved",
    "api:post_ticket", "api:patch_ticket", "api:post_message", "api:post_contact", "api:patch_contact",
    "api:post_organization", "api:patch_organization", "api:post_team", "api:patch_team", "api:post_user",
    "api:put_rules", "api:put_user_rules", "api:patch_user", "api:post_absence", "api:delete_absence",
}  # fmt: skip


def _routes(resolver: Any = None, space: str = "") -> Iterator[str]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLPattern):
            yield f"{space}{entry.name}"
        else:
            yield from _routes(entry, f"{space}{entry.namespace}:" if entry.namespace else space)


def test_every_route_has_a_row() -> None:
    routes = set(_routes())
    assert routes - set(ROWS) - SAME_ADDRESS == set()
    assert set(ROWS) - routes == set()


_ON_A_WEBHOOK = ("webhook", "test", "secret", "removal", "restoration")


@dataclass
class World:
    """A desk with a ticket of a foreign team, and what addresses need to name it."""

    company: People
    ticket: Ticket
    names: dict[str, dict[str, Any]]

    def url(self, name: str) -> str:
        """Return the address of a route, naming the canary's ticket where it names one."""
        return reverse(name, kwargs=self.names.get(name, {}))


@pytest.fixture
def world(company: People) -> World:
    anna = company.actor(company.anna)
    ticket = company.ticket(CANARY, team=company.field, foreign_refs=[("sd", "RP1", None)])
    file = actions.upload(BytesIO(b"x"), name="x.txt", content_type="text/plain", size=1, by=anna)
    message = actions.reply(ticket, body_text=f"Ответ {CANARY}", attachments=[file.pk], by=anna)
    actions.add_person(ticket, address="boss@berezka.example", by=anna)
    side = open_side(ticket, Letter(body_text=f"Деталь {CANARY}"), subject=CANARY, to=["p@parts.example"], by=anna)
    aside = {"number": ticket.pk, "side_id": side.side.pk}
    set_value("agents_see", "teams", by=Actor.system())
    number = {"number": ticket.pk}
    names: dict[str, dict[str, Any]] = {name: number for name in ROWS if ROWS[name].of_ticket}
    names |= {
        "desk:setting-reset": {"key": "close_after_days"},
        "desk:setup": {"token": "wrong"},
        "core:panel": {"key": "nothing", "subject_id": ticket.pk},
        "tickets:reference": number | {"reference_id": ticket.references.get().pk},
        "tickets:person": number | {"contact_id": ticket.people[0]["contact_id"]},
        "tickets:scheduled": number | {"scheduled_id": 1},
        "api:delete_spam_sender": {"sender_id": 1},
        "tickets:bulk-run": {"run_id": 1},
        "tickets:saved-reply": {"saved_id": 1},
        "tickets:saved-filled": number | {"saved_id": 1},
        "api:get_saved_reply": {"saved_id": 1},
        "tickets:link": number | {"link_id": 1},
        "tickets:split": {"message_id": message.pk},
        "tickets:side": aside,
        "tickets:side-state": aside,
        "tickets:side-seen": aside,
        "tickets:side-note": {"message_id": side.message.pk},
        "tickets:side-quote": {"message_id": side.message.pk},
        "api:get_one_side": aside,
        "api:list_side_messages": aside,
        "api:post_side_note": {"message_id": side.message.pk},
        "tickets:note": {"message_id": message.pk},
        "tickets:note-versions": {"message_id": message.pk},
        "tickets:undo": {"step_id": 1},
        "tickets:frame": {"message_id": message.pk},
        "tickets:outside-picture": {"message_id": message.pk},
        "tickets:attachment": {"token": file.token, "name": "x.txt"},
        "contacts:import": {"import_id": 1},
        "contacts:import-start": {"import_id": 1},
        "contacts:import-drop": {"import_id": 1},
        "contacts:import-refused": {"import_id": 1},
        "contacts:contact": {"contact_id": company.clara.pk},
        "contacts:contact-note": {"contact_id": company.clara.pk},
        "contacts:merge": {"contact_id": company.clara.pk},
        "contacts:undo-merge": {"contact_id": company.clara.pk, "merge_id": 1},
        "contacts:export": {"contact_id": company.clara.pk},
        "contacts:export-file": {"contact_id": company.clara.pk, "export_id": 1},
        "contacts:erase": {"contact_id": company.clara.pk},
        "contacts:organization": {"organization_id": company.berezka.pk},
        "contacts:organization-note": {"organization_id": company.berezka.pk},
        "people:person": {"user_id": company.boris.pk},
        "notifications:person-wishes": {"user_id": company.boris.pk},
        "notifications:undo": {"mark": 1},
        "notifications:browser": {"token": "nothing"},
        "api:get_user_rules": {"user_id": company.boris.pk},
        "people:block": {"user_id": company.boris.pk},
        "people:person-sessions": {"user_id": company.boris.pk},
        "people:person-invitation": {"user_id": company.boris.pk},
        "people:team": {"team_id": company.field.pk},
        "people:absence-end": {"absence_id": 0},
        "people:person-provider": {"user_id": company.boris.pk},
        "people:token": {"token_id": 0},
        "people:second-factor": {"user_id": company.boris.pk},
        "mfa_remove_webauthn": {"pk": 1},
        "people:role": {"role_id": 1},
        "people:role-removal": {"role_id": 1},
        "account_invitation": {"token": "wrong"},
        "api:get_user": {"user_id": company.boris.pk},
        "api:get_team": {"team_id": company.field.pk},
        "api:get_absence": {"absence_id": 0},
        "email:mailbox": {"channel_id": company.mailbox.pk},
        "email:mailbox-test": {"channel_id": company.mailbox.pk},
        "webhooks:again": {"webhook_id": 2**62, "delivery_id": 1},
        **{f"webhooks:{name}": {"webhook_id": 2**62} for name in _ON_A_WEBHOOK},
        "api:get_webhook": {"webhook_id": 2**62},
        "webform:form": {"form_id": _form(company)},
        "portal:form": {"key": "site"},
        "portal:request": {"token": "x" * 22},
        "portal:file": {"token": "x" * 22, "file_token": file.token, "name": "x.txt"},
        "account_reset_password_from_key": {"uidb36": "1", "key": "wrong-key"},
        "api-not-found": {"rest": "nothing"},
        "api:delete_link": number | {"link_id": 1},
        "api:delete_scheduled": number | {"scheduled_id": 1},
        "api:get_attachment": {"attachment_id": file.pk},
        "api:get_contact": {"contact_id": company.clara.pk},
        "api:merge_contact": {"contact_id": company.clara.pk},
        "api:get_organization": {"organization_id": company.berezka.pk},
        "api:get_mail": {"inbound_id": 1},
        "api:get_raw": {"inbound_id": 1},
    }
    held = {"inbound_id": _held_on(ticket)}
    names |= {name: held for name in ROWS if name.startswith("email:mail") and not name.startswith("email:mailbox")}
    delivery = _delivery_of(message)
    names |= {name: {"delivery_id": delivery} for name in ("email:delivery-again", "email:delivery-end")}
    return World(company, ticket, names)


def _form(company: People) -> int:
    from otklik.channels.webform.tests.posting import form

    return form(company).pk


def _held_on(ticket: Ticket) -> int:
    """Return a mail that is held on the ticket and repeats its subject."""
    from otklik.channels.email.models import Inbound
    from otklik.core.blobs import put_blob
    from otklik.core.clock import now

    raw = f"From: eve@nowhere.example\r\nSubject: {CANARY}\r\n\r\n{CANARY}".encode()
    return Inbound.objects.create(
        channel=ticket.channel, dedupe="x", source="smtp", received_at=now(), run_at=now(), size=len(raw),
        blob=put_blob(raw), subject=CANARY, from_address="eve@nowhere.example", state="quarantined",
        reason="stranger", ticket=ticket,
    ).pk  # fmt: skip


def _delivery_of(message: Message) -> int:
    from otklik.channels.email.models import Delivery

    return Delivery.objects.filter(outgoing__ticket_message=message).earliest("pk").pk


def _client(user: User | None, *, token: bool) -> Client:
    if user is None:
        return Client()
    if token:
        _row, plain = accounts.create_token(user, name="t", scopes=[], by=actor_for(user))
        return Client(headers={"authorization": f"Bearer {plain}"})
    client = Client()
    client.force_login(user)
    return client


def _send(client: Client, method: str, url: str) -> tuple[int, str]:
    body = {} if method in {"GET", "HEAD"} else {"data": json.dumps({}), "content_type": "application/json"}
    if url.startswith("/api/"):
        answer = client.generic(method, url, **(body or {}))  # type: ignore[arg-type]
    else:
        answer = client.generic(method, url, data="", content_type="application/x-www-form-urlencoded")
    text = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if answer.status_code == 302 and answer["Location"].startswith("/accounts/login/?next="):
        return 401, ""
    return answer.status_code, text.decode(errors="replace")


PEOPLE = ("stranger", "observer", "technician", "anna", "vera", "admin")


@pytest.mark.parametrize("who", PEOPLE)
def test_matrix(world: World, who: str) -> None:
    user: User | None = None if who == "stranger" else getattr(world.company, who)
    blind = who in {"stranger", "anna", "technician", "observer"}  # sees nothing of the foreign team's ticket
    program, browser = _client(user, token=True), _client(user, token=False)
    wrong: list[str] = []
    for name, row in ROWS.items():
        url = world.url(name)
        hidden = blind and row.of_ticket
        for method in METHODS:
            before = _state(world.ticket) if hidden else None
            status, text = _send(program if url.startswith("/api/") else browser, method, url)
            allowed = not row.roles or (user is not None and user.role in row.roles.split())
            fault = _fault(status, row, allowed=allowed and not hidden, served=method in row.methods.split())
            if fault is None and blind and CANARY in text:
                fault = "shows the canary"
            if fault is None and hidden and _state(world.ticket) != before:
                fault = "changed something"
            if fault:
                wrong.append(f"{method} {url} for {who}: {status} {fault}")
            if user is not None and "_auth_user_id" not in browser.session:  # some routes end sessions
                browser = _client(user, token=False)
    assert not wrong, "\n".join(wrong)


def _state(ticket: Ticket) -> tuple[dict[str, Any], int]:
    """Return what a person without the right must not change."""
    return Ticket.objects.filter(pk=ticket.pk).values()[0], Event.objects.count()


def _fault(status: int, row: Row, *, allowed: bool, served: bool) -> str | None:
    """Say what is wrong with a status, or nothing."""
    if status >= 500 and status != 503:  # the desk of a test has no engine, and /readyz says so
        return "failed"
    if not served:
        return None if status in {302, 401, 403, 404, 405} else "answers a method it does not serve"
    if not allowed:
        return None if status in {302, 401, 403, 404, 422} else "lets somebody in who may not"
    if row.roles and not row.of_ticket and status in {401, 405}:
        return "keeps somebody out who may"
    return None
