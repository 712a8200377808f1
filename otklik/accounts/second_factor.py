"""Second factors of people: what they have, who needs one, and what allauth asks of us about them."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from otklik.accounts.app_settings import SECOND_FACTOR_ROLES
from otklik.accounts.models import User
from otklik.core import settings_store
from otklik.core.locality import desk_name
from otklik.core.secrets import seal, unseal

STRONG = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""What counts as a second factor; recovery codes alone do not."""


@dataclass(frozen=True, slots=True)
class Factors:
    """The second factors of a person: a code generator, named keys (id, name), unused recovery codes."""

    totp: bool
    keys: list[tuple[int, str]]
    codes: int

    @property
    def any(self) -> bool:
        """Whether there is a second factor at all."""
        return self.totp or bool(self.keys)


def has_second_factor(user_id: int) -> bool:
    """Tell whether a person has a second factor (one statement)."""
    return Authenticator.objects.filter(user_id=user_id, type__in=STRONG).exists()


def factors_of(user_id: int) -> Factors:
    """Return the second factors of a person (one statement)."""
    rows = list(Authenticator.objects.filter(user_id=user_id).order_by("pk"))
    kinds = Counter(row.type for row in rows)
    codes = next((len(row.wrap().get_unused_codes()) for row in rows if row.type == "recovery_codes"), 0)
    keys = [(row.pk, row.wrap().name) for row in rows if row.type == Authenticator.Type.WEBAUTHN]
    return Factors(totp=bool(kinds[Authenticator.Type.TOTP]), keys=keys, codes=codes)


def is_required(user: User) -> bool:
    """Tell whether a person, loaded with his custom role, needs a second factor: for that role, its base, or both."""
    return role_requires(user.role, custom=user.custom_role is not None and user.custom_role.second_factor)


def role_requires(role: str, *, custom: bool) -> bool:
    """Tell whether a built-in role needs a second factor; ``custom``: the role of one's own above it does."""
    return custom or role in settings_store.get(SECOND_FACTOR_ROLES)


class MFAAdapter(DefaultMFAAdapter):
    """Seals the secrets, names the desk, and words the errors."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("The code does not fit. Take the newest one."),
    }

    def encrypt(self, text: str) -> str:
        """Seal a secret for the database."""
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Open a sealed secret."""
        return unseal(encrypted_text)

    def get_totp_issuer(self) -> str:
        """Return the name under which an authenticator app lists the desk."""
        return desk_name()

    def generate_authenticator_name(self, user: Any, type: Any) -> str:  # noqa: A002 - allauth's word
        """Return a name for a new key."""
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return _("Key %(number)d") % {"number": number}
