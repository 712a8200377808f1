"""The contacts app."""

from django.apps import AppConfig


class ContactsConfig(AppConfig):
    """People and organisations who write to the desk."""

    name = "otklik.contacts"
    label = "contacts"
    verbose_name = "Contacts"
