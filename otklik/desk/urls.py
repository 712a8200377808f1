"""Addresses of the shell."""

from django.urls import path

from otklik.desk import views

app_name = "desk"
urlpatterns = [
    path("", views.home, name="home"),
    path("profile/", views.profile, name="profile"),
    path("live/", views.live, name="live"),
    path("palette/", views.palette, name="palette"),
    path("settings/", views.settings_home, name="settings-home"),
    path("settings/desk/", views.settings, name="settings"),
    path("settings/desk/<str:key>/reset/", views.setting_reset, name="setting-reset"),
    path("settings/desk/<str:key>/sample/", views.setting_sample, name="setting-sample"),
    path("settings/log/", views.audit, name="audit"),
    path("setup/<str:token>/", views.setup, name="setup"),
    path("first-steps/", views.first_steps, name="first-steps"),
    path("first-steps/away/", views.steps_away, name="first-steps-away"),
    path("first-steps/sample/", views.sample, name="sample"),
]
