"""The search app."""

from django.apps import AppConfig


class SearchConfig(AppConfig):
    """Documents, their index, and what waits to be read into it."""

    name = "otklik.search"
    label = "search"
    verbose_name = "Search"
