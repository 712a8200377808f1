"""The form for a new request."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from otklik.channels.webform import actions
from otklik.channels.webform.actions import TooMany
from otklik.channels.webform.queries import OpenForm, open_form
from otklik.core.clock import now
from otklik.core.errors import Busy, Conflict, Invalid, NotFound, TooLarge
from otklik.portal import sent
from otklik.portal.presenters import again_at, present_form

FIELDS = ("name", "email", "phone", "subject", "text", "consent")


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, key: str = "") -> HttpResponse:
    """Show a form, or take what was posted by it and lead to its private page."""
    try:
        opened = open_form(key)
    except NotFound:
        return render(request, "portal/closed.html", status=404)
    if request.method != "POST":
        return _form(request, opened, {}, {})
    values: dict[str, str] = {}
    try:
        sent.read(request, FIELDS, values)
        start = sent.check_start(opened.form.key, values)
        _check(opened, values)
        words = sent.words(request, start, values, files=opened.settings.files)
        link = sent.absolute(request, "/portal/r/{token}/")
        posted = actions.post_request(opened, words, link=link)
    except Invalid as error:
        return _form(request, opened, values, {key: str(text) for key, text in error.errors}, status=422)
    except (TooLarge, Conflict, Busy) as error:
        return _form(request, opened, values, {"": str(error)}, status=error.status)
    except TooMany as error:
        return _full(request, opened, values, error)
    response = redirect("portal:request", posted.request.token)
    response["Referrer-Policy"] = "no-referrer"
    return response


def _check(opened: OpenForm, values: dict[str, str]) -> None:
    """Refuse, field by field, what the form's settings ask for and is missing."""
    settings, errors = opened.settings, []
    for name, wanted in (("email", settings.email), ("phone", settings.phone), ("subject", settings.subject)):
        if wanted == "required" and not values[name].strip():
            errors.append((name, _("Please fill this in.")))
        if wanted == "off" and values[name]:
            errors.append((name, _("This form does not ask for it.")))
    if not values["name"].strip():
        errors.append(("name", _("Please tell us your name.")))
    if not values["email"].strip() and not values["phone"].strip():
        first = "email" if settings.email != "off" else "phone"
        errors.append((first, _("Leave an address or a phone so that we can answer.")))
    if not values["text"].strip():
        errors.append(("text", _("Write what has happened.")))
    if settings.consent and not values["consent"]:
        errors.append(("consent", _("Without it we may not take the request.")))
    if errors:
        raise Invalid(errors=list({field: (field, text) for field, text in reversed(errors)}.values())[::-1])


def _full(request: HttpRequest, opened: OpenForm, values: dict[str, str], error: TooMany) -> HttpResponse:
    response = _form(request, opened, values, {"": again_at(error.again_at)}, status=429)
    response["Retry-After"] = str(max(1, int((error.again_at - now()).total_seconds()) + 1))
    return response


def _form(
    request: HttpRequest, opened: OpenForm, values: dict[str, str], errors: dict[str, str], status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = present_form(opened, values, errors)
    context |= {
        "start": sent.start_for(opened.form.key, values),
        "trap": sent.TRAP,
        "trapped": bool(values.get(sent.TRAP)),
        "lost_files": bool(errors and values and request.FILES),
    }
    return render(request, "portal/new.html", context, status=status)
