"""Addresses of people and teams in the settings, and of one's own security."""

from django.urls import path

from otklik.accounts import views

app_name = "people"
urlpatterns = [
    path("settings/people/", views.people, name="people"),
    path("settings/people/new/", views.new_person, name="new"),
    path("settings/people/<int:user_id>/", views.person, name="person"),
    path("settings/people/<int:user_id>/block/", views.block, name="block"),
    path("settings/people/<int:user_id>/sessions/", views.person_sessions, name="person-sessions"),
    path("settings/people/<int:user_id>/tokens/<int:token_id>/", views.person_token, name="person-token"),
    path("settings/people/<int:user_id>/invitation/", views.person_invitation, name="person-invitation"),
    path("settings/people/<int:user_id>/second-factor/", views.person_second_factor, name="second-factor"),
    path("settings/roles/second-factor/", views.role_second_factor, name="role-second-factor"),
    path("settings/teams/", views.teams, name="teams"),
    path("settings/teams/<int:team_id>/", views.team, name="team"),
    path("settings/roles/", views.roles, name="roles"),
    path("settings/roles/new/", views.new_role, name="role-new"),
    path("settings/roles/<int:role_id>/", views.role, name="role"),
    path("settings/roles/<int:role_id>/removal/", views.role_removal, name="role-removal"),
    path("settings/provider/", views.provider, name="provider"),
    path("settings/people/<int:user_id>/provider/", views.person_provider, name="person-provider"),
    path("absences/", views.absences, name="absences"),
    path("absences/<int:absence_id>/", views.absence, name="absence"),
    path("absences/<int:absence_id>/end/", views.absence_end, name="absence-end"),
    path("profile/security/", views.security, name="security"),
    path("profile/security/sessions/", views.sessions, name="sessions"),
    path("profile/security/tokens/", views.tokens, name="tokens"),
    path("profile/security/tokens/<int:token_id>/", views.token, name="token"),
]
