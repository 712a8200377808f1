"""What happened to absences."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from otklik.accounts.events.people import NamedUserEvent
from otklik.accounts.reasons import in_language


@dataclass(frozen=True, kw_only=True)
class AbsenceEvent(NamedUserEvent):
    """Something about an absence: whose, why, from when until when (none: open), and who stands in."""

    absence_id: int
    reason: str
    starts_at: str
    ends_at: str | None
    stand_in: str
    stand_in_id: int

    @classmethod
    def scrub(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Blank the names and the reason."""
        return {**data, "name": "", "stand_in": "", "reason": ""}

    def _filled(self, text: str) -> str:
        return text % {"name": self.name, "stand_in": self.stand_in, "reason": in_language(self.reason)}


@dataclass(frozen=True, kw_only=True)
class AbsencePlanned(AbsenceEvent):
    """An absence was entered."""

    kind: ClassVar[str] = "user.absence_planned"

    def describe(self) -> str:
        """Word the event."""
        return self._filled(_("entered an absence of %(name)s (%(reason)s), stand-in: %(stand_in)s"))


@dataclass(frozen=True, kw_only=True)
class AbsenceBegun(AbsenceEvent):
    """An absence began: the stand-in sees and hears what is the absent person's."""

    kind: ClassVar[str] = "user.absence_begun"

    def describe(self) -> str:
        """Word the event."""
        return self._filled(_("absence of %(name)s begins (%(reason)s), stand-in: %(stand_in)s"))


@dataclass(frozen=True, kw_only=True)
class AbsenceChanged(AbsenceEvent):
    """An absence has another end, stand-in or reason: ``changes`` maps each to its old and new value as shown then."""

    kind: ClassVar[str] = "user.absence_changed"
    changes: dict[str, list[Any]]

    @classmethod
    def scrub(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Blank the names and the reasons."""
        kept = {name: values for name, values in data.get("changes", {}).items() if name == "ends_at"}
        return super().scrub(data) | {"changes": kept}

    def describe(self) -> str:
        """Word the event."""
        return self._filled(_("changed the absence of %(name)s (%(reason)s), stand-in: %(stand_in)s"))


@dataclass(frozen=True, kw_only=True)
class AbsenceEnded(AbsenceEvent):
    """An absence is over: in time, by an early return, taken back before it began, or because one was blocked."""

    kind: ClassVar[str] = "user.absence_ended"
    early: bool

    def describe(self) -> str:
        """Word the event."""
        early = _("ended the absence of %(name)s (%(reason)s) early")
        return self._filled(early if self.early else _("absence of %(name)s is over (%(reason)s)"))
