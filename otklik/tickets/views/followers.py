"""Who watches a ticket, and whom a note may call."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from otklik.accounts.queries import colleagues
from otklik.accounts.web import permission_required
from otklik.core.errors import Invalid, NotFound
from otklik.tickets import queries
from otklik.tickets.actions.following import follow, unfollow
from otklik.tickets.views.answers import actor_of, done, noun, only_fields
from otklik.tickets.views.assignments import chosen_user


@require_http_methods(["GET", "POST"])
@permission_required("tickets.note")
@noun
def followers(request: HttpRequest, number: int) -> HttpResponse:
    """GET: the menu of colleagues. POST ``user`` and ``follows`` (1 or 0): let him watch the ticket, or no more."""
    actor = actor_of(request)
    ticket = queries.get_visible(actor, number)
    if request.method == "GET":
        held = {row["id"] for row in ticket.followers_shown or []}
        near = sorted(colleagues(), key=lambda user: (user.pk != actor.id, user.pk not in held))
        people = [{"user": user, "follows": user.pk in held} for user in near]
        context = {"people": people, "me": actor.id, "base": f"/tickets/{number}/"}
        return render(request, "tickets/menus/followers.html", context)
    only_fields(request, ("user", "follows"))
    user = chosen_user(request.POST.get("user", ""))
    if user is None:
        raise Invalid(field="user")
    if request.POST.get("follows") == "0":
        unfollow(ticket, user_id=user.pk, by=actor)
    else:
        follow(ticket, users=[user], by=actor)
    return done(request, number)


@require_safe
@permission_required("tickets.note")
def mentionable(request: HttpRequest, number: int) -> HttpResponse:
    """Answer with the colleagues whom a note on this ticket may call."""
    try:
        ticket = queries.get_visible(actor_of(request), number)
    except NotFound as error:
        raise Http404 from error
    near = {ticket.assignee_id, *(row["id"] for row in ticket.followers_shown or [])}
    people = sorted(colleagues(), key=lambda user: user.pk not in near)
    items = [{"id": u.pk, "name": u.name, "hint": str(u.get_role_display()), "initials": u.initials} for u in people]
    return JsonResponse({"items": items})
