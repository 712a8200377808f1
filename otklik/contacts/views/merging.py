"""Two contacts of one person: find the other one, see what stays, merge, and part them again."""

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from otklik.accounts.web import StaffRequest, permission_required
from otklik.contacts import actions, queries
from otklik.contacts.actions.merging import joined
from otklik.contacts.models import Contact, ContactMerge, Organization
from otklik.core import shown
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound


def merge_rows(person: Contact) -> list[dict[str, Any]]:
    """Return what the person's page says of the merges that can be taken back."""
    at = now()
    return [
        {
            "id": row.pk, "name": row.source.name, "who": row.by_name, "when": shown.ago(row.made_at, at),
            "exact": shown.exact(row.made_at),
        }
        for row in queries.merges_into(person)
    ]  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("contacts.edit")
def merge(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Find who is the same person and show what would stay; POST merges (``keep`` names who stays)."""
    actor = cast(StaffRequest, request).actor
    person = _visible(actor, contact_id)
    error, status = "", 200
    if request.method == "POST":
        try:
            kept = _merge(actor, person, request)
        except DomainError as failed:
            error, status = str(failed.message), failed.status
        else:
            messages.success(request, _("The contacts are merged"))
            return redirect("contacts:contact", kept.pk)
    words = request.GET.get("q", "").strip()[:100]
    found = [row for row in queries.find_people(actor, words, limit=8) if row.pk != person.pk]
    context: dict[str, Any] = {
        "person": person, "words": words, "error": error,
        "found": [_row(row) for row in found],
        "likely": [] if words else [_row(row) for row in queries.likely_duplicates(actor, person)],
    }  # fmt: skip
    if getattr(request, "htmx", False):
        return render(request, "contacts/merge_found.html", context)
    if key := request.GET.get("with", "") or request.POST.get("other", ""):
        context |= _side_by_side(actor, person, key, keep_other=request.GET.get("keep") == "other")
    return render(request, "contacts/merge.html", context, status=status)


def _visible(actor: Actor, contact_id: int) -> Contact:
    try:
        return queries.get_visible(actor, contact_id if contact_id < 2**63 else 0)
    except NotFound as error:
        raise Http404 from error


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _merge(actor: Actor, person: Contact, request: HttpRequest) -> Contact:
    if unknown := set(request.POST) - {"other", "keep", "csrfmiddlewaretoken"}:
        raise Invalid(_("There is no field “%(field)s”.") % {"field": min(unknown)[:40]}, field=min(unknown)[:40])
    other = queries.get_visible(actor, _number(request.POST.get("other", "")))
    keep = _number(request.POST.get("keep", ""))
    if keep not in {person.pk, other.pk}:
        raise Invalid(_("Say which of the two stays."), field="keep")
    gone, kept = (person, other) if keep == other.pk else (other, person)
    actions.merge_contacts(gone, into=kept, by=actor)
    return kept


def _row(person: Contact) -> dict[str, Any]:
    facts = [str(person.organization or ""), queries.primary_address(person), person.phone]
    return {
        "id": person.pk, "name": person.name, "initials": person.initials, "hue": shown.hue_class(person.pk),
        "facts": " · ".join(fact for fact in facts if fact),
    }  # fmt: skip


def _side_by_side(actor: Actor, person: Contact, key: str, *, keep_other: bool) -> dict[str, Any]:
    """Return both and what stays, line by line; raises ``Http404`` for whom the actor does not see."""
    other = _visible(actor, _number(key))
    if other.pk == person.pk:
        raise Http404
    gone, kept = (person, other) if keep_other else (other, person)
    after = joined(gone, kept)
    owner = Organization.objects.filter(pk=after["organization_id"]).first()
    addresses = [*_addresses(kept), *_addresses(gone)]
    stays = {
        "name": kept.name, "addresses": "\n".join(addresses), "phone": after["phone"], "position": after["position"],
        "organization": str(owner or ""), "note": after["note"],
    }  # fmt: skip
    labels = {
        "name": _("Name"), "addresses": _("Addresses"), "phone": _("Phone"), "organization": _("Organisation"),
        "position": _("Position"), "note": _("Note"),
    }  # fmt: skip
    lines = []
    for field, label in labels.items():
        cells = [_cell(person, field), _cell(other, field), stays[field]]
        if any(cells):
            lines.append({"label": label, "own": cells[0], "other": cells[1], "stays": cells[2]})
    return {"other": _row(other), "lines": lines, "keep_other": keep_other, "kept": kept.pk, "kept_name": kept.name}


def _addresses(person: Contact) -> list[str]:
    rows = sorted(person.addresses.all(), key=lambda row: (not row.is_primary, row.pk))
    return [row.shown for row in rows]


def _cell(person: Contact, field: str) -> str:
    return "\n".join(_addresses(person)) if field == "addresses" else str(getattr(person, field) or "")


@require_POST
@permission_required("contacts.edit")
def undo_merge(request: HttpRequest, contact_id: int, merge_id: int) -> HttpResponse:
    """Part two contacts again; what refuses it is said on the page of the one who stayed."""
    actor = cast(StaffRequest, request).actor
    person = _visible(actor, contact_id)
    if set(request.POST) - {"csrfmiddlewaretoken"}:
        raise Invalid(_("There is no such field."))
    row = ContactMerge.objects.filter(pk=min(merge_id, 2**63 - 1), target=person).first()
    if row is None:
        raise Http404
    try:
        actions.undo_contact_merge(row, by=actor)
    except (Conflict, Forbidden) as error:
        messages.error(request, str(error.message))
        return redirect("contacts:contact", person.pk)
    messages.success(request, _("The contacts are parted again"))
    return redirect("contacts:contact", row.source_id)
