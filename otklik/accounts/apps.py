"""The accounts app."""

from typing import Any

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, teams, roles, sign-in and tokens."""

    name = "otklik.accounts"
    label = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        """Hear from allauth when second factors come and go: it has no other door for that."""
        from allauth.mfa import signals

        signals.authenticator_added.connect(_factor_added, dispatch_uid="otklik.factor_added")
        signals.authenticator_removed.connect(_factor_removed, dispatch_uid="otklik.factor_removed")


def _factor_added(*, user: Any, authenticator: Any, **_more: Any) -> None:
    _note(user, authenticator, added=True)


def _factor_removed(*, user: Any, authenticator: Any, **_more: Any) -> None:
    _note(user, authenticator, added=False)


def _note(user: Any, authenticator: Any, *, added: bool) -> None:
    from otklik.accounts.actions.factors import note_second_factor
    from otklik.accounts.queries import actor_for

    note_second_factor(user, kind=str(authenticator.type), added=added, by=actor_for(user))
