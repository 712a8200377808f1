"""Forms of allauth that take what a browser's key says, made deaf to nonsense: its parser fails on it in many ways."""

import logging
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms
from django.forms.utils import ErrorDict

logger = logging.getLogger(__name__)


class _Guarded:
    """Answers a credential that cannot be parsed as one that does not fit."""

    cleaned_data: dict[str, Any]
    _errors: Any

    def full_clean(self) -> None:
        """Clean the form; whatever the parser of the credential raises becomes an error of the field."""
        try:
            super().full_clean()  # type: ignore[misc]
        except Exception:
            logger.info("a credential could not be read")
            self.cleaned_data, self._errors = {}, ErrorDict()
            self.add_error("credential", get_adapter().validation_error("incorrect_code"))  # type: ignore[attr-defined]


class AddKeyForm(_Guarded, forms.AddWebAuthnForm):
    """A new key."""


class AuthenticateKeyForm(_Guarded, forms.AuthenticateWebAuthnForm):
    """A key as second factor."""


class LoginKeyForm(_Guarded, forms.LoginWebAuthnForm):
    """A key instead of the password."""


class ReauthenticateKeyForm(_Guarded, forms.ReauthenticateWebAuthnForm):
    """A key that confirms who is there."""
