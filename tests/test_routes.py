"""Every route × method × role × team: who gets what. A route without a row in ``tests/routes/`` fails the build.

The ticket that the addresses name belongs to a team that the limited agent is not in; its subject is a canary that may
appear in no answer to somebody who may not see it.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import URLPattern, get_resolver

import otklik
from otklik.accounts import scopes
from otklik.accounts.models import CustomRole, Role, User
from otklik.accounts.policies import PERMISSIONS
from otklik.accounts.queries import forget_tokens
from otklik.core import settings_store
from otklik.core.actor import Actor
from otklik.core.cached import forget
from otklik.core.events import Event
from otklik.testing.people import People
from otklik.tickets.models import Follower, Ticket
from tests.routes import ROWS
from tests.routes.asking import METHODS, Visitor, put_back
from tests.routes.table import CANARY, Row
from tests.routes.world import World, furnish


def _routes(resolver: Any = None, space: str = "", path: str = "") -> Iterator[tuple[str, str]]:
    """Yield name and address of every route."""
    for entry in (resolver or get_resolver()).url_patterns:
        here = f"{path}{entry.pattern}"
        if isinstance(entry, URLPattern):
            yield f"{space}{entry.name}", here
        else:
            yield from _routes(entry, f"{space}{entry.namespace}:" if entry.namespace else space, here)


def test_every_route_has_a_row() -> None:
    routes = dict(_routes())
    covered = {routes[name] for name in ROWS if name in routes}  # the API names an address once for each method
    assert {name for name, address in routes.items() if address not in covered} == set()
    assert set(ROWS) - set(routes) == set()
    assert all((ROOMS / row.elsewhere).is_file() for row in ROWS.values() if row.elsewhere)


def test_nothing_of_what_is_put_back_stays_in_memory(db: None) -> None:
    before = settings_store.get("agents_see")
    for seen in ("all", "teams"):
        with put_back():
            settings_store.set_value("agents_see", seen, by=Actor.system())
            assert settings_store.get("agents_see") == seen
        assert settings_store.get("agents_see") == before


ROOMS = Path(otklik.__file__).parent
HEAVY = pytest.mark.heavy
LIMITED, UNLIMITED = "anna", "boris"
"""Agents: one sees her team's tickets, before the other the desk is set to show all."""
ASKED = ("stranger", "observer", "technician", "vera", LIMITED, UNLIMITED, "admin")
PEOPLE = tuple(who if who == "admin" else pytest.param(who, marks=HEAVY) for who in ASKED)
REFUSED = {401, 403, 404}


def test_every_role_is_asked(company: People) -> None:
    assert {getattr(company, who).role for who in ASKED if who != "stranger"} == set(Role.values)
    assert len([row for row in ROWS.values() if row.of_people]) > 20


@pytest.mark.parametrize("who", PEOPLE)
def test_matrix(company: People, who: str) -> None:
    user: User | None = None if who == "stranger" else getattr(company, who)
    world = furnish(company, user or company.boris)
    if who == UNLIMITED:
        settings_store.set_value("agents_see", "all", by=Actor.system())
    visitor = Visitor(user)
    blind = who in {"stranger", "anna", "technician", "observer"}  # sees nothing of the foreign team's ticket
    wrong: list[str] = []
    for name, row in ROWS.items():
        url = world.url(name)
        hidden = blind and (row.of_ticket or row.of_people)
        # what is not served at all is the same for everybody
        for method in METHODS if who in {"stranger", "admin"} else row.methods.split():
            with put_back():
                before = _state(world.ticket) if hidden else None
                status, text = visitor.ask(method, url, world.body(name), world.known)
                allowed = row.allows(user.role if user else None, method)
                fault = _fault(status, row, allowed=allowed and not hidden, served=method in row.methods.split())
                if fault is None and blind and CANARY in text:
                    fault = "shows the canary"
                if fault is None and hidden and _state(world.ticket) != before:
                    fault = "changed something"
            if fault:
                wrong.append(f"{name}: {method} {url} for {who}: {status} {fault}")
    assert not wrong, "\n".join(wrong)


def _state(ticket: Ticket) -> tuple[dict[str, Any], int]:
    """Return what a person without the right must not change."""
    return Ticket.objects.filter(pk=ticket.pk).values()[0], Event.objects.count()


@HEAVY
@pytest.mark.parametrize("who", ["observer", "technician", "anna"])
def test_followers_of_the_ticket_are_let_in_by_their_roles(company: People, who: str) -> None:
    user: User = getattr(company, who)
    world, visitor = furnish(company, user), Visitor(user)
    Follower.objects.create(ticket=world.ticket, user=user)
    wrong: list[str] = []
    for name, method in _served(lambda row: row.of_ticket):
        status = _asked(world, visitor, name, method)
        if fault := _fault(status, ROWS[name], allowed=ROWS[name].allows(user.role, method), served=True):
            wrong.append(f"{name}: {method} for {who}: {status} {fault}")
    assert not wrong, "\n".join(wrong)


