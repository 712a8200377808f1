"""Who does something: a value that travels with every change, not a row and not a foreign key."""

from dataclasses import dataclass
from typing import Literal

ActorKind = Literal["user", "contact", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or a part of the house, with what the policies need to know of him.

    ``scopes`` is None for a person who signed in, else the scopes of the API token he came with. ``rights`` is None for
    the rights of his role, else the single rights of a custom role that is based on it.
    """

    kind: ActorKind
    id: int | None
    name: str
    role: str = ""
    team_ids: frozenset[int] = frozenset()
    language: str = "ru"
    scopes: frozenset[str] | None = None
    rights: frozenset[str] | None = None
    stands_in_for: frozenset[int] = frozenset()
    """Ids of users who are away and whose work is his meanwhile."""

    @classmethod
    def system(cls, name: str = "Otklik") -> "Actor":
        """Return the house itself (or a named part of it) as the one who acts."""
        return cls(kind="system", id=None, name=name)

    @property
    def is_staff(self) -> bool:
        """Whether this is a user of the desk."""
        return self.kind == "user"

    @property
    def is_contact(self) -> bool:
        """Whether this is a customer."""
        return self.kind == "contact"

    @property
    def is_system(self) -> bool:
        """Whether no person stands behind the act."""
        return self.kind == "system"

    @property
    def principal(self) -> str:
        """Return a short stable name of who this is, such as ``user:5``: the owner of idempotency keys and caps."""
        return f"{self.kind}:{self.id or self.name}"
