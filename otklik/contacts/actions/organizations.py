"""Everything that writes organisations and their mail domains."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from otklik.contacts import events
from otklik.contacts.actions.checks import check_edit, clean_domains, clean_patterns
from otklik.contacts.models import Organization, OrganizationDomain
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict, Invalid
from otklik.core.events import record
from otklik.core.text import normal_form


def add_organization(
    *,
    name: str,
    domains: Iterable[str] = (),
    note: str = "",
    reference_patterns: Sequence[dict[str, str]] = (),
    by: Actor,
) -> Organization:
    """Enter an organisation with its mail domains. Free-mail domains are refused, a taken domain is a ``Conflict``."""
    check_edit(by)
    label = " ".join(name.split())[:200]
    if not label:
        raise Invalid(_("Enter a name."), field="name")
    wanted = clean_domains(domains)
    organization = Organization(
        name=label,
        name_key=normal_form(label)[:200],
        note=note.strip(),
        created_at=now(),
        reference_patterns=clean_patterns(reference_patterns),
    )
    try:
        with transaction.atomic():
            organization.save(force_insert=True)
            OrganizationDomain.objects.bulk_create(
                [OrganizationDomain(organization=organization, domain=domain) for domain in wanted]
            )
            record(events.OrganizationAdded(subject_id=organization.pk, name=label), by=by)
    except IntegrityError as error:
        raise Conflict(_("Another organisation has this domain.")) from error
    return organization


def change_organization(
    organization: Organization, *, by: Actor, version: int | None = None, **wanted: Any
) -> list[str]:
    """Change ``name``, ``note``, ``domains`` (the whole list) or ``reference_patterns``; return what changed.

    Raises ``Conflict`` when ``version`` is older than the row's, or a domain belongs to somebody else.
    """
    check_edit(by)
    if unknown := set(wanted) - {"name", "note", "domains", "reference_patterns"}:
        raise Invalid(_("There is no field “%(field)s”.") % {"field": min(unknown)}, field=min(unknown))
    domains = clean_domains(wanted.pop("domains")) if "domains" in wanted else None
    if "name" in wanted:
        wanted["name"] = " ".join(str(wanted["name"]).split())[:200]
        if not wanted["name"]:
            raise Invalid(_("Enter a name."), field="name")
        wanted["name_key"] = normal_form(wanted["name"])[:200]
    if "reference_patterns" in wanted:
        wanted["reference_patterns"] = clean_patterns(wanted["reference_patterns"])
    changed = [field for field, value in wanted.items() if getattr(organization, field) != value]
    if domains is not None and set(domains) != set(organization.domains.values_list("domain", flat=True)):
        changed.append("domains")
    if not changed:
        return []
    try:
        with transaction.atomic():
            _save_organization(organization, wanted, version)
            if "domains" in changed and domains is not None:
                organization.domains.exclude(domain__in=domains).delete()
                present = set(organization.domains.values_list("domain", flat=True))
                OrganizationDomain.objects.bulk_create(
                    [OrganizationDomain(organization=organization, domain=d) for d in domains if d not in present]
                )
            names = [field for field in changed if field != "name_key"]
            record(events.OrganizationChanged(subject_id=organization.pk, fields=names), by=by)
    except IntegrityError as error:
        raise Conflict(_("Another organisation has this domain.")) from error
    return names


def _save_organization(organization: Organization, wanted: dict[str, Any], version: int | None) -> None:
    expected = organization.version if version is None else version
    rows = Organization.objects.filter(pk=organization.pk, version=expected).update(**wanted, version=expected + 1)
    if not rows:
        raise Conflict(_("Somebody changed this organisation meanwhile."))
    for field, value in wanted.items():
        setattr(organization, field, value)
    organization.version = expected + 1
