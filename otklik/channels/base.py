"""The contract of a channel adapter: what every way in and out of the desk offers to the rest of the house."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from otklik.core.change_words import Words


class Capability(StrEnum):
    """What an adapter can do; pages and actions ask for these and never for a kind by name."""

    RECEIVES = "receives"
    SENDS = "sends"
    ATTACHMENTS = "attachments"
    CALLS = "calls"
    TYPING = "typing"
    SHOWS = "shows"
    """Answers are read on a page of ours, whether or not they also leave by mail."""


class SendError(Exception):
    """The only error callers of ``send`` need to know.

    ``permanent`` means that a repeat cannot help; ``retry_after`` is the pause in seconds the other side asked for.
    The message is one of our own fixed texts, ``response`` the other side's words, kept apart and shown as such.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool = False,
        retry_after: float | None = None,
        code: str = "",
        response: str = "",
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after
        self.code = code
        self.response = response


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a connection test: the part tested, whether it is well, and in plain words what to do if not.

    What is ``doubtful`` works and still wants a look.
    """

    part: str
    ok: bool
    text: Any
    advice: Any = ""
    detail: str = ""
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The answer of "test the connection"."""

    findings: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        """Tell whether every tested part is well."""
        return all(finding.ok for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the other side said when it took a message."""

    external_id: str = ""
    response: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


class ChannelAdapter(ABC):
    """One kind of channel, bound to one connection.

    A subclass names its ``kind``, ``label``, ``icon`` and ``capabilities``, reads the typed settings of a connection in
    ``settings_of`` and registers itself with ``otklik.channels.registry.register``. Only adapters and the clients
    beside them talk to a network.
    """

    kind: ClassVar[str]
    label: ClassVar[Any]
    icon: ClassVar[str] = "mail"
    capabilities: ClassVar[frozenset[Capability]] = frozenset()
    remote: ClassVar[bool] = True
    """Whether a server stands behind it whose health is to be known; pages of our own have none."""

    by_hand: ClassVar[bool] = True
    """Whether people may write down words as having come this way: then answers reach who said them all the same."""

    words: ClassVar[Mapping[str, Words]] = {}
    """How the change log calls the settings of a connection, and how it reads their values."""

    def __init__(self, channel: Any, settings: Any) -> None:
        self.channel = channel
        self.settings = settings

    @classmethod
    def shows(cls, message: Any) -> bool:
        """Tell whether this answer is read on a page of ours; asked of those who have ``SHOWS``, under the lock of the
        ticket."""
        return False

    @classmethod
    @abstractmethod
    def settings_of(cls, connection: Any) -> Any:
        """Return the typed settings of a ``Connection`` with its secrets opened; None gives the defaults."""

    @classmethod
    def settings_url(cls, channel: Any) -> str:
        """Return the address of the page that sets a channel of this kind up; nothing for a kind without one."""
        return ""

    @abstractmethod
    def check(self) -> CheckReport:
        """Test the connection now and say in plain words what is wrong; never raises for a broken other side."""

    def send(self, outgoing: Any) -> Receipt:
        """Hand one frozen message to the other side, or raise ``SendError``."""
        raise SendError("This channel cannot send.", permanent=True)

    def poll(self) -> Iterable[Any]:
        """Yield what waits on the other side; kinds that are called back or listen return nothing."""
        return ()
