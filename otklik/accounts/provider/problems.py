"""What can go wrong between the desk and the provider, in words for the person in front of it."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from otklik.core.errors import DomainError

_ANSWERS: Final = {"bad-answer", "issuer", "insecure", "address", "keys", "http"}


class ProviderError(DomainError):
    """Signing in through the provider came to nothing; ``reason`` is one of a fixed few."""

    code = "provider"
    TEXTS: Final[dict[str, Any]] = {
        "bad-answer": _("The provider answers something that cannot be understood. Its administrator should know."),
        "issuer": _("The provider names itself by another address than the one in the settings."),
        "insecure": _("The provider's addresses do not use HTTPS."),
        "address": _("The provider's address leads into an inner network that the operator has not allowed."),
        "keys": _("The provider shows no key that fits its signature."),
        "client": _("The provider does not accept this desk: the id or the secret in the settings is wrong."),
        "code": _("The provider does not accept the answer any more. Begin again."),
        "state": _("This sign-in did not begin in this browser, or too long ago. Begin again."),
        "denied": _("The provider did not let you in, or you have broken off there."),
        "token": _("The provider's confirmation cannot be trusted, so nobody was signed in."),
        "expired": _("The provider's confirmation has run out. Check the clocks and begin again."),
        "no-mail": _("The provider did not tell your mail address, so the desk cannot know who you are."),
        "unverified": _("The provider has not verified your mail address. Confirm it there, then begin again."),
        "domain": _("Your mail address does not belong to the domains that may sign in here."),
        "unknown": _("Nobody of this desk has your mail address. Ask its administrator to add you."),
        "blocked": _("Your account is switched off. Ask the administrator of this desk."),
        "taken": _("Your address is tied to another account at the provider. Ask the administrator of this desk."),
    }

    def __init__(self, reason: str, message: object = None) -> None:
        super().__init__(self.TEXTS[reason] if message is None else message)
        self.reason = reason
        self.status = 502 if reason in _ANSWERS else 403
