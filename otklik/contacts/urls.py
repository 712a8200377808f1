"""Addresses of people and organisations."""

from django.urls import path

from otklik.contacts import views

app_name = "contacts"
urlpatterns = [
    path("contacts/", views.people_list, name="people"),
    path("organizations/", views.organization_list, name="organizations"),
    path("contacts/import/", views.imports, name="imports"),
    path("contacts/import/<int:import_id>/", views.one_import, name="import"),
    path("contacts/import/<int:import_id>/start/", views.start, name="import-start"),
    path("contacts/import/<int:import_id>/drop/", views.drop, name="import-drop"),
    path("contacts/import/<int:import_id>/refused.csv", views.refused, name="import-refused"),
    path("contacts/<int:contact_id>/", views.contact, name="contact"),
    path("contacts/<int:contact_id>/note/", views.contact_note, name="contact-note"),
    path("contacts/<int:contact_id>/merge/", views.merge, name="merge"),
    path("contacts/<int:contact_id>/merges/<int:merge_id>/undo/", views.undo_merge, name="undo-merge"),
    path("contacts/<int:contact_id>/export/", views.export, name="export"),
    path("contacts/<int:contact_id>/export/<int:export_id>.zip", views.export_file, name="export-file"),
    path("contacts/<int:contact_id>/erase/", views.erase, name="erase"),
    path("organizations/<int:organization_id>/note/", views.organization_note, name="organization-note"),
    path("organizations/<int:organization_id>/", views.organization, name="organization"),
]
