"""The list of roles and the page of one that is made of single rights."""

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from otklik.accounts import actions, policies
from otklik.accounts.app_settings import SECOND_FACTOR_ROLES
from otklik.accounts.models import CustomRole, Role, User
from otklik.accounts.views.reading import actor_of, refuse_unknown, words_of
from otklik.accounts.web import permission_required
from otklik.accounts.words import grouped_rights
from otklik.core import settings_store
from otklik.core.errors import DomainError, Invalid

_FIELDS = ("name", "base", "rights", "second_factor", "version")


@require_safe
@permission_required("users.manage")
def roles(request: HttpRequest) -> HttpResponse:
    """List the built-in roles and those made here, with how many people hold each."""
    holders = User.objects.filter(is_active=True).values_list("role", "custom_role").annotate(number=Count("pk"))
    numbers = {(role, custom): number for role, custom, number in holders.order_by()}
    built_in = [
        {"name": label, "number": numbers.get((key, None), 0), "rights": len(policies.rights_of(key)),
         "copy": reverse("people:role-new") + f"?base={key}"}
        for key, label in Role.choices
    ]  # fmt: skip
    needed = settings_store.get(SECOND_FACTOR_ROLES)
    own = [
        {"url": reverse("people:role", args=[row.pk]), "name": row.name, "base": row.get_base_display(),
         "number": numbers.get((row.base, row.pk), 0), "rights": len(row.rights),
         "second_factor": row.second_factor or row.base in needed}
        for row in CustomRole.objects.all()
    ]  # fmt: skip
    context = {
        "tab": "roles", "built_in": built_in, "own": own,
        "needed": [(key, label, key in needed) for key, label in Role.choices],
    }  # fmt: skip
    return render(request, "accounts/roles.html", context)


@require_POST
@permission_required("settings.edit")
def role_second_factor(request: HttpRequest) -> HttpResponse:
    """Say for which roles a second factor is required."""
    try:
        refuse_unknown(request, ("roles",))
        settings_store.set_value(SECOND_FACTOR_ROLES, request.POST.getlist("roles"), by=actor_of(request))
    except DomainError as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, _("Saved"))
    return redirect("people:roles")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("users.manage")
def new_role(request: HttpRequest) -> HttpResponse:
    """Make a role, beginning with the rights of a built-in one."""
    if request.method != "POST":
        base = request.GET.get("base", "agent")
        base = base if base in Role.values else "agent"
        return _page(request, None, {"name": "", "base": base, "rights": policies.rights_of(base)}, {})
    values = _values(request)
    try:
        refuse_unknown(request, _FIELDS)
        actions.add_role(**values, by=actor_of(request))
    except DomainError as error:
        return _page(request, None, values, words_of(error), status=error.status)
    messages.success(request, _("The role is there: it can be given to people now."))
    return redirect("people:roles")


def _values(request: HttpRequest) -> dict[str, Any]:
    return {
        "name": request.POST.get("name", ""), "base": request.POST.get("base", ""),
        "rights": request.POST.getlist("rights"), "second_factor": "second_factor" in request.POST,
    }  # fmt: skip


def _role_or_404(role_id: int) -> CustomRole:
    found = CustomRole.objects.filter(pk=role_id).first()
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("users.manage")
def role(request: HttpRequest, role_id: int) -> HttpResponse:
    """Show a role; POST changes it for all who hold it."""
    found = _role_or_404(role_id)
    if request.method != "POST":
        return _page(request, found, {name: getattr(found, name) for name in _FIELDS}, {})
    values = _values(request)
    try:
        refuse_unknown(request, _FIELDS)
        version = request.POST.get("version", "")
        if not (version.isascii() and version.isdigit() and len(version) < 10):
            raise Invalid(field="version")
        if actions.change_role(found, **values, version=int(version), by=actor_of(request)):
            messages.success(request, _("Saved"))
    except DomainError as error:
        return _page(request, found, values, words_of(error), status=error.status)
    return redirect("people:roles")


@require_POST
@permission_required("users.manage")
def role_removal(request: HttpRequest, role_id: int) -> HttpResponse:
    """Remove a role that nobody holds."""
    try:
        refuse_unknown(request, ())
        actions.remove_role(_role_or_404(role_id), by=actor_of(request))
    except DomainError as error:
        messages.error(request, str(error.message))
        return redirect("people:role", role_id)
    messages.success(request, _("The role is removed."))
    return redirect("people:roles")


def _page(
    request: HttpRequest, found: CustomRole | None, values: dict[str, Any], errors: dict[str, str], status: int = 200
) -> HttpResponse:
    holders = list(User.objects.filter(custom_role=found).order_by("name")[:20]) if found is not None else []
    context = {
        "tab": "roles", "role": found, "values": values, "errors": errors, "bases": Role.choices,
        "groups": grouped_rights(values["rights"]), "holders": ", ".join(user.name for user in holders),
    }  # fmt: skip
    return render(request, "accounts/role.html", context, status=status)
