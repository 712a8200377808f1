"""Links of a password reset: they die with the password they replace, with a block of the user, and with time."""

from django.contrib.auth.tokens import PasswordResetTokenGenerator

from otklik.accounts.models import User


class ResetTokens(PasswordResetTokenGenerator):
    """Makes and checks the keys; somebody blocked has none that works, not even one from before."""

    def check_token(self, user: User | None, token: str | None) -> bool:
        """Tell whether the key is this user's, unused, young enough, and he is still let in."""
        return bool(user is not None and user.is_active and super().check_token(user, token))
