"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, teams, roles, sign-in and tokens."""

    name = "otklik.accounts"
    label = "accounts"
    verbose_name = "Accounts"
