"""REST of contacts and organisations."""

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from otklik.accounts.rest import Json, PageQuery, Strict, idempotent, needs
from otklik.accounts.shapes import PageOf
from otklik.contacts import actions, queries
from otklik.contacts.api_imports import router as imports_router
from otklik.contacts.models import Contact, Organization
from otklik.contacts.public import contact_json, organization_json
from otklik.contacts.shapes import ContactOut, OrganizationOut
from otklik.core.actor import Actor
from otklik.core.errors import NotFound
from otklik.core.pages import keyset_page

router = Router(tags=["contacts"])
router.add_router("", imports_router)


class ContactIn(Strict):
    """A person: at least a name or an address."""

    name: str = Field("", max_length=200)
    addresses: list[str] = []
    phone: str = Field("", max_length=40)
    organization: int | None = None
    position: str = Field("", max_length=120)
    note: str = Field("", max_length=10_000)


class ContactPatch(Strict):
    """What to change; ``addresses`` is the whole list, the first is the one we write to."""

    name: str | None = Field(None, max_length=200)
    addresses: list[str] | None = None
    phone: str | None = Field(None, max_length=40)
    organization: int | None = None
    position: str | None = Field(None, max_length=120)
    note: str | None = Field(None, max_length=10_000)
    language: str | None = None
    is_blocked: bool | None = None
    version: int | None = None


class PatternIn(Strict):
    """How the customer's own desk numbers its requests: ``#`` a digit, ``@`` a letter, ``*`` several digits."""

    system: str = Field("", max_length=80)
    pattern: str = Field(max_length=40)
    url: str = Field("", max_length=300)


class OrganizationIn(Strict):
    """An organisation with its mail domains."""

    name: str = Field(max_length=200)
    domains: list[str] = []
    note: str = Field("", max_length=10_000)
    reference_patterns: list[PatternIn] = []


class OrganizationPatch(Strict):
    """What to change; lists are whole lists."""

    name: str | None = Field(None, max_length=200)
    domains: list[str] | None = None
    note: str | None = Field(None, max_length=10_000)
    reference_patterns: list[PatternIn] | None = None
    version: int | None = None


class ContactMergeIn(Strict):
    """Which contact stays."""

    into: int


class PeopleQuery(PageQuery):
    """People by the beginning of a name or an address, or all."""

    query: str = Field("", max_length=100)


@router.get("/contacts", response=PageOf[ContactOut], summary="List contacts")
def list_contacts(request: HttpRequest, query: Query[PeopleQuery]) -> Json:
    """People, a page at a time; with ``query`` the best twenty."""
    actor = needs(request, "contacts.view", query)
    if query.query.strip():
        found = queries.find_people(actor, query.query, limit=20)
        return {"items": [contact_json(contact) for contact in found], "next": None}
    rows = queries.visible_to(actor).select_related("organization").prefetch_related("addresses")
    page = keyset_page(rows, order=[("id", int)], cursor=query.cursor or None, limit=query.limit)
    return {"items": [contact_json(contact) for contact in page.items], "next": page.next}


@router.post("/contacts", response={201: ContactOut}, summary="Add a contact")
@idempotent
def post_contact(request: HttpRequest, body: ContactIn) -> tuple[int, Json]:
    """Enter a person."""
    actor = needs(request, "contacts.edit")
    values = body.dict()
    owner = values.pop("organization")
    contact = actions.add_contact(**values, organization=_organization(actor, owner), by=actor)
    return 201, contact_json(queries.get_visible(actor, contact.pk))


@router.get("/contacts/{int:contact_id}", response=ContactOut, summary="One contact")
def get_contact(request: HttpRequest, contact_id: int) -> Json:
    """A person with addresses and organisation."""
    return contact_json(_contact(needs(request, "contacts.view"), contact_id))


