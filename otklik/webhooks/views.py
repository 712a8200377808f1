"""Settings of webhooks: the list, a new one, one with its log, and what can be done with it."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from otklik.accounts.web import StaffRequest, permission_required
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict, Invalid, NotFound
from otklik.webhooks import actions, forms, presenters, queries
from otklik.webhooks.actions import Wanted
from otklik.webhooks.models import Webhook


def _actor(request: HttpRequest) -> Actor:
    return cast(StaffRequest, request).actor


def _button(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A button of the settings: POST, with the right, without fields."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        forms.refuse_fields(request.POST)
        return view(request, *args, **kwargs)

    return require_POST(permission_required("settings.edit")(guarded))


@require_safe
@permission_required("settings.edit")
def index(request: HttpRequest) -> HttpResponse:
    """List the webhooks, and those that can still be brought back."""
    at = now()
    rows = list(queries.visible_to(_actor(request)))
    return render(
        request,
        "webhooks/list.html",
        {
            "hooks": [presenters.present_webhook(hook, at) for hook in rows if hook.removed_at is None],
            "removed": [hook for hook in rows if hook.removed_at and hook.removed_at > at - timedelta(days=1)],
        },
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("settings.edit")
def new(request: HttpRequest) -> HttpResponse:
    """Add a webhook; its secret is shown on the page that follows, once."""
    if request.method != "POST":
        return _page(request, None, Wanted("", "", ["ticket.opened", "ticket.closed"]), 0, {})
    try:
        wanted, _version = forms.read_form(request.POST)
        hook, secret = actions.add_webhook(wanted, by=_actor(request))
    except (Invalid, Conflict) as error:
        return _refused(request, None, error)
    return _shown_once(request, hook, secret)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("settings.edit")
def edit(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """Show a webhook with its log, and change it; a log that is waited for asks for itself alone."""
    hook = queries.get_webhook(_actor(request), webhook_id)
    if getattr(request, "htmx", False) and request.method != "POST":
        context = {"hook": presenters.present_webhook(hook, now()), **_log(request, hook)}
        return render(request, "webhooks/log.html", context)
    if request.method != "POST":
        return _page(request, hook, _wanted(hook), hook.version, {})
    try:
        wanted, version = forms.read_form(request.POST)
        actions.change_webhook(hook, wanted, version=version, by=_actor(request))
    except (Invalid, Conflict) as error:
        return _refused(request, hook, error)
    messages.success(request, _("Saved"))
    return redirect("webhooks:webhook", hook.pk)


def _wanted(hook: Webhook) -> Wanted:
    return Wanted(hook.name, hook.url, hook.events, hook.with_bodies, hook.enabled)


@_button
def test(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """Queue a test call; its outcome stands in the log a moment later."""
    try:
        actions.send_test(queries.get_webhook(_actor(request), webhook_id), by=_actor(request))
    except Conflict as error:
        messages.error(request, str(error.message))
    return redirect(f"/settings/webhooks/{webhook_id}/#log")


@never_cache
@_button
def secret(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """Make a new secret and show it, once."""
    hook = queries.get_webhook(_actor(request), webhook_id)
    return _shown_once(request, hook, actions.new_secret(hook, by=_actor(request)))


@_button
def removal(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """Remove a webhook; the list offers to bring it back."""
    actions.remove_webhook(queries.get_webhook(_actor(request), webhook_id), by=_actor(request))
    return redirect("webhooks:list")


@_button
def restoration(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """Bring a removed webhook back."""
    hook = queries.visible_to(_actor(request)).filter(pk=webhook_id).first() if webhook_id < 2**63 else None
    if hook is None:
        raise NotFound
    actions.restore_webhook(hook, by=_actor(request))
    return redirect("webhooks:list")


@_button
def again(request: HttpRequest, webhook_id: int, delivery_id: int) -> HttpResponse:
    """Make a call of the log again."""
    try:
        actions.send_again(queries.get_delivery(_actor(request), webhook_id, delivery_id), by=_actor(request))
    except Conflict as error:
        messages.error(request, str(error.message))
    return redirect(f"/settings/webhooks/{webhook_id}/#log")


def _shown_once(request: HttpRequest, hook: Webhook, plain: str) -> HttpResponse:
    context = {"hook": presenters.present_webhook(hook, now()), "secret": plain}
    return render(request, "webhooks/secret.html", context)


def _refused(request: HttpRequest, hook: Webhook | None, error: Invalid | Conflict) -> HttpResponse:
    errors = (
        {key: str(text) for key, text in error.errors} if isinstance(error, Invalid) else {"form": str(error.message)}
    )
    version = hook.version if hook else 0
    return _page(request, hook, forms.wanted_of(request.POST), version, errors, status=error.status)


def _page(
    request: HttpRequest, hook: Webhook | None, wanted: Wanted, version: int, errors: dict[str, str], status: int = 200
) -> HttpResponse:
    context = {
        "hook": presenters.present_webhook(hook, now()) if hook else None,
        "values": forms.values_of(wanted, version),
        "errors": errors,
        "groups": presenters.present_choices(set(wanted.events)),
        **(_log(request, hook) if hook else {}),
    }
    return render(request, "webhooks/webhook.html", context, status=status)


def _log(request: HttpRequest, hook: Webhook) -> dict[str, Any]:
    before = request.GET.get("before", "")
    usable = before.isascii() and before.isdigit() and len(before) < 19
    found, at = queries.log_of(hook, int(before) if usable else 0), now()
    rows = [presenters.present_delivery(row, at) for row in found[: queries.PAGE]]
    return {
        "log": rows,
        "older": found[queries.PAGE - 1].pk if len(found) > queries.PAGE else 0,
        "moving": hook.enabled and not usable and any(row["moving"] for row in rows),  # only the newest page asks again
    }
