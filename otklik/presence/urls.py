"""Addresses of presence."""

from django.urls import path

from otklik.presence import views

app_name = "presence"
urlpatterns = [path("tickets/<int:number>/presence/", views.presence, name="presence")]
