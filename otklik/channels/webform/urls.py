"""Addresses of the settings of forms; the public pages are the portal's."""

from django.urls import path

from otklik.channels.webform import views

app_name = "webform"

urlpatterns = [
    path("settings/forms/", views.index, name="forms"),
    path("settings/forms/new/", views.new, name="form-new"),
    path("settings/forms/<int:form_id>/", views.edit, name="form"),
]
