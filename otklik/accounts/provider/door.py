"""Who must come through the provider, and whether his coming counts as a second factor. Asked on every page: small."""

from typing import Final

from django.http import HttpRequest

from otklik.accounts.models import Role, User
from otklik.accounts.provider import config
from otklik.core import settings_store

PROVIDER_SESSION: Final = "provider"
"""Where a session keeps that it began at the provider: ``strong`` (second factor there), ``leave`` (sign out there)."""


def must_use_provider(user: User) -> bool:
    """Tell whether a person may not use password or passkey: all but administrators, where the provider is all."""
    if user.role == Role.ADMIN and user.custom_role_id is None:
        return False
    return bool(settings_store.get(config.ONLY)) and config.in_use() is not None


def provider_is_strong(request: HttpRequest) -> bool:
    """Tell whether the session began at a provider who asks for the second factor himself."""
    return bool(request.session.get(PROVIDER_SESSION, {}).get("strong")) and bool(settings_store.get(config.STRONG))
