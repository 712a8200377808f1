"""The settings page of the provider, with a test of the connection; untying a person from it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from otklik.accounts import actions
from otklik.accounts.models import CustomRole
from otklik.accounts.presenters import role_choices
from otklik.accounts.provider import config
from otklik.accounts.queries import teams
from otklik.accounts.views.entrance import callback_url
from otklik.accounts.views.reading import actor_of, person_or_404, refuse_unknown, words_of
from otklik.accounts.web import permission_required
from otklik.core import settings_store
from otklik.core.errors import DomainError

_SWITCHES = (config.ON, config.ONLY, config.STRONG, config.LEAVE)
_LINES = (config.DOMAINS, config.ROLES)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("settings.edit")
def provider(request: HttpRequest) -> HttpResponse:
    """Show what is set about the provider; POST changes it, or with ``test`` asks the provider whether all fits."""
    values = {key: settings_store.get(key) for key in config.KEYS}
    if request.method != "POST":
        return _page(request, values, {})
    if "test" in request.POST:
        from otklik.accounts.provider.probe import probe

        refuse_unknown(request, ("test",))
        return _page(request, values, {}, report=probe(config.as_set()))
    sent = {key: _read(request, key) for key in config.KEYS}
    try:
        refuse_unknown(request, config.KEYS)
        changed = actions.change_provider(sent, by=actor_of(request))
    except DomainError as error:
        return _page(request, values | sent, words_of(error), status=error.status)
    if changed:
        messages.success(request, _("Saved"))
    return redirect("people:provider")


def _read(request: HttpRequest, key: str) -> Any:
    text = request.POST.get(key, "").replace("\r\n", "\n").strip()
    if key in _SWITCHES:
        return text == "on"
    return [line.strip() for line in text.split("\n") if line.strip()] if key in _LINES else text


def _page(
    request: HttpRequest, values: dict[str, Any], errors: dict[str, str], status: int = 200, report: Any = None
) -> HttpResponse:
    shown = {key: "\n".join(value) if key in _LINES else value for key, value in values.items()}
    context = {
        "v": shown | {config.SECRET: ""}, "kept": bool(settings_store.get(config.SECRET)), "errors": errors,
        "callback": callback_url(request), "report": report, "may_test": config.as_set() is not None,
        "roles": role_choices(CustomRole.objects.all()), "teams": [team.name for team in teams()],
    }  # fmt: skip
    return render(request, "accounts/provider.html", context, status=status)


@require_POST
@permission_required("users.manage")
def person_provider(request: HttpRequest, user_id: int) -> HttpResponse:
    """Untie a person from his account at the provider; the next sign-in ties him anew."""
    found = person_or_404(actor_of(request), user_id)
    refuse_unknown(request, ())
    if actions.unlink_identities(found, by=actor_of(request)):
        messages.success(request, _("Untied. All sessions have ended."))
    return redirect("people:person", user_id)
