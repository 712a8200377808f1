"""Opening and changing tickets from plain values (as the API gives them): references are keys and ids."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.accounts.models import Team, User
from otklik.accounts.queries import assignable, teams_visible_to
from otklik.contacts.models import Contact
from otklik.contacts.queries import visible_to as contacts_visible_to
from otklik.core.actor import Actor
from otklik.core.errors import Conflict, Invalid
from otklik.tickets import actions
from otklik.tickets.actions.following import set_followers
from otklik.tickets.actions.opening import write_first
from otklik.tickets.actions.references import Reference
from otklik.tickets.models import Channel, Priority, Ticket, TicketType
from otklik.tickets.queries import active_channels, default_channel, types
from otklik.tickets.queries.people import named_exactly


def new_ticket(values: Mapping[str, Any], *, by: Actor) -> Ticket:
    """Open a ticket from plain values; raises ``Invalid`` naming the field that points at nothing."""
    _no_fields(values.get("fields"))
    who = values["requester"]
    given = {key: values[key] for key in ("body_text", "body_html", "status", "tags", "attachments") if key in values}
    if "team" in values:
        given["team"] = team_by_id(by, values["team"])
    if "assignee" in values:
        given["assignee"] = user_by_id(by, values["assignee"])
    return actions.open_ticket(
        subject=values["subject"],
        requester=_known(by, who),
        requester_email=who.get("email", ""),
        requester_name=who.get("name", ""),
        requester_phone=who.get("phone", ""),
        channel=channel_of(values.get("channel")),
        priority=priority_by_key(values.get("priority", "normal")),
        kind=type_by_key(values.get("type")),
        foreign_refs=_references(values.get("foreign_refs", [])),
        by=by,
        **given,
    )


def _known(by: Actor, who: Mapping[str, Any]) -> Contact | None:
    if who.get("id") is None:
        return None
    return contact_by_id(by, who["id"], address=who.get("email", ""), phone=who.get("phone", ""))


def check_letter(values: Mapping[str, Any]) -> None:
    """Raise ``Invalid`` for copies or a time of what is no letter of ours, and for a time without its zone."""
    moment = values.get("send_at")
    if values.get("kind") != "reply" and (values.get("cc") or moment):
        raise Invalid(_("Only a letter of ours has copies and a time to leave at."), field="kind")
    if moment is not None and moment.tzinfo is None:
        raise Invalid(_("Give the moment with its time zone."), field="send_at")


def begin_by_writing(values: Mapping[str, Any], *, by: Actor) -> Ticket:
    """Open a ticket whose first message is ours, from plain values, and send it; raises as ``new_ticket``."""
    _no_fields(values.get("fields"))
    who = values["requester"]
    plain = ("body_text", "body_html", "status", "tags", "attachments", "cc", "send_at")
    given = {key: values[key] for key in plain if key in values}
    if "team" in values:
        given["team"] = team_by_id(by, values["team"])
    if "assignee" in values:
        given["assignee"] = user_by_id(by, values["assignee"])
    chosen = values.get("channel")
    box = mailbox_by_id(chosen) if isinstance(chosen, int) else None if chosen is None else channel_of(chosen)
    with transaction.atomic():
        ticket = write_first(
            subject=values["subject"],
            requester=_known(by, who),
            requester_email=who.get("email", ""),
            requester_name=who.get("name", ""),
            channel=box,
            priority=priority_by_key(values.get("priority", "normal")),
            kind=type_by_key(values.get("type")),
            by=by,
            **given,
        )
        if values.get("foreign_refs"):
            actions.set_references(ticket, references=_references(values["foreign_refs"]), by=by)
    return ticket


def change_ticket(ticket: Ticket, values: Mapping[str, Any], *, by: Actor) -> None:
    """Change a visible ticket by plain values, all of it or nothing.

    Raises ``Conflict`` with the current ticket when ``version`` is older, ``Invalid`` naming the field.
    """
    _no_fields(values.get("fields"))
    properties: dict[str, Any] = {}
    if values.get("subject") is not None:
        properties["subject"] = values["subject"]
    if values.get("priority") is not None:
        properties["priority"] = priority_by_key(values["priority"])
    if "type" in values:
        properties["type"] = type_by_key(values["type"])
    with transaction.atomic():
        if values.get("version") is not None:
            current = Ticket.objects.select_for_update().get(pk=ticket.pk)
            if current.version != values["version"]:
                raise Conflict(_("Somebody changed this ticket meanwhile."), current=current)
        if properties:
            actions.edit_properties(ticket, by=by, **properties)
        if values.get("requester") is not None:
            _ask(ticket, values["requester"], by=by)
        _assign(ticket, values, by=by)
        if values.get("tags") is not None:
            actions.set_tags(ticket, tags=values["tags"], by=by)
        if values.get("followers") is not None:
            set_followers(ticket, users=_followers(by, values["followers"]), by=by)
        if values.get("foreign_refs") is not None:
            actions.set_references(ticket, references=_references(values["foreign_refs"]), by=by)
        if values.get("status") is not None:
            actions.change_status(ticket, status=values["status"], by=by)
        if "snoozed_until" in values:
            _snooze(ticket, values["snoozed_until"], by=by)


def _ask(ticket: Ticket, who: Mapping[str, Any], *, by: Actor) -> None:
    known = _known(by, who)
    words = {key: who.get(key, "") for key in ("email", "name", "phone")}
    actions.change_requester(ticket, requester=known, **words, by=by)


def _assign(ticket: Ticket, values: Mapping[str, Any], *, by: Actor) -> None:
    given: dict[str, Any] = {}
    if "team" in values:
        given["team"] = team_by_id(by, values["team"])
    if "assignee" in values:
        given["assignee"] = user_by_id(by, values["assignee"])
    if given:
        actions.assign(ticket, by=by, **given)


def _followers(by: Actor, ids: list[int]) -> list[User]:
    users = {user.pk: user for user in assignable(by).filter(pk__in=[pk for pk in ids if 0 < pk < 2**63])}
    if missing := [pk for pk in ids if pk not in users]:
        raise Invalid(_("There is no colleague %(id)s.") % {"id": missing[0]}, field="followers")
    return list(users.values())


def _snooze(ticket: Ticket, until: Any, *, by: Actor) -> None:
    if until is None:
        actions.unsnooze(ticket, by=by)
        return
    if until.tzinfo is None:
        raise Invalid(_("Give the moment with its time zone."), field="snoozed_until")
    actions.snooze(ticket, until=until, by=by)


def _no_fields(fields: Mapping[str, Any] | None) -> None:
    if fields:
        raise Invalid(_("There is no field “%(field)s”.") % {"field": str(min(fields))[:40]}, field="fields")


def _references(rows: list[Mapping[str, Any]]) -> list[Reference]:
    return [(row.get("system", ""), row["number"], row.get("url")) for row in rows]


def priority_by_key(key: str) -> int:
    """Return a priority by its key."""
    for priority in Priority:
        if priority.key == key:
            return int(priority)
    raise Invalid(_("There is no such priority."), field="priority")


def type_by_key(key: str | None) -> TicketType | None:
    """Return a request type by its key, or nothing for nothing."""
    if key is None:
        return None
    for kind in types():
        if kind.key == key:
            return kind
    raise Invalid(_("There is no such type."), field="type")


def team_by_id(by: Actor, team_id: int | None) -> Team | None:
    """Return a team the actor may see, or nothing for nothing."""
    if team_id is None:
        return None
    team = teams_visible_to(by).filter(pk=team_id).first() if 0 < team_id < 2**63 else None
    if team is None:
        raise Invalid(_("There is no such team."), field="team")
    return team


def user_by_id(by: Actor, user_id: int | None) -> User | None:
    """Return a colleague who can be given tickets, or nothing for nothing."""
    if user_id is None:
        return None
    user = assignable(by).filter(pk=user_id).first() if 0 < user_id < 2**63 else None
    if user is None:
        raise Invalid(_("This person cannot be given tickets."), field="assignee")
    return user


def contact_by_id(by: Actor, contact_id: int, *, address: str = "", phone: str = "") -> Contact:
    """Return a contact the actor may see, or whose exact address or phone he gives; raises ``Invalid`` without one."""
    contact = contacts_visible_to(by).filter(pk=contact_id).first() if 0 < contact_id < 2**63 else None
    if contact is None and 0 < contact_id < 2**63 and (address or phone):
        contact = named_exactly(by, address, phone).filter(pk=contact_id).first()
    if contact is None:
        raise Invalid(_("There is no such contact."), field="requester")
    return contact


def mailbox_by_id(channel_id: int | None) -> Channel | None:
    """Return the mailbox a letter is to leave from, nothing for the usual one."""
    if channel_id is None:
        return None
    for channel in active_channels():
        if channel.pk == channel_id and channel.kind == "email" and channel.address:
            return channel
    raise Invalid(_("Choose a mailbox to write from."), field="channel")


def channel_of(key: int | str | None) -> Channel:
    """Return an enabled channel by id or kind; the API's own when none is asked for."""
    wanted = "api" if key is None else key
    for channel in active_channels():
        if wanted in {channel.pk, channel.kind}:
            return channel
    fallback = default_channel() if key is None else None
    if fallback is None:
        raise Invalid(_("There is no such channel."), field="channel")
    return fallback
