"""Which addresses our server may speak to: the public ones, and those that the administrator allows.

Every spelling of an inner address counts as that address: v4-mapped, v4-compatible, v4-translated, NAT64, 6to4, Teredo,
ISATAP. Pure: no look-ups, no settings.
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.utils.translation import gettext_lazy as _

from otklik.core.errors import Invalid

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network


class AddressRefused(Invalid):
    """The address is none that our server speaks to."""

    code = "address-refused"
    default = _("This address is not allowed: it lies in an inner network.")


def _networks(*texts: str) -> tuple[IPNetwork, ...]:
    return tuple(ip_network(text) for text in texts)


INNER = _networks(
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "::1/128", "fc00::/7"
)
"""Networks of the house itself: allowed where only an administrator names the server, such as a mail server.

Link-local addresses are never among them: the metadata service of a cloud lives there.
"""

_TRANSLATED, _COMPATIBLE, _NAT64, _NAT64_LOCAL = _networks("::ffff:0:0:0/96", "::/96", "64:ff9b::/96", "64:ff9b:1::/48")
_NEVER = (_TRANSLATED, _COMPATIBLE, _NAT64_LOCAL, *_networks("2002::/16", "2001::/32", "fec0::/10", "192.88.99.0/24"))
"""Transition forms that no public server needs. NAT64 of the well-known prefix is what v6-only machines live on."""
_ISATAP = (0x00005EFE, 0x02005EFE)


def parse_networks(texts: Iterable[str]) -> tuple[IPNetwork, ...]:
    """Return networks from their texts (an address alone is a network of one); raises ``ValueError``."""
    return tuple(ip_network(text.strip(), strict=False) for text in texts if text.strip())


def embedded(address: IPAddress) -> list[IPv4Address]:
    """Return the v4 addresses that a v6 address carries within it."""
    if isinstance(address, IPv4Address):
        return []
    low = IPv4Address(int(address) & 0xFFFFFFFF)
    found: list[IPv4Address] = []
    if address.ipv4_mapped is not None:
        found.append(address.ipv4_mapped)
    if address.sixtofour is not None:
        found.append(address.sixtofour)
    if address.teredo is not None:
        found.extend(address.teredo)
    if any(address in network for network in (_NAT64, _NAT64_LOCAL, _TRANSLATED)):
        found.append(low)
    if address in _COMPATIBLE and int(address) > 1:  # :: and ::1 are themselves, not 0.0.0.0 and 0.0.0.1
        found.append(low)
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        found.append(low)
    return found


def check_address(address: str | IPAddress, allow: Sequence[IPNetwork] = ()) -> IPAddress:
    """Return the address to connect to (a mapped one as the v4 that it is), or raise ``AddressRefused``.

    ``allow`` names networks that are fine though they are not public.
    """
    try:
        found = ip_address(address.partition("%")[0]) if isinstance(address, str) else address
    except ValueError as error:
        raise AddressRefused from error
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    inside = embedded(found)
    if not all(_fine(part, allow) for part in inside) or not (
        _fine(found, allow) or (inside and (found in _NAT64 or all(_within(part, allow) for part in inside)))
    ):
        raise AddressRefused
    return found


def _fine(address: IPAddress, allow: Sequence[IPNetwork]) -> bool:
    if address.is_multicast or address.is_unspecified:
        return False
    return _within(address, allow) or _public(address)


def _within(address: IPAddress, networks: Sequence[IPNetwork]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _public(address: IPAddress) -> bool:
    return address.is_global and not address.is_reserved and not address.is_link_local and not _within(address, _NEVER)
