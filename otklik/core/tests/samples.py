"""Events, people and tasks that the tests of the core use; no room of the desk is needed."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from otklik.core.actor import Actor
from otklik.core.events import DomainEvent

ANNA = Actor(kind="user", id=1, name="Анна Лебедева", role="agent", team_ids=frozenset({1}))
BORIS = Actor(kind="user", id=2, name="Борис Кручинин", role="agent", team_ids=frozenset({1}))
CLARA = Actor(kind="contact", id=3, name="Клара Миронова")
DMITRI = Actor(kind="contact", id=4, name="Дмитрий Чужой")


@dataclass(frozen=True, kw_only=True)
class BoxOpened(DomainEvent):
    """A box was opened."""

    kind: ClassVar[str] = "box.opened"
    subject_kind: ClassVar[int] = 90
    title: str = ""
    team_id: int | None = None

    def describe(self) -> str:
        """Word the event."""
        return f"opened the box {self.title}"

    @classmethod
    def scrub(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Blank the title."""
        return {**data, "title": ""}


@dataclass(frozen=True, kw_only=True)
class BoxClosed(DomainEvent):
    """A box was closed."""

    kind: ClassVar[str] = "box.closed"
    subject_kind: ClassVar[int] = 90


@dataclass(frozen=True, kw_only=True)
class BoxWeighed(DomainEvent):
    """A box was weighed; only machines care."""

    kind: ClassVar[str] = "box.weighed"
    subject_kind: ClassVar[int] = 90
    version: ClassVar[int] = 2
    silent: ClassVar[bool] = True
    weighed_at: datetime
    weight: Decimal
    labels: tuple[str, ...] = ()
    before: datetime | None = None

    @classmethod
    def upgrade(cls, data: dict[str, Any], version: int) -> dict[str, Any]:
        """The first version kept grams."""
        return {**data, "weight": str(Decimal(data["grams"]) / 1000)}
