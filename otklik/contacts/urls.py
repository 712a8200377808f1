"""Addresses of people and organisations."""

from django.urls import path

from otklik.contacts import views

app_name = "contacts"
urlpatterns = [
    path("contacts/", views.people_list, name="people"),
    path("organizations/", views.organization_list, name="organizations"),
    path("contacts/<int:contact_id>/", views.contact, name="contact"),
    path("organizations/<int:organization_id>/", views.organization, name="organization"),
]
