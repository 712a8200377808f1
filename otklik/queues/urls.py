"""Addresses of guided work."""

from django.urls import path

from otklik.queues import views

app_name = "queues"
urlpatterns = [
    path("walk/", views.start, name="walk"),
    path("walk/next/", views.further, name="next"),
    path("walk/skips/", views.skip, name="skip"),
    path("walk/end/", views.leave, name="leave"),
    path("settings/skips/", views.skips, name="skips"),
    path("settings/skips/reasons/", views.reasons, name="reasons"),
]