@router.patch("/contacts/{int:contact_id}", response=ContactOut, summary="Change a contact")
def patch_contact(request: HttpRequest, contact_id: int, body: ContactPatch) -> Json:
    """Change facts of a person."""
    actor = needs(request, "contacts.edit")
    contact = _contact(actor, contact_id)
    values = {key: value for key, value in body.dict(exclude_unset=True).items() if _given(key, value)}
    if "organization" in values:
        values["organization"] = _organization(actor, values["organization"])
    actions.change_contact(contact, by=actor, **values)
    return contact_json(queries.get_visible(actor, contact_id))


@router.post("/contacts/{int:contact_id}/merge", response=ContactOut, summary="Merge a contact into another one")
@idempotent
def merge_contact(request: HttpRequest, contact_id: int, body: ContactMergeIn) -> tuple[int, Json]:
    """Take a contact for the same person as ``into``, who stays with all tickets; returns who stays.

    The same merge again changes nothing.
    """
    actor = needs(request, "contacts.edit")
    kept = _contact(actor, body.into)
    gone = queries.merged_or_visible(actor, contact_id, into=kept)
    actions.merge_contacts(gone, into=kept, by=actor)
    return 200, contact_json(queries.get_visible(actor, kept.pk))


@router.delete("/contacts/{int:contact_id}/merge", response=ContactOut, summary="Part a merged contact again")
def part_contact(request: HttpRequest, contact_id: int) -> Json:
    """Undo the merge of a contact into another one: what is still as the merge left it goes back; returns it."""
    actor = needs(request, "contacts.edit")
    row = queries.open_merge(actor, contact_id)
    actions.undo_contact_merge(row, by=actor)
    return contact_json(queries.get_visible(actor, contact_id))


def _given(key: str, value: Any) -> bool:
    return value is not None or key == "organization"


@router.get("/organizations", response=PageOf[OrganizationOut], summary="List organisations")
def list_organizations(request: HttpRequest, query: Query[PageQuery]) -> Json:
    """Organisations, a page at a time."""
    actor = needs(request, "contacts.view", query)
    rows = queries.organizations_visible_to(actor).prefetch_related("domains")
    page = keyset_page(rows, order=[("id", int)], cursor=query.cursor or None, limit=query.limit)
    return {"items": [organization_json(row) for row in page.items], "next": page.next}


@router.post("/organizations", response={201: OrganizationOut}, summary="Add an organisation")
@idempotent
def post_organization(request: HttpRequest, body: OrganizationIn) -> tuple[int, Json]:
    """Enter an organisation."""
    actor = needs(request, "contacts.edit")
    row = actions.add_organization(**body.dict(), by=actor)
    return 201, organization_json(queries.get_visible_organization(actor, row.pk))


@router.get("/organizations/{int:organization_id}", response=OrganizationOut, summary="One organisation")
def get_organization(request: HttpRequest, organization_id: int) -> Json:
    """An organisation with its domains and reference patterns."""
    actor = needs(request, "contacts.view")
    row = _organization(actor, organization_id)
    assert row is not None
    return organization_json(row)


@router.patch("/organizations/{int:organization_id}", response=OrganizationOut, summary="Change an organisation")
def patch_organization(request: HttpRequest, organization_id: int, body: OrganizationPatch) -> Json:
    """Change facts of an organisation."""
    actor = needs(request, "contacts.edit")
    row = _organization(actor, organization_id)
    assert row is not None
    values = {key: value for key, value in body.dict(exclude_unset=True).items() if value is not None}
    actions.change_organization(row, by=actor, **values)
    return organization_json(queries.get_visible_organization(actor, organization_id))


def _contact(actor: Actor, contact_id: int) -> Contact:
    if not 0 < contact_id < 2**63:
        raise NotFound
    return queries.get_visible(actor, contact_id)


def _organization(actor: Actor, organization_id: int | None) -> Organization | None:
    if organization_id is None:
        return None
    if not 0 < organization_id < 2**63:
        raise NotFound
    return queries.get_visible_organization(actor, organization_id)
