"""Addresses of the core: the lazy panels."""

from django.urls import path

from otklik.core import views

app_name = "core"
urlpatterns = [
    path("panels/<str:key>/<int:subject_id>/", views.panel, name="panel"),
]
