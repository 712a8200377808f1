"""What the forms of this room share: refusing unknown fields, ids of teams, the address of the desk."""

from collections.abc import Collection
from typing import cast

from django.conf import settings
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from otklik.accounts.models import Team, User
from otklik.accounts.queries import all_teams_visible_to, manageable
from otklik.accounts.web import StaffRequest
from otklik.core.actor import Actor
from otklik.core.errors import DomainError, Invalid


def actor_of(request: HttpRequest) -> Actor:
    """Return who is signed in; only behind a door that lets nobody else in."""
    return cast(StaffRequest, request).actor


def refuse_unknown(request: HttpRequest, fields: Collection[str]) -> None:
    """Raise ``Invalid`` for a field the form does not have."""
    if unknown := set(request.POST) - {"csrfmiddlewaretoken", *fields}:
        raise Invalid(_("There is no field “%(field)s”.") % {"field": min(unknown)[:40]})


def chosen_ids(request: HttpRequest, name: str) -> set[int]:
    """Return the numbers chosen in a list of a form."""
    values = request.POST.getlist(name)
    if not all(value.isascii() and value.isdigit() and len(value) < 19 for value in values):
        raise Invalid(_("Choose one of the values offered."), field=name)
    return {int(value) for value in values}


def chosen_teams(request: HttpRequest, actor: Actor) -> list[Team]:
    """Return the teams chosen in a form."""
    ids = chosen_ids(request, "teams")
    found = list(all_teams_visible_to(actor).filter(pk__in=ids))
    if len(found) != len(ids):
        raise Invalid(_("There is no such team."), field="teams")
    return found


def person_or_404(actor: Actor, user_id: int) -> User:
    """Return somebody the actor manages."""
    found = manageable(actor).filter(pk=user_id).first()
    if found is None:
        raise Http404
    return found


def base_of(request: HttpRequest) -> str:
    """Return the address of the desk without a slash at its end."""
    return settings.BASE_URL or f"{request.scheme}://{request.get_host()}"


def words_of(error: DomainError) -> dict[str, str]:
    """Return the sentences of an error by field, "" for the whole form."""
    if isinstance(error, Invalid):
        return {field or "form": str(words) for field, words in error.errors}
    return {"form": str(error.message)}
