"""Addresses of the customers' side."""

from django.urls import path

from otklik.portal.views import new, request

app_name = "portal"

urlpatterns = [
    path("portal/new/", new.page, name="new"),
    path("portal/f/<slug:key>/", new.page, name="form"),
    path("portal/r/<str:token>/", request.page, name="request"),
    path("portal/r/<str:token>/files/<str:file_token>/<str:name>", request.file, name="file"),
]
