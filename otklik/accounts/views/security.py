"""A person's own security: sessions and API tokens."""

from datetime import timedelta
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from otklik.accounts import actions, presenters
from otklik.accounts.actions.tokens import SCOPE_ROOMS
from otklik.accounts.middleware import must_set_up
from otklik.accounts.models import ApiToken, User
from otklik.accounts.queries import live_tokens_of, session_of, sessions_of
from otklik.accounts.second_factor import factors_of
from otklik.accounts.views.reading import actor_of, refuse_unknown, words_of
from otklik.accounts.web import staff_required
from otklik.core.clock import now
from otklik.core.errors import DomainError, Invalid

_LIFETIMES = {"30": 30, "90": 90, "365": 365, "": None}


@require_safe
@staff_required
def security(request: HttpRequest) -> HttpResponse:
    """Show where the person is signed in and which programs act for him."""
    return _page(request)


def _page(
    request: HttpRequest, errors: dict[str, str] | None = None, plain: str = "", status: int = 200
) -> HttpResponse:
    user = cast(User, request.user)
    at = now()
    context: dict[str, Any] = {
        "factors": factors_of(user.pk), "must": must_set_up(request, user),
        "devices": presenters.devices(sessions_of(user.pk)[:50], at, request.session.session_key or ""),
        "tokens": presenters.token_lines(live_tokens_of(user.pk)[:100], at),
        "rooms": [(room, _room_name(room)) for room in SCOPE_ROOMS], "errors": errors or {}, "plain": plain,
        "lifetimes": [("90", _("90 days")), ("30", _("30 days")), ("365", _("a year")), ("", _("without an end"))],
    }  # fmt: skip
    response = render(request, "accounts/security.html", context, status=status)
    if plain:
        response["Cache-Control"] = "no-store"
    return response


def _room_name(room: str) -> str:
    return {
        "tickets": _("Tickets"), "contacts": _("Customers"), "mail": _("Mail ledger"), "outbox": _("Outbox"),
        "settings": _("Settings"), "users": _("People and teams"), "notifications": _("Notifications"),
        "queues": _("Guided work"), "replies": _("Saved replies"), "spam": _("Spam senders"), "absences": _("Absences"),
        "presence": _("Who has a ticket open"), "webhooks": _("Webhooks"),
    }[room]  # fmt: skip


@require_POST
@staff_required
def sessions(request: HttpRequest) -> HttpResponse:
    """End one session of one's own, or all others."""
    user, actor = cast(User, request.user), actor_of(request)
    try:
        refuse_unknown(request, ("session",))
        chosen = request.POST.get("session", "")
        if chosen:
            found = session_of(user.pk, chosen)
            if found is not None:
                actions.end_session(user, key=found.session_key, by=actor)
        else:
            actions.end_sessions(user, by=actor, but=request.session.session_key or "")
    except DomainError as error:
        return _page(request, words_of(error), status=error.status)
    messages.success(request, _("Ended."))
    return redirect("people:security")


@require_POST
@staff_required
def tokens(request: HttpRequest) -> HttpResponse:
    """Make an API token; its text is shown in this answer and never again."""
    user, actor = cast(User, request.user), actor_of(request)
    try:
        refuse_unknown(request, ("name", "scopes", "days"))
        name, days = " ".join(request.POST.get("name", "").split()), request.POST.get("days", "")
        if not name:
            raise Invalid(_("Enter what the token is for."), field="name")
        if days not in _LIFETIMES:
            raise Invalid(_("Choose one of the values offered."), field="days")
        if not request.POST.getlist("scopes"):
            raise Invalid(_("Choose at least one right."), field="scopes")
        lasts = _LIFETIMES[days]
        ends = now() + timedelta(days=lasts) if lasts else None
        _row, plain = actions.create_token(
            user, name=name, scopes=request.POST.getlist("scopes"), by=actor, expires_at=ends
        )
    except DomainError as error:
        return _page(request, words_of(error), status=error.status)
    return _page(request, plain=plain)


@require_POST
@staff_required
def token(request: HttpRequest, token_id: int) -> HttpResponse:
    """Take a token of one's own back."""
    user = cast(User, request.user)
    found = ApiToken.objects.filter(user=user, pk=token_id).first()
    if found is None:
        raise Http404
    actions.revoke_token(found, by=actor_of(request))
    messages.success(request, _("The token no longer works."))
    return redirect("people:security")
