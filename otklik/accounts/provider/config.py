"""What the administrator has set about the provider."""

from dataclasses import dataclass, field
from typing import Final

from otklik.core import settings_store

ON: Final = "provider_on"
ISSUER: Final = "provider_issuer"
CLIENT: Final = "provider_client"
SECRET: Final = "provider_secret"  # noqa: S105 - the name of a setting
LABEL: Final = "provider_label"
DOMAINS: Final = "provider_domains"
UNKNOWN: Final = "provider_unknown"
ROLE: Final = "provider_role"
TEAM: Final = "provider_team"
CLAIM: Final = "provider_claim"
ROLES: Final = "provider_roles"
ONLY: Final = "provider_only"
STRONG: Final = "provider_strong"
LEAVE: Final = "provider_leave"
KEYS: Final = (
    ON, ISSUER, CLIENT, SECRET, LABEL, DOMAINS, UNKNOWN, ROLE, TEAM, CLAIM, ROLES, ONLY, STRONG, LEAVE,
)  # fmt: skip
WELL_KNOWN: Final = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Provider:
    """The provider as it is set; ``roles`` pairs values of the claim with keys of roles, the first that fits counts."""

    issuer: str
    client: str
    secret: str = field(repr=False)
    label: str
    domains: frozenset[str] = frozenset()
    creates: bool = False
    role: str = "agent"
    team: str = ""
    claim: str = ""
    roles: tuple[tuple[str, str], ...] = ()
    only: bool = False
    strong: bool = False
    leave: bool = False


def as_set() -> Provider | None:
    """Return the provider when address, id and secret are there, switched on or not."""
    issuer, client, secret = (str(settings_store.get(key)) for key in (ISSUER, CLIENT, SECRET))
    if not (issuer and client and secret):
        return None
    return Provider(
        issuer=issuer, client=client, secret=secret, label=str(settings_store.get(LABEL)),
        domains=frozenset(domain.lower() for domain in settings_store.get(DOMAINS)),
        creates=settings_store.get(UNKNOWN) == "create", role=settings_store.get(ROLE), team=settings_store.get(TEAM),
        claim=settings_store.get(CLAIM), roles=tuple(pairs(settings_store.get(ROLES))),
        only=settings_store.get(ONLY), strong=settings_store.get(STRONG), leave=settings_store.get(LEAVE),
    )  # fmt: skip


def in_use() -> Provider | None:
    """Return the provider people can sign in through now, if any (no statement: settings are kept in memory)."""
    return as_set() if settings_store.get(ON) else None


def pairs(lines: list[str]) -> list[tuple[str, str]]:
    """Return the pairs of lines such as ``dispatchers = agent``; a line without both sides is skipped."""
    found = [(left.strip(), right.strip()) for left, sign, right in (line.rpartition("=") for line in lines) if sign]
    return [(left, right) for left, right in found if left and right]
