"""Addresses of the directory of channels."""

from django.urls import path

from otklik.channels import views

app_name = "channels"

urlpatterns = [
    path("settings/connections/", views.directory, name="directory"),
    path("settings/connections/<int:channel_id>/test/", views.test, name="test"),
]
