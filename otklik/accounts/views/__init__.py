"""Pages of people, teams, invitations and of one's own security."""

from otklik.accounts.views.absences import absence, absence_end, absences
from otklik.accounts.views.entrance import entrance, provider_begin, provider_callback, provider_left
from otklik.accounts.views.invitation import invitation
from otklik.accounts.views.people import (
    block,
    new_person,
    people,
    person,
    person_invitation,
    person_second_factor,
    person_sessions,
    person_token,
)
from otklik.accounts.views.provider import person_provider, provider
from otklik.accounts.views.roles import new_role, role, role_removal, role_second_factor, roles
from otklik.accounts.views.security import security, sessions, token, tokens
from otklik.accounts.views.teams import team, teams

__all__ = [
    "absence",
    "absence_end",
    "absences",
    "block",
    "entrance",
    "invitation",
    "new_person",
    "new_role",
    "people",
    "person",
    "person_invitation",
    "person_provider",
    "person_second_factor",
    "person_sessions",
    "person_token",
    "provider",
    "provider_begin",
    "provider_callback",
    "provider_left",
    "role",
    "role_removal",
    "role_second_factor",
    "roles",
    "security",
    "sessions",
    "team",
    "teams",
    "token",
    "tokens",
]
