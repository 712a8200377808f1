"""The settings page: sections, search, saving a section, and a single setting back to its default."""

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from otklik.accounts.policies import can
from otklik.accounts.web import StaffRequest, permission_required
from otklik.core import settings_store
from otklik.core.errors import Invalid, NotFound
from otklik.desk.chosen import actions, fields
from otklik.desk.chosen.groups import groups

_LONGEST_QUESTION = 100
_VALUE, _UNIT = "value.", "unit."


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("settings.view")
def settings(request: HttpRequest) -> HttpResponse:
    """Show the settings of the business, all or those found, and save the section that was sent."""
    if request.method != "POST":
        return _page(request)
    sent = request.POST
    try:
        changed = actions.change_settings(_read(sent), by=cast(StaffRequest, request).actor)
    except Invalid as error:
        wrong = {key: str(text) for key, text in error.errors}
        return _page(request, sent=sent, errors=wrong, status=422)
    messages.success(request, _("Saved") if changed else _("Nothing was changed"))
    return redirect(f"{reverse('desk:settings')}#{sent.get('group', '')}"[:200])


def _read(sent: QueryDict) -> dict[str, Any]:
    """Read a section; whatever it does not know is refused."""
    keys = sent.getlist("keys")
    known = {f"{kind}{key}" for key in keys for kind in (_VALUE, _UNIT)}
    wrong: list[tuple[str, object]] = [
        (name, gettext_lazy("This field is not known."))
        for name in sent
        if name not in known and name not in {"keys", "group", "csrfmiddlewaretoken"}
    ]
    values: dict[str, Any] = {}
    for key in keys:
        setting = settings_store.declared.get(key)
        if setting is None:
            raise NotFound
        text = sent.get(_VALUE + key, "")
        if setting.secret and not text:
            continue  # an empty field keeps the secret
        try:
            values[key] = fields.read(setting, text, sent.get(_UNIT + key, ""))
        except Invalid as error:
            wrong += error.errors
    if wrong:
        raise Invalid(errors=wrong)
    return values


def _page(
    request: HttpRequest, *, sent: QueryDict | None = None, errors: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    words = request.GET.get("q", "")[:_LONGEST_QUESTION].strip()
    values = settings_store.all_values()
    returned = set(sent.getlist("keys")) if sent is not None else set()
    wrong = errors or {}
    sections = [
        {
            "key": group.key,
            "label": group.label,
            "fields": [
                fields.present(
                    setting,
                    values[setting.key],
                    sent=sent.get(_VALUE + setting.key, "") if sent is not None and setting.key in returned else None,
                    unit=sent.get(_UNIT + setting.key, "") if sent is not None else "",
                    error=wrong.get(setting.key, ""),
                )
                for setting in group.settings
            ],
        }
        for group in groups(words)
    ]
    context = {
        "sections": sections,
        "words": words,
        "may_edit": can(cast(StaffRequest, request).actor, "settings.edit"),
        "unknown": sorted(key for key in wrong if settings_store.declared.get(key) is None),
        "failed": bool(wrong),
    }
    template = "desk/settings_found.html" if getattr(request, "htmx", False) else "desk/settings.html"
    return render(request, template, context, status=status)


@require_safe
@permission_required("settings.view")
def sample(request: HttpRequest, key: str) -> HttpResponse:
    """Say what a value that is being typed would look like in use."""
    setting = settings_store.declared.get(key)
    if setting is None or setting.sample is None:
        raise NotFound
    context = {"sample": fields.sample_of(setting, request.GET.get(_VALUE + key, "").strip())}
    return render(request, "desk/setting_sample.html", context)


@require_POST
@permission_required("settings.edit")
def reset(request: HttpRequest, key: str) -> HttpResponse:
    """Give one setting its default again."""
    actions.reset_setting(key, by=cast(StaffRequest, request).actor)
    messages.success(request, _("The default is back"))
    return redirect(f"{reverse('desk:settings')}#{key}")
