"""The list of people, adding one, and the page of one: rights, state, sessions, history."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from otklik.accounts import actions, presenters
from otklik.accounts.actions.checks import role_key
from otklik.accounts.actions.invitations import invitation_path
from otklik.accounts.models import CustomRole, Team, User
from otklik.accounts.queries import (
    all_teams_visible_to,
    find_manageable,
    history_of,
    live_tokens_of,
    session_of,
    sessions_of,
)
from otklik.accounts.second_factor import factors_of
from otklik.accounts.views.reading import (
    actor_of,
    base_of,
    chosen_teams,
    person_or_404,
    refuse_unknown,
    words_of,
)
from otklik.accounts.web import permission_required
from otklik.core.clock import now
from otklik.core.errors import DomainError
from otklik.core.form_parts import fields_of, read_parts, shown_parts
from otklik.core.locality import desk_language
from otklik.core.pages import keyset_page

NEW_PERSON = "accounts.new-person"
_PAGE = 100
_FIELDS = ("name", "email", "role", "language", "signature")


@require_safe
@permission_required("users.manage")
def people(request: HttpRequest) -> HttpResponse:
    """List the people of the desk: by name, narrowed by words and by state."""
    actor = actor_of(request)
    words, state = request.GET.get("q", "")[:100].strip(), request.GET.get("state", "")
    rows = find_manageable(actor, words=words, state=state)
    page = keyset_page(rows, order=[("name", str), ("id", int)], cursor=request.GET.get("after"), limit=_PAGE)
    kept = {"q": words, "state": state}
    states = (
        ("", _("All")),
        ("active", _("Active")),
        ("invited", _("Invited people")),
        ("blocked", _("Blocked people")),
    )
    context = {
        "tab": "people", "words": words, "state": state, "rows": presenters.person_rows(page.items, now()),
        "states": [{"url": "?" + urlencode({"q": words, "state": key}), "label": label, "current": key == state}
                   for key, label in states],
        "more": "?" + urlencode(kept | {"after": page.next}) if page.next else "",
    }  # fmt: skip
    return render(request, "accounts/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("users.manage")
def new_person(request: HttpRequest) -> HttpResponse:
    """Add a person and invite him by mail."""
    actor = actor_of(request)
    values: dict[str, Any]
    if request.method != "POST":
        values = {"role": "agent", "language": desk_language(), "team_ids": set()}
        return _form(request, "accounts/person_new.html", values, {}, parts=shown_parts(NEW_PERSON, request))
    values = {field: request.POST.get(field, "").replace("\r\n", "\n") for field in _FIELDS}
    try:
        refuse_unknown(request, (*_FIELDS, "teams", *fields_of(NEW_PERSON)))
        teams, more = chosen_teams(request, actor), read_parts(NEW_PERSON, request)
        made = actions.add_user(**values, teams=teams, password=None, by=actor)
    except DomainError as error:
        values["team_ids"] = {int(pk) for pk in request.POST.getlist("teams") if pk.isdigit()}
        parts = shown_parts(NEW_PERSON, request)
        return _form(request, "accounts/person_new.html", values, words_of(error), status=error.status, parts=parts)
    more.save(made, by=actor)
    actions.invite(made, by=actor, base=base_of(request))
    messages.success(request, _("The person is added, the invitation is on its way."))
    return redirect("people:person", made.pk)


def _form(
    request: HttpRequest, template: str, values: dict[str, Any], errors: dict[str, str], status: int = 200, **more: Any
) -> HttpResponse:
    held: set[int] = values.get("team_ids", set())
    teams: list[Team] = list(all_teams_visible_to(actor_of(request)))
    context = {
        "tab": "people", "values": values, "errors": errors, "roles": presenters.role_choices(CustomRole.objects.all()),
        "teams": [{"id": team.pk, "name": team.name, "hue": team.hue, "chosen": team.pk in held}
                  for team in teams if team.archived_at is None or team.pk in held],
    } | more  # fmt: skip
    return render(request, template, context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("users.manage")
def person(request: HttpRequest, user_id: int) -> HttpResponse:
    """Show a person; POST changes name, address, role, teams, language and signature."""
    actor = actor_of(request)
    found = person_or_404(actor, user_id)
    if request.method != "POST":
        return _person_page(request, found, _values(found), {})
    values: dict[str, Any] = {field: request.POST.get(field, "").replace("\r\n", "\n") for field in _FIELDS}
    try:
        refuse_unknown(request, (*_FIELDS, "teams"))
        changed = actions.change_user(found, by=actor, **values, teams=chosen_teams(request, actor))
    except DomainError as error:
        values["team_ids"] = {int(pk) for pk in request.POST.getlist("teams") if pk.isdigit()}
        return _person_page(request, person_or_404(actor, user_id), values, words_of(error), status=error.status)
    if changed:
        messages.success(request, _("Saved"))
    return redirect("people:person", user_id)


def _values(user: User) -> dict[str, Any]:
    return {
        "name": user.name, "email": user.email, "role": role_key(user), "language": user.language,
        "signature": user.signature, "team_ids": {team.pk for team in user.teams.all()},
    }  # fmt: skip


def _person_page(
    request: HttpRequest, user: User, values: dict[str, Any], errors: dict[str, str], status: int = 200
) -> HttpResponse:
    state, chip = presenters.state_of(user)
    link = base_of(request) + invitation_path(user) if user.invited_at is not None and user.is_active else ""
    return _form(
        request, "accounts/person.html", values, errors, status,
        person=presenters.person_rows([user], now())[0], is_active=user.is_active, state=state, chip=chip,
        user_id=user.pk, me=user.pk == actor_of(request).id, invitation=link,
        devices=presenters.devices(sessions_of(user.pk)[:50], now(), request.session.session_key or ""),
        tokens=presenters.token_lines(live_tokens_of(user.pk)[:100], now()),
        may_invite=user.is_active and (user.invited_at is not None or not user.has_usable_password()),
        away=user.away, identities=list(user.identities.all()),
        factors=factors_of(user.pk), past=presenters.past(history_of(user.pk), now()),
    )  # fmt: skip


@require_POST
@permission_required("users.manage")
def block(request: HttpRequest, user_id: int) -> HttpResponse:
    """Block a person, or let him in again."""
    actor = actor_of(request)
    found = person_or_404(actor, user_id)
    try:
        refuse_unknown(request, ("blocked",))
        if request.POST.get("blocked") == "1":
            actions.block_user(found, by=actor)
            messages.success(request, _("Blocked: all sessions and tokens have ended."))
        else:
            actions.unblock_user(found, by=actor)
            messages.success(request, _("The person may sign in again."))
    except DomainError as error:
        messages.error(request, str(error.message))
    return redirect("people:person", user_id)


@require_POST
@permission_required("users.manage")
def person_sessions(request: HttpRequest, user_id: int) -> HttpResponse:
    """End one session of a person, or all of them."""
    actor = actor_of(request)
    found = person_or_404(actor, user_id)
    try:
        refuse_unknown(request, ("session",))
        chosen = request.POST.get("session", "")
        if not chosen:
            actions.end_sessions(found, by=actor)
            messages.success(request, _("All sessions have ended."))
        elif (held := session_of(found.pk, chosen)) is not None:
            actions.end_session(found, key=held.session_key, by=actor)
            messages.success(request, _("The session has ended."))
    except DomainError as error:
        messages.error(request, str(error.message))
    return redirect("people:person", user_id)


@require_POST
@permission_required("users.manage")
def person_token(request: HttpRequest, user_id: int, token_id: int) -> HttpResponse:
    """Take a token of a person back."""
    actor = actor_of(request)
    found = live_tokens_of(person_or_404(actor, user_id).pk).filter(pk=token_id).first()
    if found is None:
        raise Http404
    try:
        refuse_unknown(request, ())
        actions.revoke_token(found, by=actor)
    except DomainError as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, _("The token no longer works."))
    return redirect("people:person", user_id)


@require_POST
@permission_required("users.manage")
def person_invitation(request: HttpRequest, user_id: int) -> HttpResponse:
    """Send a new invitation; older links die."""
    actor = actor_of(request)
    try:
        refuse_unknown(request, ())
        actions.invite(person_or_404(actor, user_id), by=actor, base=base_of(request))
    except DomainError as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, _("A new invitation is on its way."))
    return redirect(reverse("people:person", args=[user_id]))


@require_POST
@permission_required("users.manage")
def person_second_factor(request: HttpRequest, user_id: int) -> HttpResponse:
    """Take the second factors of a person away who has lost them."""
    actor = actor_of(request)
    try:
        refuse_unknown(request, ())
        actions.reset_second_factor(person_or_404(actor, user_id), by=actor)
    except DomainError as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, _("The second factor is reset."))
    return redirect("people:person", user_id)
