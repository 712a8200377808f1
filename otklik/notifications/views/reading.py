"""What the forms of this room share."""

from collections.abc import Collection
from typing import cast

from django.http import HttpRequest
from django.utils.translation import gettext as _

from otklik.accounts.web import StaffRequest
from otklik.core.actor import Actor
from otklik.core.errors import Invalid


def actor_of(request: HttpRequest) -> Actor:
    """Return who is signed in; only behind a door that lets nobody else in."""
    return cast(StaffRequest, request).actor


def refuse_unknown(request: HttpRequest, fields: Collection[str]) -> None:
    """Raise ``Invalid`` for a field the form does not have."""
    if unknown := set(request.POST) - {"csrfmiddlewaretoken", *fields}:
        name = min(unknown)[:40]
        raise Invalid(_("There is no field “%(field)s”.") % {"field": name}, field=name)


def number_in(request: HttpRequest, name: str) -> int:
    """Return a number of the form."""
    text = request.POST.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Invalid(field=name)
    return int(text)
