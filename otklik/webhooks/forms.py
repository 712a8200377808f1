"""What the page of a webhook sends: read strictly."""

from typing import Any, Final

from django.http import QueryDict
from django.utils.translation import gettext as _

from otklik.core.errors import Invalid
from otklik.webhooks.actions import Wanted

FIELDS: Final = frozenset({"name", "url", "events", "with_bodies", "enabled", "version"})


def read_form(data: QueryDict) -> tuple[Wanted, int | None]:
    """Return what is wanted and the version that was looked at; raises ``Invalid`` for a field there is not."""
    if unknown := sorted(set(data) - FIELDS - {"csrfmiddlewaretoken"}):
        raise Invalid(_("There is no field “%(field)s”.") % {"field": unknown[0][:40]}, field=unknown[0][:40])
    version = data.get("version", "")
    return wanted_of(data), int(version) if version.isascii() and version.isdigit() else None


def wanted_of(data: QueryDict) -> Wanted:
    """Return what was entered, checked by nobody yet."""
    return Wanted(
        name=data.get("name", "")[:200],
        url=data.get("url", "").strip(),
        events=data.getlist("events"),
        with_bodies="with_bodies" in data,
        enabled="enabled" in data,
    )


def refuse_fields(data: QueryDict) -> None:
    """Raise ``Invalid`` when a button that sends nothing but itself brings a field along."""
    if unknown := sorted(set(data) - {"csrfmiddlewaretoken"}):
        raise Invalid(_("There is no field “%(field)s”.") % {"field": unknown[0][:40]}, field=unknown[0][:40])


def values_of(wanted: Wanted, version: int) -> dict[str, Any]:
    """Return what the page shows."""
    return {
        "name": wanted.name,
        "url": wanted.url,
        "events": set(wanted.events),
        "with_bodies": wanted.with_bodies,
        "enabled": wanted.enabled,
        "version": version,
    }
