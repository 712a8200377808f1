"""Addresses of the settings of webhooks."""

from django.urls import path

from otklik.webhooks import views

app_name = "webhooks"

urlpatterns = [
    path("settings/webhooks/", views.index, name="list"),
    path("settings/webhooks/new/", views.new, name="new"),
    path("settings/webhooks/<int:webhook_id>/", views.edit, name="webhook"),
    path("settings/webhooks/<int:webhook_id>/test/", views.test, name="test"),
    path("settings/webhooks/<int:webhook_id>/secret/", views.secret, name="secret"),
    path("settings/webhooks/<int:webhook_id>/removal/", views.removal, name="removal"),
    path("settings/webhooks/<int:webhook_id>/restoration/", views.restoration, name="restoration"),
    path("settings/webhooks/<int:webhook_id>/<int:delivery_id>/again/", views.again, name="again"),
]
