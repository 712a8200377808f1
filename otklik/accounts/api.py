"""REST of teams and users: what programs need to name them."""

from django.http import HttpRequest
from ninja import Router

from otklik.accounts.models import User
from otklik.accounts.queries import teams_visible_to, visible_to
from otklik.accounts.rest import Json, needs

router = Router(tags=["directories"])


@router.get("/teams", summary="Teams")
def list_teams(request: HttpRequest) -> Json:
    """All teams in their order."""
    actor = needs(request, "tickets.view")
    items = [{"id": team.pk, "name": team.name} for team in teams_visible_to(actor)]
    return {"items": items, "next": None}


@router.get("/users", summary="Users")
def list_users(request: HttpRequest) -> Json:
    """Colleagues, with what a program needs to assign tickets."""
    actor = needs(request, "tickets.view")
    return {"items": [_user_json(user) for user in visible_to(actor).order_by("id")], "next": None}


def _user_json(user: User) -> Json:
    return {"id": user.pk, "name": user.name, "email": user.email, "role": user.role, "active": user.is_active}
