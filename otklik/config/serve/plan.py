"""What one start of the desk consists of: a value that the supervisor hands to the crew as JSON."""

import json
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which processes run and which inherited descriptors they use (-1: none).

    ``services`` names the loops of the engine process; empty means all of them, ``None`` means no engine.
    """

    data: str
    web: int = 1
    services: tuple[str, ...] | None = ()
    without: tuple[str, ...] = ()
    prepare: bool = True
    demo: bool = False
    listen_fd: int = -1
    smtp_fd: int = -1

    def to_json(self) -> str:
        """Write the plan as one command-line word."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what ``to_json`` wrote."""
        values = json.loads(text)
        values["services"] = None if values["services"] is None else tuple(values["services"])
        values["without"] = tuple(values["without"])
        return cls(**values)

    @property
    def tells(self) -> bool:
        """Tell whether the log of this part is where people look for how to begin: not that of the receiver alone."""
        return self.web > 0 or self.services != ("smtp",)

    @property
    def descriptors(self) -> tuple[int, ...]:
        """The descriptors that the crew must inherit."""
        return tuple(fd for fd in (self.listen_fd, self.smtp_fd) if fd >= 0)
