"""Settings of forms: the list, a new one, one."""

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from otklik.accounts.queries import teams
from otklik.accounts.web import StaffRequest, permission_required
from otklik.channels.models import Connection
from otklik.channels.webform import actions, forms, queries
from otklik.channels.webform.actions import FormFacts
from otklik.channels.webform.config import FormConfig
from otklik.channels.webform.models import WebForm
from otklik.core.actor import Actor
from otklik.core.errors import Conflict, Invalid, NotFound
from otklik.core.locality import desk_language


def _actor(request: HttpRequest) -> Actor:
    return cast(StaffRequest, request).actor


def address_of(request: HttpRequest, key: str) -> str:
    """Return the address of the form with this key, as it is handed out."""
    path = f"/portal/f/{key}/"
    return f"{settings.BASE_URL}{path}" if settings.BASE_URL else request.build_absolute_uri(path)


@require_safe
@permission_required("settings.edit")
def index(request: HttpRequest) -> HttpResponse:
    """List the forms."""
    lines = [
        {
            "url": f"/settings/forms/{form.pk}/",
            "name": form.channel.name,
            "team": form.channel.team.name if form.channel.team else "",
            "address": address_of(request, form.key),
            "enabled": form.channel.enabled,
        }
        for form in queries.visible_to(_actor(request))
    ]
    return render(request, "webform/forms.html", {"forms": lines})


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("settings.edit")
def new(request: HttpRequest) -> HttpResponse:
    """Add a form."""
    if request.method != "POST":
        blank = forms.values_of(FormFacts("", "", None, desk_language()), FormConfig(), enabled=True, version=0)
        return _page(request, None, blank, {})
    try:
        facts, wanted, enabled, _version = forms.read_form(request.POST.dict())
        form = actions.add_form(facts, wanted, enabled=enabled, by=_actor(request))
    except (Invalid, Conflict) as error:
        return _refused(request, None, error)
    messages.success(request, _("Saved"))
    return redirect("webform:form", form.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("settings.edit")
def edit(request: HttpRequest, form_id: int) -> HttpResponse:
    """Show and change a form."""
    form = queries.visible_to(_actor(request)).filter(pk=form_id).first() if 0 < form_id < 2**63 else None
    if form is None:
        raise NotFound
    if request.method != "POST":
        channel, held = form.channel, queries.with_settings(form)
        version = Connection.objects.filter(channel=channel).values_list("version", flat=True).first() or 0
        facts = FormFacts(channel.name, form.key, channel.team, channel.language)
        return _page(request, form, forms.values_of(facts, held.settings, enabled=channel.enabled, version=version), {})
    try:
        facts, wanted, enabled, seen = forms.read_form(request.POST.dict())
        actions.change_form(form, facts, wanted, enabled=enabled, version=seen, by=_actor(request))
    except (Invalid, Conflict) as error:
        return _refused(request, form, error)
    messages.success(request, _("Saved"))
    return redirect("webform:form", form.pk)


def _refused(request: HttpRequest, form: WebForm | None, error: Invalid | Conflict) -> HttpResponse:
    errors = (
        {key: str(text) for key, text in error.errors} if isinstance(error, Invalid) else {"form": str(error.message)}
    )
    return _page(request, form, forms.returned(request.POST.dict()), errors, status=error.status)


def _page(
    request: HttpRequest, form: WebForm | None, values: dict[str, Any], errors: dict[str, str], status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "values": values,
        "errors": errors,
        "teams": teams(),
        "address": address_of(request, form.key) if form else "",
        "asked": [
            ("email", _("E-mail"), values["email"], errors.get("email", "")),
            ("phone", _("Phone"), values["phone"], errors.get("phone", "")),
            ("subject", _("Subject"), values["subject"], errors.get("subject", "")),
        ],
    }
    return render(request, "webform/form.html", context, status=status)
