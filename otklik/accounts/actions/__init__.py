"""Everything that writes users, teams, roles, sessions and tokens."""

from otklik.accounts.actions.absences import (
    begin_absence,
    change_absence,
    end_absence,
    end_absence_in_time,
    may_enter,
    plan_absence,
)
from otklik.accounts.actions.factors import note_second_factor, reset_second_factor
from otklik.accounts.actions.invitations import accept_invitation, invite
from otklik.accounts.actions.people import add_user, block_user, change_user, end_session, end_sessions, unblock_user
from otklik.accounts.actions.profile import change_profile, note_password_change
from otklik.accounts.actions.provider import change_provider, enter, unlink_identities
from otklik.accounts.actions.roles import add_role, change_role, remove_role
from otklik.accounts.actions.teams import change_team, ensure_team, set_members
from otklik.accounts.actions.tokens import SCOPE_ROOMS, create_token, revoke_token

__all__ = [
    "SCOPE_ROOMS",
    "accept_invitation",
    "add_role",
    "add_user",
    "begin_absence",
    "block_user",
    "change_absence",
    "change_profile",
    "change_provider",
    "change_role",
    "change_team",
    "change_user",
    "create_token",
    "end_absence",
    "end_absence_in_time",
    "end_session",
    "end_sessions",
    "ensure_team",
    "enter",
    "invite",
    "may_enter",
    "note_password_change",
    "note_second_factor",
    "plan_absence",
    "remove_role",
    "reset_second_factor",
    "revoke_token",
    "set_members",
    "unblock_user",
    "unlink_identities",
]
