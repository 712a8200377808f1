"""Addresses of notifications."""

from django.urls import path

from otklik.notifications import views

app_name = "notifications"
urlpatterns = [
    path("notifications/", views.notifications, name="list"),
    path("notifications/panel/", views.panel, name="panel"),
    path("notifications/read/", views.read, name="read"),
    path("notifications/read/<int:mark>/undo/", views.undo, name="undo"),
    path("profile/notifications/", views.wishes, name="wishes"),
    path("profile/notifications/browsers/", views.browsers, name="browsers"),
    path("profile/notifications/browsers/<str:token>/", views.browser, name="browser"),
    path("push-worker.js", views.worker, name="worker"),
    path("settings/people/<int:user_id>/notifications/", views.person_wishes, name="person-wishes"),
]