@HEAVY
def test_a_role_of_single_rights_opens_what_its_rights_open(company: People) -> None:
    world = furnish(company, company.vera)
    role = CustomRole.objects.create(name="Особая", base="supervisor", rights=[])
    User.objects.filter(pk=company.vera.pk).update(custom_role=role)
    company.vera.refresh_from_db()
    visitor = Visitor(company.vera)

    def hold(rights: frozenset[str]) -> None:
        CustomRole.objects.filter(pk=role.pk).update(rights=sorted({"tickets.view", *rights}))
        forget()
        forget_tokens()

    served = [(name, method) for name, method in _served(lambda row: bool(row.right or row.writes)) if method != "HEAD"]
    assert {right for name, method in served for right in ROWS[name].needs(method)} <= PERMISSIONS.keys()
    wrong: list[str] = []
    for right in sorted(PERMISSIONS.keys() - {"tickets.view"}):
        hold(frozenset(PERMISSIONS) - {right})
        for name, method in served:
            if right in ROWS[name].needs(method):
                status = _asked(world, visitor, name, method)
                if fault := _fault(status, ROWS[name], allowed=False, served=True):
                    wrong.append(f"{name}: {method} without {right}: {status} {fault}")
    for needed in {ROWS[name].needs(method) for name, method in served}:
        hold(needed)
        for name, method in served:
            if ROWS[name].needs(method) == needed:
                status = _asked(world, visitor, name, method)
                if fault := _fault(status, ROWS[name], allowed=True, served=True):
                    wrong.append(f"{name}: {method} with nothing but {sorted(needed)}: {status} {fault}")
    assert not wrong, "\n".join(wrong)


def test_what_one_person_owns_nobody_else_finds(company: People) -> None:
    world, visitor = furnish(company, company.boris), Visitor(company.anna)
    Follower.objects.create(ticket=world.ticket, user=company.anna)
    served = list(_served(lambda row: row.own))
    assert len(served) > 10
    found = {f"{name}: {method}": _asked(world, visitor, name, method) for name, method in served}
    assert set(found.values()) <= {403, 404}, found


@HEAVY
def test_a_token_that_reads_changes_nothing(company: People) -> None:
    world, visitor = furnish(company, company.admin), Visitor(company.admin, ("read",))
    served = [
        (name, method)
        for name, method in _served(lambda row: bool(row.roles))
        if name.startswith("api:") and method not in {"GET", "HEAD"}
    ]
    assert len(served) > 80
    found = {f"{name}: {method}": _asked(world, visitor, name, method) for name, method in served}
    assert {asked: status for asked, status in found.items() if status not in {*REFUSED, 422}} == {}


@HEAVY
def test_a_token_for_the_outbox_opens_nothing_else(company: People) -> None:
    world, visitor = furnish(company, company.admin), Visitor(company.admin, ("outbox:write",))
    outbox = {"api:list_outbox", "api:post_outbox_again"}
    outbox |= {
        f"api:{name}" for name in ("get_delivery", "post_delivery_again", "post_delivery_end", "post_delivery_arrival")
    }
    owner = ("api:get_profile", "GET")  # tells every token whose it is and what it is limited to
    wrong: list[str] = []
    for name, method in _served(lambda row: bool(row.roles)):
        if name.startswith("api:"):
            status = _asked(world, visitor, name, method)
            allowed = name in outbox or (name, method) == owner
            if fault := _fault(status, ROWS[name], allowed=allowed, served=True):
                wrong.append(f"{name}: {method}: {status} {fault}")
    assert not wrong, "\n".join(wrong)


WRITES = {
    "tickets": "list_tickets", "contacts": "list_contacts", "mail": "post_mail_again", "outbox": "post_outbox_again",
    "settings": "list_channels", "users": "list_teams", "notifications": "post_read", "queues": "post_walk",
    "replies": "list_saved", "spam": "list_spam_senders", "absences": "list_absences", "webhooks": "list_webhooks",
    "presence": "list_presence",
}  # fmt: skip
"""One route for each thing that a token may be limited to: its POST writes just this, or its PUT where it has none."""


@HEAVY
def test_a_token_that_writes_one_thing_writes_nothing_else(company: People) -> None:
    world = furnish(company, company.admin)
    assert WRITES.keys() == {*scopes.ROOMS, *scopes.RESOURCES}
    wrong: list[str] = []
    for held in WRITES:
        visitor = Visitor(company.admin, (f"{held}:write",))
        for asked, name in WRITES.items():
            method = "POST" if "POST" in ROWS[f"api:{name}"].methods else "PUT"
            status = _asked(world, visitor, f"api:{name}", method)
            allowed = scopes.cover({f"{held}:write"}, f"{asked}:write")
            if fault := _fault(status, ROWS[f"api:{name}"], allowed=allowed, served=True):
                wrong.append(f"{name} with {held}:write: {status} {fault}")
    assert not wrong, "\n".join(wrong)


def _served(wanted: Callable[[Row], bool]) -> Iterator[tuple[str, str]]:
    """Yield route and method of every row that is wanted."""
    for name, row in ROWS.items():
        if wanted(row):
            for method in row.methods.split():
                yield name, method


def _asked(world: World, visitor: Visitor, name: str, method: str) -> int:
    """Return the status of one answer; whatever it wrote is taken back."""
    with put_back():
        return visitor.ask(method, world.url(name), world.body(name), world.known)[0]


def _fault(status: int, row: Row, *, allowed: bool, served: bool) -> str | None:
    """Say what is wrong with a status, or nothing."""
    if status >= 500 and status != 503:  # the desk of a test has no engine, and /readyz says so
        return "failed"
    if not served:
        return None if status in {*REFUSED, 405} else "answers a method it does not serve"
    if not allowed:
        return None if status in REFUSED else "lets somebody in who may not"
    if row.roles and not row.elsewhere and status in {*REFUSED, 405}:
        return "keeps somebody out who may"
    return None
