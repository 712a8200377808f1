"""The errors that actions and queries raise; the doors (pages, API, mail) turn them into their own answers.

Messages are fixed, translated sentences that may be shown to the reader. Nothing that came from outside goes in.
"""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """Something was asked for that cannot be done; ``message`` says what, in words that may be shown."""

    status = 400
    code = "error"
    default: Any = _("This cannot be done.")

    def __init__(self, message: object = None) -> None:
        self.message: Any = self.default if message is None else message
        super().__init__(self.message)

    def __str__(self) -> str:
        """Return the sentence in the active language."""
        return str(self.message)


class Invalid(DomainError):
    """The input cannot be used. ``errors`` names every field with its sentence ("" for the whole)."""

    status = 422
    code = "invalid"
    default = _("Please check what you have entered.")

    def __init__(
        self,
        message: object = None,
        field: str | None = None,
        errors: Sequence[tuple[str, object]] | None = None,
    ) -> None:
        super().__init__(message)
        self.field = field
        self.errors: list[tuple[str, object]] = list(errors) if errors else [(field or "", self.message)]


class NotFound(DomainError):
    """There is no such thing, or none that the actor may know of."""

    status = 404
    code = "not-found"
    default = _("There is nothing here.")


class Gone(DomainError):
    """The thing was there and is not kept any more."""

    status = 410
    code = "gone"
    default = _("This is not kept any more.")


class Forbidden(DomainError):
    """The actor sees the thing but may not do this with it."""

    status = 403
    code = "forbidden"
    default = _("You have no right to do this.")


class Conflict(DomainError):
    """Somebody else was faster; ``current`` is the present state where the door can show it."""

    status = 409
    code = "conflict"
    default = _("This was changed meanwhile.")

    def __init__(self, message: object = None, current: Any = None) -> None:
        super().__init__(message)
        self.current = current


class TooLarge(DomainError):
    """More than we take."""

    status = 413
    code = "too-large"
    default = _("This is too large.")


class Busy(DomainError):
    """Not now; ask again after ``retry_after`` seconds."""

    status = 503
    code = "busy"
    default = _("The desk is busy. Please try again in a moment.")

    def __init__(self, message: object = None, retry_after: float = 5) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TooMany(Busy):
    """This one asks too often; the others are served."""

    status = 429
    code = "too-many-requests"
    default = _("Too many requests.")
